from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.metrics import get_scorer
from tests.conftest import make_mixed_task

from foretune.learners import EarlyStopping, Learner, get_learner, registry
from foretune.learners.fit import evaluate_configuration
from foretune.learners.fold_race import FoldRace
from foretune.learners.folds import make_folds, thin_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.meta_model import CostModel
from foretune.recommendation.search_cv import trial_evaluator
from foretune.recommendation.search_cv.rounds import choose_rounds_by
from foretune.recommendation.search_cv.scoring import Scoring, SearchFold
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial, TrialEvaluator
from foretune.spaces.configuration import DEFAULT, Configuration

TASK = make_mixed_task("regression")
FOLDS = [
    SearchFold(**vars(fold), rows=fold.X_test, truth=fold.y_test)
    for fold in make_folds(TASK, 3, PreprocessingParameters(), seed=0)
]
KNN = [Configuration("k_nearest_neighbours", {"n_neighbors": k}) for k in (7, 2)]
LINEAR = Configuration("linear", {"alpha": 0.1})


def evaluator(scorer: Any = None, **rest: Any) -> TrialEvaluator:
    scorer = scorer or get_scorer("neg_mean_absolute_error")
    return TrialEvaluator(FOLDS, "regression", seed=0, scorer=scorer, **rest)


@pytest.mark.parametrize("rest", [{}, {"metric": "mae"}, {"n_jobs": 2}], ids=str)
def test_each_configuration_has_the_scores_of_its_folds(rest: dict[str, Any]) -> None:
    # Processes would take seconds to start
    with parallel_config("threading"):
        trials = evaluator(**rest).evaluate([KNN[0], LINEAR, KNN[1]])
        found = {configuration.config_id: trial for configuration, trial in trials}
    assert set(found) == {one.config_id for one in (*KNN, LINEAR)}
    for configuration in (*KNN, LINEAR):
        trial = found[configuration.config_id]
        expected = evaluate_configuration(configuration, FOLDS, "regression", 0).fold_metrics
        np.testing.assert_allclose(trial.fold_scores, [-one["mae"] for one in expected], rtol=1e-10)
        assert trial.score == pytest.approx(trial.fold_scores.mean())
        assert trial.is_ok
        for seconds in (trial.fit_seconds, trial.score_seconds):
            assert seconds.shape == (3,)
            assert (seconds > 0).all()


def register(monkeypatch: pytest.MonkeyPatch, act: Any) -> Configuration:
    def build(*arguments: Any) -> Any:
        act()
        return get_learner("linear").build({}, "regression", 0)

    learner = Learner("mine", build, lambda _: {})
    monkeypatch.setattr(registry, "_LEARNERS", {**registry._LEARNERS, "mine": learner})
    return Configuration("mine", {})


def test_one_failed_fold_fails_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def fail_on_the_second() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise ValueError("no such kernel")

    mine = register(monkeypatch, fail_on_the_second)
    trials = {one.learner: trial for one, trial in evaluator().evaluate([mine, LINEAR])}
    assert (trials["mine"].status, trials["mine"].error) == ("failed", "ValueError: no such kernel")
    assert np.isnan(trials["mine"].fold_scores).all()
    assert np.isnan(trials["mine"].score)
    assert len(calls) == 3
    assert trials["linear"].is_ok


def test_a_score_that_is_not_finite_fails_the_trial() -> None:
    scores = iter([0.5, float("inf"), 0.25])
    ((_, trial),) = evaluator(lambda *_: next(scores)).evaluate([LINEAR])
    assert (trial.status, trial.error) == ("failed", "the score is not finite on every fold: 0.5, inf, 0.25")
    assert np.isnan(trial.fold_scores).all()


def test_warnings_of_the_folds_are_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = register(monkeypatch, lambda: warnings.warn("careful", UserWarning, stacklevel=1))
    ((_, trial),) = evaluator().evaluate([mine])
    assert (trial.status, trial.error) == ("ok", "UserWarning: careful")


def test_a_scored_trial_is_ok_by_its_status() -> None:
    scores = np.array([0.5, 1.0])
    assert ScoredTrial(scores, scores, scores, "ok", "").is_ok
    assert not ScoredTrial(scores, scores, scores, "failed", "").is_ok
    assert ScoredTrial(scores, scores, scores, "ok", "").score == 0.75


class Workers:
    """Stands for joblib: the last job comes first; a job of an unlucky configuration ends its worker."""

    def __init__(self, ends: Any, error: type[BaseException]) -> None:
        self.started: list[int] = []
        self._ends = ends
        self._error = error

    def __call__(self, **_: Any) -> Any:
        return self._run

    def _run(self, jobs: Any) -> Iterator[Any]:
        listed = list(jobs)
        self.started.append(len(listed))
        for function, arguments, named in reversed(listed):
            if self._ends(arguments):
                raise self._error
            yield function(*arguments, **named)


def _is_of(configuration: Configuration) -> Any:
    return lambda arguments: configuration in arguments[2]


def test_a_configuration_that_ends_its_worker_has_crashed(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {one.config_id: trial for one, trial in evaluator().evaluate([*KNN, LINEAR])}
    workers = Workers(_is_of(KNN[0]), BrokenProcessPool)
    monkeypatch.setattr(trial_evaluator, "Parallel", workers)
    trials = {one.config_id: trial for one, trial in evaluator().evaluate([*KNN, LINEAR])}
    crashed = trials.pop(KNN[0].config_id)
    assert (crashed.status, crashed.error) == ("crashed", trial_evaluator.CRASHED)
    assert np.isnan(crashed.fold_scores).all()
    # Also the configuration that had shared its fit
    for name, trial in trials.items():
        assert trial.is_ok
        np.testing.assert_array_equal(trial.fold_scores, expected[name].fold_scores)
    # All jobs, then each left alone; what has crashed is not started again
    assert workers.started == [6, *[1] * 4]


def test_an_innocent_victim_of_a_dying_worker_is_evaluated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hits = iter([True])
    monkeypatch.setattr(trial_evaluator, "Parallel", Workers(lambda _: next(hits, False), BrokenProcessPool))
    assert all(trial.is_ok for _, trial in evaluator().evaluate([*KNN, LINEAR]))


def test_an_interrupt_leaves_what_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_evaluator, "Parallel", Workers(_is_of(KNN[0]), KeyboardInterrupt))
    found = evaluator().evaluate([*KNN, LINEAR])
    configuration, trial = next(found)
    assert configuration == LINEAR
    assert trial.is_ok
    with pytest.raises(KeyboardInterrupt):
        next(found)


@pytest.mark.thorough
@pytest.mark.parametrize("signal_number", [None, signal.SIGKILL, signal.SIGSEGV])
def test_a_real_worker_dies(signal_number: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    main = os.getpid()

    def die() -> None:
        if os.getpid() == main:
            return
        if signal_number is None:
            os._exit(1)
        os.kill(os.getpid(), signal_number)

    mine = register(monkeypatch, die)
    trials = {one.learner: trial for one, trial in evaluator(n_jobs=2).evaluate([LINEAR, mine])}
    assert trials["mine"].status == "crashed"
    assert trials["linear"].is_ok


@pytest.mark.thorough
def test_an_interrupt_in_a_real_worker_keeps_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    main = os.getpid()

    def interrupt() -> None:
        if os.getpid() != main:
            raise KeyboardInterrupt

    mine = register(monkeypatch, interrupt)
    search = evaluator(n_jobs=2)
    assert [trial.is_ok for _, trial in search.evaluate([LINEAR])] == [True]
    with pytest.raises(KeyboardInterrupt):
        list(search.evaluate([mine]))
    # A new pool begins
    assert [trial.is_ok for _, trial in search.evaluate([LINEAR])] == [True]


class Looks:
    """A race of three folds that stops whoever is not ahead, and learns who is."""

    takes_looks = False
    n_folds, looks = 3, (1, 2)

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []
        self.complete: list[np.ndarray] = []

    def find_hopeless(self, scores: np.ndarray) -> np.ndarray:
        self.seen.append(scores.shape)
        n_seen = scores.shape[1]
        known = [one[:n_seen].mean() for one in self.complete]
        return np.asarray(scores.mean(axis=1) < max([*known, scores.mean(axis=1).max()]))

    def is_hopeless(self, fold_metrics: Any) -> bool:
        return False

    def record(self, scores: np.ndarray, look: float | None = None) -> None:
        self.complete.append(scores)

    def estimate(self, scores: np.ndarray) -> float:
        return -99.0


LINEARS = [Configuration("linear", {"alpha": alpha}) for alpha in (0.1, 1.0, 10.0)]


def test_a_race_stops_who_is_behind_after_its_looks() -> None:
    whole = {one.config_id: trial for one, trial in evaluator().evaluate(LINEARS)}
    race: Any = Looks()
    raced = {one.config_id: trial for one, trial in evaluator().evaluate(LINEARS, race)}
    first = {name: trial.fold_scores[0] for name, trial in whole.items()}
    leader = max(first, key=first.__getitem__)
    assert [name for name, trial in raced.items() if trial.is_ok] == [leader]
    assert race.seen[:2] == [(3, 1), (1, 2)]
    np.testing.assert_array_equal(race.complete[0], whole[leader].fold_scores)
    for name, trial in raced.items():
        n_run = 3 if name == leader else 1
        expected = np.where(np.arange(3) < n_run, whole[name].fold_scores, np.nan)
        np.testing.assert_array_equal(trial.fold_scores, expected)
        assert (trial.status, trial.has_failed) == ("ok" if name == leader else "stopped", False)
        if name != leader:
            assert trial.error == "behind the best on 1 fold of 3"
            assert (trial.told_score, trial.fit_seconds.shape) == (-99.0, (1,))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_who_is_behind_a_trial_that_then_fails_goes_on(n_jobs: int) -> None:
    def score(estimator: Any, X: Any, y: Any) -> float:
        found = float(get_scorer("neg_mean_absolute_error")(estimator, X, y))
        return np.nan if is_leader(found) and np.array_equal(y, FOLDS[2].truth) else found

    whole = {one.config_id: trial for one, trial in evaluator().evaluate(LINEARS)}
    ranked = sorted(whole, key=lambda name: -whole[name].fold_scores[0])
    leaders_last = whole[ranked[0]].fold_scores[2]

    def is_leader(found: float) -> bool:
        return found == pytest.approx(leaders_last)

    with parallel_config("threading"):
        found = evaluator(score, n_jobs=n_jobs).evaluate(LINEARS, Looks())
        raced = {one.config_id: trial for one, trial in found}
    assert raced[ranked[0]].status == "failed"
    # Both go on, because nothing is complete
    assert [raced[name].status for name in ranked[1:]] == ["ok", "ok"]
    for name in ranked[1:]:
        np.testing.assert_allclose(raced[name].fold_scores, whole[name].fold_scores)


def test_a_library_default_runs_every_fold() -> None:
    whole = {one.config_id: trial for one, trial in evaluator().evaluate(LINEARS)}
    last = min(whole, key=lambda name: whole[name].fold_scores[0])
    race: Any = Looks()
    marked = [replace(one, strategy=DEFAULT) if one.config_id == last else one for one in LINEARS]
    raced = {one.config_id: trial for one, trial in evaluator().evaluate(marked, race)}
    assert raced[last].is_ok
    np.testing.assert_array_equal(raced[last].fold_scores, whole[last].fold_scores)
    assert sorted(trial.status for trial in raced.values()) == ["ok", "ok", "stopped"]

    def score(estimator: Any, X: Any, y: Any) -> float:
        return -9_000.0

    ((_, looked),) = evaluator(score).evaluate([replace(LINEAR, strategy=DEFAULT)], FirstLooks())
    assert looked.is_ok


def test_in_a_race_a_failure_ends_a_trial_and_shared_fits_stay_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise ValueError("no")

    race: Any = Looks()
    found = list(evaluator().evaluate([*KNN, register(monkeypatch, fail)], race))
    status = {one.learner + str(one.params.get("n_neighbors", "")): trial.status for one, trial in found}
    # One of the neighbours is ahead, so both go on
    assert status.pop("k_nearest_neighbours7") == status.pop("k_nearest_neighbours2") == "ok"
    assert list(status.values()) == ["failed"]
    assert race.seen == [(2, 1), (2, 2)]


class FirstLooks(Looks):
    """A race that stops whatever has the lowest first look."""

    takes_looks = True

    def __init__(self) -> None:
        super().__init__()
        self.first: list[float] = []
        self.recorded: list[float | None] = []

    def find_hopeless_looks(self, scores: np.ndarray) -> np.ndarray:
        self.first += scores.tolist()
        return scores < -5_000

    def estimate_look(self, look: float) -> float:
        return look - 1

    def record(self, scores: np.ndarray, look: float | None = None) -> None:
        self.recorded.append(look)


def test_a_first_look_trains_on_a_share_of_the_rows() -> None:
    def score(estimator: Any, X: Any, y: Any) -> float:
        return float(get_scorer("neg_mean_absolute_error")(estimator, X, y)) - 9_000 * (len(seen) == 1)

    seen: list[int] = []
    race: Any = FirstLooks()
    (look,) = thin_folds(FOLDS[:1], 0.25, "regression", 0)
    expected = -evaluate_configuration(LINEAR, [look], "regression", 0).fold_metrics[0]["mae"]
    ((_, whole),) = evaluator().evaluate([LINEAR], race)
    assert race.first == pytest.approx([expected])
    assert race.recorded == pytest.approx([expected])
    assert whole.status == "ok"
    assert np.isfinite(whole.fold_scores).all()
    seen.append(1)
    ((_, stopped),) = evaluator(score).evaluate([LINEAR], FirstLooks())
    assert (stopped.status, stopped.error) == (
        "stopped",
        "behind the best on a first look at 25% of the rows",
    )
    assert np.isnan(stopped.fold_scores).all()
    assert stopped.told_score == pytest.approx(expected - 9_001)


def growing_evaluator(**rest: Any) -> TrialEvaluator:
    scorer = get_scorer("neg_mean_absolute_error")
    scoring = Scoring(scorer, False, "mae", curve_metric="mae")
    choice = choose_rounds_by(EarlyStopping(5, 40), scoring, weighs=False)
    return evaluator(metric="mae", choice=choice, **rest)


BOOSTERS = [
    Configuration("xgboost", {"n_estimators": 50, "max_depth": depth, "learning_rate": 0.3}, "similar")
    for depth in (2, 4)
]


def comparable(trial: ScoredTrial) -> dict[str, Any]:
    """Return what does not depend on the clock."""
    return {
        "scores": trial.fold_scores.tolist(),
        "status": trial.status,
        "error": trial.error,
        "n_rounds": trial.n_rounds,
    }


def race_won_by(scores: np.ndarray) -> FoldRace:
    """Return a race with a best trial, and another that is behind it by a little."""
    race = FoldRace(3)
    race.record(scores)
    race.record(scores - [0.01, 0.011, 0.012])
    return race


def test_a_race_stops_boosters_on_their_first_folds() -> None:
    whole = {one.config_id: trial for one, trial in growing_evaluator().evaluate(BOOSTERS)}
    first = growing_evaluator()
    alone = {one.config_id: trial for one, trial in replace(first, folds=FOLDS[:1]).evaluate(BOOSTERS)}
    best = whole[BOOSTERS[0].config_id].fold_scores + 1_000
    raced = list(growing_evaluator().evaluate(BOOSTERS, race := race_won_by(best)))
    assert [one for one, _ in raced] == BOOSTERS
    for one, trial in raced:
        assert (trial.status, trial.error) == ("stopped", "behind the best on 1 fold of 3")
        on_first = alone[one.config_id]
        np.testing.assert_array_equal(trial.fold_scores, [*on_first.fold_scores, np.nan, np.nan])
        # Number of rounds and scores are those of a search with the first fold only
        assert trial.n_rounds == on_first.n_rounds
        assert trial.told_score == pytest.approx(best.mean() + on_first.fold_scores[0] - best[0])
        assert (trial.fit_seconds.shape, trial.score_seconds.shape) == ((1,), (1,))
    assert race.find_hopeless(best[None, :1]).tolist() == [False]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_boosters_that_a_race_does_not_stop_are_as_without_it(n_jobs: int) -> None:
    whole = {one.config_id: comparable(trial) for one, trial in growing_evaluator().evaluate(BOOSTERS)}
    race = race_won_by(np.full(3, -9_000.0))
    with parallel_config("threading"):
        found = list(growing_evaluator(n_jobs=n_jobs).evaluate(BOOSTERS, race))
    assert {one.config_id: comparable(trial) for one, trial in found} == whole
    best = max(found, key=lambda one: one[1].score)[1]
    assert race.estimate(best.fold_scores[:1]) == pytest.approx(best.score)


def test_boosters_are_compared_with_the_library_default_of_their_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    default = Configuration("xgboost", {}, DEFAULT)
    monkeypatch.setattr(
        FoldRace, "find_hopeless", lambda race, scores: np.full(len(scores), race._best is not None)
    )
    found = growing_evaluator().evaluate([BOOSTERS[0], default, BOOSTERS[1]], FoldRace(3))
    statuses = {one.config_id: trial.status for one, trial in found}
    assert statuses == {
        default.config_id: "ok",
        BOOSTERS[0].config_id: "stopped",
        BOOSTERS[1].config_id: "stopped",
    }


def test_boosters_that_grow_take_no_first_look() -> None:
    race: Any = FirstLooks()
    default = Configuration("xgboost", {}, DEFAULT)
    ((_, whole),) = growing_evaluator().evaluate(BOOSTERS[:1])
    found = [*growing_evaluator().evaluate([BOOSTERS[0], default], race)]
    assert len(race.first) == 1
    assert race.recorded == [*race.first, None]
    assert comparable(found[-1][1]) == comparable(whole)


def test_a_first_look_of_a_booster_would_stop_early_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrialEvaluator, "looks_first", lambda *_: True)
    race: Any = FirstLooks()
    (look,) = thin_folds(FOLDS[:1], 0.25, "regression", 0)
    ((_, expected),) = replace(growing_evaluator(), folds=[look]).evaluate(BOOSTERS[:1])
    ((_, trial),) = growing_evaluator().evaluate(BOOSTERS[:1], race)
    assert race.first == race.recorded == [expected.score]
    ((_, whole),) = growing_evaluator().evaluate(BOOSTERS[:1])
    assert comparable(trial) == comparable(whole)
    low = replace(growing_evaluator(), scorer=lambda *_: -9_000.0, metric=None)
    ((_, stopped),) = low.evaluate(BOOSTERS[:1], FirstLooks())
    assert (stopped.status, stopped.error) == (
        "stopped",
        "behind the best on a first look at 25% of the rows",
    )
    assert np.isnan(stopped.fold_scores).all()


def test_the_longest_fits_start_first_where_several_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    evaluate = trial_evaluator._evaluate

    def spy(position: Any, learner: Any, group: Any, *rest: Any) -> Any:
        started.append(group[0].params["n_neighbors"])
        return evaluate(position, learner, group, *rest)

    monkeypatch.setattr(trial_evaluator, "_evaluate", spy)
    monkeypatch.setattr(trial_evaluator, "group_shared_fits", lambda several: [[one] for one in several])
    # By the cost model the second takes longer
    monkeypatch.setattr(CostModel, "predict", lambda _, one, *__: -one.params["n_neighbors"])
    costs = CostModel(learners={})
    with parallel_config("threading"):
        trials = list(evaluator(n_jobs=2, costs=costs).evaluate(KNN))
        assert started == [2, 2, 2, 7, 7, 7]
        assert [one.params for one, _ in trials] == [one.params for one in KNN]
        for n_jobs, given in ((1, costs), (2, None)):
            started.clear()
            list(evaluator(n_jobs=n_jobs, costs=given).evaluate(KNN))
            assert started == [7, 7, 7, 2, 2, 2]
