"""Studies whose pruner ends trials early: what they reported counts."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState
from tests.recommendation.optuna.conftest import network_loss

from foretune.meta_model.memory import Memory
from foretune.recommendation.optuna import notes as study_notes
from foretune.recommendation.optuna.history import StudyHistory
from foretune.recommendation.optuna.notes import STORAGE, WHOLE
from foretune.recommendation.optuna.sampler import ForetuneSampler

N_STEPS = 9
PRUNERS: dict[str, Callable[[], optuna.pruners.BasePruner]] = {
    "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=2),
    "percentile": lambda: optuna.pruners.PercentilePruner(30.0, n_startup_trials=1),
    "halving": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": lambda: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=N_STEPS),
    "threshold": lambda: optuna.pruners.ThresholdPruner(upper=2.5),
    "wilcoxon": lambda: optuna.pruners.WilcoxonPruner(p_threshold=0.3),
}


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
    optuna.logging.set_verbosity(before)


def _train(trial: optuna.Trial) -> float:
    """Report a falling loss, as of a network that is trained step by step."""
    final = network_loss(trial, 0.02)
    for step in range(1, N_STEPS + 1):
        trial.report(final + 2.0 * math.exp(-step / 3), step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return final + 2.0 * math.exp(-N_STEPS / 3)


def _params(study: optuna.Study) -> list[tuple[Any, ...]]:
    return [tuple(trial.params.items()) for trial in study.trials]


def _history(study: optuna.Study, sampler: ForetuneSampler) -> StudyHistory:
    return StudyHistory.read(study.trials, len(study.trials), -1.0, sampler._reader)


@pytest.mark.parametrize("name", PRUNERS)
def test_any_pruner_may_end_trials(name: str, memory_of_studies: Memory) -> None:
    sampler = ForetuneSampler(memory=memory_of_studies, seed=0)
    study = optuna.create_study(sampler=sampler, pruner=PRUNERS[name]())
    study.optimize(_train, n_trials=14)
    assert len(set(_params(study))) == 14
    pruned = [trial for trial in study.trials if trial.state == TrialState.PRUNED]
    assert pruned
    # None is dropped, and none counts as a failure
    history = _history(study, sampler)
    assert len(history.estimated) == len(pruned)
    assert len(history.told) == 14 - len(pruned)
    assert all(math.isfinite(score) for score in history.scores().values())
    # The same curve for all: the final loss is known to the last digit
    complete = {trial.params["lr"] for trial in study.trials} - {trial.params["lr"] for trial in pruned}
    assert complete
    for one, score in history.estimated:
        trial = next(trial for trial in pruned if trial.params["lr"] == one.params["lr"])
        final = network_loss(optuna.trial.FixedTrial(trial.params), 0.02) + 2.0 * math.exp(-N_STEPS / 3)
        assert -score == pytest.approx(max(final, study.best_value))


@pytest.mark.parametrize("lacking", [(), (STORAGE,), (WHOLE,), (STORAGE, WHOLE)], ids=str)
def test_hyperband_shows_one_bracket_but_the_sampler_sees_all(
    lacking: tuple[str, ...], memory_of_studies: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, constant in (("STORAGE", STORAGE), ("WHOLE", WHOLE)):
        if constant in lacking:
            monkeypatch.setattr(study_notes, name, "_no_such_name")
    sampler = ForetuneSampler(memory=memory_of_studies, seed=0)
    study = optuna.create_study(sampler=sampler, pruner=PRUNERS["hyperband"]())
    study.optimize(_train, n_trials=10)
    # Without Optuna's private names a bracket begins where another began
    assert (len(set(_params(study))) == 10) is (WHOLE not in lacking)


def test_values_of_pruned_trials_change_what_comes_next(memory_of_studies: Memory) -> None:
    def proposals(sign: float) -> list[tuple[Any, ...]]:
        def objective(trial: optuna.Trial) -> float:
            loss = network_loss(trial, 0.02)
            trial.report(sign * loss, 1)
            if trial.number in (1, 2, 3):
                raise optuna.TrialPruned
            return sign * loss

        study = optuna.create_study(sampler=ForetuneSampler(memory=memory_of_studies, seed=0))
        study.enqueue_trial({"lr": 0.05, "units": 20, "act": "relu"})
        study.optimize(objective, n_trials=6)
        return _params(study)

    better, worse = proposals(1.0), proposals(-1.0)
    assert better[:3] == worse[:3]
    assert better[3:] != worse[3:]


def test_a_pruned_trial_is_never_the_best(memory_of_studies: Memory) -> None:
    sampler = ForetuneSampler(memory=memory_of_studies, seed=0)
    study = optuna.create_study(sampler=sampler)

    def objective(trial: optuna.Trial) -> float:
        loss = network_loss(trial, 0.02)
        trial.report(-99.0 if trial.number else loss, 1)
        if trial.number:
            raise optuna.TrialPruned
        return loss

    study.optimize(objective, n_trials=4)
    history = _history(study, sampler)
    best = history.best()
    assert best is not None
    assert best.params["lr"] == study.trials[0].params["lr"]
    assert max(history.scores().values()) == -study.best_value


_reports = st.dictionaries(st.integers(0, 5), st.floats(width=64), max_size=3)
_ends = st.sampled_from([TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL])


@settings(max_examples=6, deadline=None, database=None, derandomize=True)
@given(trials=st.lists(st.tuples(_reports, _ends, st.floats(width=64, allow_nan=False)), max_size=6))
def test_no_report_breaks_the_sampler(
    memory_of_studies: Memory, trials: list[tuple[dict[int, float], TrialState, float]]
) -> None:
    study = optuna.create_study(sampler=ForetuneSampler(memory=memory_of_studies, seed=0))
    for reports, state, value in trials:
        trial = study.ask()
        network_loss(trial, 0.02)
        for step, reported in reports.items():
            trial.report(reported, step)
        study.tell(trial, value if state == TrialState.COMPLETE else None, state=state)
    network_loss(study.ask(), 0.02)
    assert len(set(_params(study))) == len(trials) + 1
