"""Strategies in the engine: the same table whatever the number of workers, and whatever is known already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import sqlalchemy

from foretune.execution import ParallelParameters
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies import MissingLibraryError, create_strategy, known_strategies, strategy_options
from foretune.hpo.strategies.strategy import Proposal, SearchProblem
from foretune.ledger.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from foretune.tasks.task import Task

# Models take over after a few trials, to be asked in a short test too
OPTIONS: dict[str, dict[str, Any]] = {
    "grid": {"n_points": 2},
    "successive_halving": {"eta": 2, "min_fidelity": 0.25},
    "optuna_tpe": {"n_startup_trials": 3},
    "optuna_gp": {"n_startup_trials": 3},
    "hyperopt_tpe": {"n_startup_trials": 3},
    "keras_tuner_bayesian": {"n_startup_trials": 3},
}


def with_strategy(parameters: HpoParameters, name: str, **others: Any) -> HpoParameters:
    raw = parameters.model_dump()
    raw |= {
        "learners": ["linear", "k_nearest_neighbours"],
        "n_configurations": 6,
        "strategies": {"linear": {"name": name, **OPTIONS.get(name, {})}},
    }
    return HpoParameters.model_validate(raw | others)


@pytest.mark.slow
@pytest.mark.parametrize("name", known_strategies())
def test_a_run_goes_on_where_it_stopped(
    name: str, mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    parameters = with_strategy(hpo_parameters, name)
    try:
        whole, _ = run_hpo(mixed_tasks, parameters, 3)
    except MissingLibraryError as error:
        pytest.skip(str(error))
    assert set(whole.loc[whole["learner"] == "linear", "strategy"]) == {"default", name}
    # A fit that does not converge failed: whether one does depends on the release of scikit-learn
    assert (whole["status"] == "ok").mean() > 0.9
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    with Ledger.open(url) as ledger:
        run_hpo(mixed_tasks, parameters, 3, ledger=ledger)
        n_stored = len(list(ledger.rows()))
    forget_half(url)
    evaluated = [0]
    with Ledger.open(url) as ledger:
        again, _ = run_hpo(
            mixed_tasks,
            parameters,
            3,
            ParallelParameters(n_workers=2),
            lambda _, done, __: evaluated.append(done),
            ledger,
        )
    pd.testing.assert_frame_equal(whole, again, check_exact=True)
    assert evaluated[-1] == n_stored // 2


def forget_half(url: str) -> None:
    """Delete every second trial, as if a run had been killed with its results on the way."""
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DELETE FROM ledger_trials WHERE id % 2 = 0"))
    engine.dispose()


def test_halving_fits_on_parts_and_reports_whole_trials(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    parameters = with_strategy(hpo_parameters, "successive_halving", n_configurations=8)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        trials, _ = run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
        stored = [trial for trial in ledger.rows() if trial.configuration.strategy == "successive_halving"]
    by_share = pd.Series([trial.fidelity for trial in stored]).value_counts().to_dict()
    assert by_share == {0.25: 16, 0.5: 8, 1.0: 4}
    assert (trials["strategy"] == "successive_halving").sum() == 4
    on_part = {t.configuration.config_id: t.trial.fold_metrics for t in stored if t.fidelity == 0.25}
    whole = {t.configuration.config_id: t.trial.fold_metrics for t in stored if t.fidelity == 1}
    assert all(on_part[config_id] != metrics for config_id, metrics in whole.items())


def test_failures_are_told_to_the_strategy(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float | None] = []
    cls = type(create_strategy(strategy_options("optuna_tpe"), _problem(hpo_parameters)))
    before = cls.tell

    def tell(strategy: Any, proposal: Proposal, score: float | None) -> None:
        told.append(score)
        before(strategy, proposal, score)

    monkeypatch.setattr(cls, "tell", tell)
    raw = hpo_parameters.model_dump() | {"learners": ["svm"], "n_configurations": 8, "strategy": "optuna_tpe"}
    # A large C does not converge
    cost = {"type": "float", "low": 1.0, "high": 1e10, "log": True}
    raw["spaces"]["svm"] = {"shared": {"C": cost, "kernel": {"type": "choice", "choices": ["linear"]}}}
    only = {"mixed_classification": mixed_tasks["mixed_classification"]}
    trials, _ = run_hpo(only, HpoParameters.model_validate(raw), 0)
    n_failed = int((trials["status"] == "failed").sum())
    assert 0 < n_failed < len(trials)
    assert told.count(None) == n_failed
    assert len(told) == len(trials)


def _problem(parameters: HpoParameters) -> SearchProblem:
    return SearchProblem("linear", "regression", parameters.spaces["linear"], 3, 0)


@pytest.mark.slow
def test_several_may_be_asked_for_at_once(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    parameters = with_strategy(hpo_parameters, "optuna_tpe", batch_size=3)
    one, _ = run_hpo(mixed_tasks, parameters, 0)
    two, _ = run_hpo(mixed_tasks, parameters, 0, ParallelParameters(n_workers=2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert (one["strategy"] == "optuna_tpe").sum() == 12


def test_options_that_do_not_fit_the_space_are_said(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    parameters = with_strategy(hpo_parameters, "grid")
    raw = parameters.model_dump()
    raw["strategies"]["linear"] = {"name": "successive_halving", "resource": "C"}
    with pytest.raises(Exception, match=r"the strategy of linear cannot be made: .*'C'"):
        run_hpo(mixed_tasks, HpoParameters.model_validate(raw), 0)


def test_the_strategy_of_an_unknown_learner_is_refused(hpo_parameters: HpoParameters) -> None:
    raw = hpo_parameters.model_dump() | {"strategies": {"another": "random"}}
    with pytest.raises(ValueError, match="strategies names 'another'"):
        HpoParameters.model_validate(raw)
