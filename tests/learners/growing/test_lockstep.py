from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.learners import (
    Learner,
    NestedAxis,
    get_learner,
    known_learners,
    lightgbm,
    register_learner,
    registry,
)
from foretune.learners.early_stopping import EarlyStopping
from foretune.learners.fit import Response, Trial, evaluate_configuration, measure_metrics
from foretune.learners.folds import Fold
from foretune.learners.growing import fold_curve, lockstep
from foretune.learners.growing.lockstep import (
    RoundChoice,
    axis_of_rounds,
    evaluate_growing,
    has_open_rounds,
    with_rounds,
    without_rounds,
)
from foretune.learners.growing.monitored import grow_monitored
from foretune.learners.metrics import METRICS
from foretune.spaces.configuration import Configuration

BOOSTERS = [name for name in known_learners() if axis_of_rounds(get_learner(name))]
DRAWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "xgboost": {
        "max_depth": st.integers(1, 6),
        "learning_rate": st.floats(0.05, 0.9),
        "subsample": st.floats(0.5, 1.0),
        "colsample_bytree": st.floats(0.3, 1.0),
        "min_child_weight": st.floats(0.1, 9.0),
    },
    "lightgbm": {
        "num_leaves": st.integers(2, 9),
        "learning_rate": st.floats(0.05, 0.9),
        "subsample": st.floats(0.5, 1.0),
        "subsample_freq": st.integers(0, 2),
        "colsample_bytree": st.floats(0.3, 1.0),
        "min_child_samples": st.sampled_from([3, 8, 30]),
    },
    "hist_gradient_boosting": {
        "max_leaf_nodes": st.integers(2, 9),
        "learning_rate": st.floats(0.05, 0.9),
        "max_features": st.floats(0.3, 1.0),
        "min_samples_leaf": st.integers(1, 9),
        "early_stopping": st.sampled_from([False, False, True]),
    },
    "gradient_boosting": {
        "max_depth": st.integers(1, 4),
        "learning_rate": st.floats(0.05, 0.9),
        "subsample": st.floats(0.5, 1.0),
    },
    "catboost": {
        "depth": st.integers(1, 5),
        "rsm": st.floats(0.3, 1.0),
        "bootstrap_type": st.sampled_from(["Bayesian", "Bernoulli"]),
    },
}
# Otherwise CatBoost chooses them by the number of iterations, so that fits are not nested
ALWAYS: dict[str, dict[str, Any]] = {"catboost": {"learning_rate": 0.3, "leaf_estimation_iterations": 2}}
# LightGBM from 4.7
DECIDING = [
    name
    for name in BOOSTERS
    if hasattr(get_learner(name).build({}, "classification", 0), "decision_function")
]
SCORE: dict[TaskType, str] = {"classification": "log_loss", "regression": "rmse"}
LARGEST = 14


def make_folds(
    task_type: TaskType, n_classes: int = 3, *, weighted: bool = False, n_rows: int = 60, n_folds: int = 3
) -> list[Fold]:
    rng = np.random.default_rng(n_classes)
    X = rng.normal(size=(n_rows, 5))
    X[rng.random(X.shape) < 0.05] = 0.0
    signal = X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * rng.normal(size=n_rows)
    y: Any = signal
    if task_type == "classification":
        y = np.searchsorted(np.quantile(signal, np.arange(1, n_classes) / n_classes), signal)
    weights = rng.uniform(0.1, 3.0, n_rows) if weighted else None
    folds = []
    for at in range(n_folds):
        test = np.arange(n_rows) % n_folds == at
        given_weights = None if weights is None else weights[~test]
        scaler, target = None, y[~test]
        if task_type == "regression":
            scaler = StandardScaler().fit(target[:, None])
            target = scaler.transform(target[:, None])[:, 0]
        folds.append(Fold(X[~test], target, X[test], y[test], scaler, given_weights))
    return folds


def make_choice(
    task_type: TaskType, patience: int = LARGEST, largest: int = LARGEST, **more: Any
) -> RoundChoice:
    name = SCORE[task_type]
    better = METRICS[task_type][name].higher_is_better
    settled = EarlyStopping(patience, largest)
    return RoundChoice(
        settled, **{"metric": name, "higher_is_better": better, "look": measure_metrics, **more}
    )


def separate(
    configuration: Configuration, folds: list[Fold], task_type: TaskType, seed: int, largest: int
) -> list[Trial]:
    return [
        evaluate_configuration(with_rounds(configuration, n), folds, task_type, seed)
        for n in range(1, largest + 1)
    ]


def with_categories(folds: list[Fold]) -> list[Fold]:
    """Make the last column codes of six categories, and a tenth of all values missing."""
    rng = np.random.default_rng(0)
    changed = []
    for fold in folds:
        parts = [part.copy() for part in (fold.X_train, fold.X_test)]
        for part in parts:
            part[:, 4] = rng.integers(0, 6, len(part))
            part[rng.random(part.shape) < 0.1] = np.nan
        changed.append(replace(fold, X_train=parts[0], X_test=parts[1]))
    return changed


CATEGORIES: dict[str, dict[str, Any]] = {
    "xgboost": {"enable_categorical": True, "feature_types": ["q", "q", "q", "q", "c"], "subsample": 0.7},
    "lightgbm": {"categorical_column": [4], "min_data_per_group": 2, "min_child_samples": 3},
    "hist_gradient_boosting": {"categorical_features": [4], "min_samples_leaf": 3},
}


@pytest.mark.quick("xgboost-False-2", "lightgbm-True-3", "hist_gradient_boosting-False-3")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("learner", CATEGORIES)
def test_categories_and_missing_values_equal_separate_fits(
    learner: str, n_classes: int, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lightgbm, "NATIVE_NAMES", lightgbm.NATIVE_NAMES | {"categorical_column"})
    # None is fitted anew
    monkeypatch.setattr(lockstep, "RefittedBooster", None)
    folds = with_categories(make_folds("classification", n_classes, weighted=weighted))
    configuration = Configuration(learner, CATEGORIES[learner])
    trial = evaluate_growing(configuration, folds, "classification", 1, make_choice("classification"))
    assert trial.rounds is not None, trial.error
    alone = separate(configuration, folds, "classification", 1, LARGEST)
    means = [np.mean([one["log_loss"] for one in each.fold_metrics]) for each in alone]
    assert trial.rounds.chosen == int(np.argmin(means)) + 1
    assert trial.fold_metrics == alone[trial.rounds.chosen - 1].fold_metrics


def test_every_booster_is_tried() -> None:
    assert set(BOOSTERS) == set(DRAWN)


@pytest.mark.quick("xgboost-classification", "lightgbm-regression")
@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("learner", BOOSTERS)
def test_the_mean_curve_equals_that_of_separate_fits(learner: str, task_type: TaskType) -> None:
    @settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.fixed_dictionaries({}, optional=DRAWN[learner]),
        st.integers(2, 4),
        st.booleans(),
        st.integers(1, LARGEST),
        st.integers(0, 9),
    )
    def check(params: dict[str, Any], n_classes: int, weighted: bool, patience: int, seed: int) -> None:
        folds = make_folds(task_type, n_classes, weighted=weighted)
        seen: dict[int, list[float]] = {}

        def look(response: Response, fold: Fold, kind: TaskType) -> dict[str, float]:
            at = next(at for at, one in enumerate(folds) if one is fold)
            found = measure_metrics(response, fold, kind)
            seen.setdefault(at, []).append(found[SCORE[kind]])
            return found

        configuration = Configuration(learner, params | ALWAYS.get(learner, {}))
        choice = make_choice(task_type, patience, look=look)
        trial = evaluate_growing(configuration, folds, task_type, seed, choice)
        assert (trial.status, trial.error) == ("ok", "")
        alone = separate(configuration, folds, task_type, seed, LARGEST)
        curves = np.array([[one[SCORE[task_type]] for one in trial.fold_metrics] for trial in alone]).T
        n_grown = len(seen[0])
        # The predictions are the same to the last bit
        np.testing.assert_array_equal([seen[at] for at in range(len(folds))], curves[:, :n_grown])
        mean = curves.mean(axis=0)
        best = int(np.argmin(mean[:n_grown]))
        assert trial.rounds is not None
        assert (trial.rounds.chosen, trial.rounds.n_grown) == (best + 1, n_grown)
        assert n_grown == min(best + 1 + patience, LARGEST)
        assert trial.fold_metrics == alone[best].fold_metrics

    check()


@pytest.mark.quick("hist_gradient_boosting-True")
@pytest.mark.parametrize("can_grow", [True, False])
@pytest.mark.parametrize("learner", DECIDING)
def test_decision_values_equal_those_of_separate_fits(
    learner: str, can_grow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not can_grow:
        monkeypatch.setattr(lockstep, "_grow_or_none", lambda *_: None)

    @settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.fixed_dictionaries({}, optional=DRAWN[learner]),
        st.integers(2, 3),
        st.booleans(),
        st.integers(0, 9),
    )
    def check(params: dict[str, Any], n_classes: int, looks_at_them: bool, seed: int) -> None:
        folds = make_folds("classification", n_classes)
        seen: dict[int, list[Any]] = {}

        def decide(response: Response, fold: Fold) -> Any:
            assert response.decide is not None
            at = next(at for at, one in enumerate(folds) if one is fold)
            values = response.decide()
            seen.setdefault(at, []).append(values)
            return values

        def look(response: Response, fold: Fold, kind: TaskType) -> dict[str, float]:
            if looks_at_them:
                decide(response, fold)
            return measure_metrics(response, fold, kind)

        def measure(response: Response, fold: Fold, kind: TaskType) -> dict[str, float]:
            return {"log_loss": float(decide(response, fold).sum())}

        configuration = Configuration(learner, params)
        choice = make_choice("classification", 6, look=look)
        trial = evaluate_growing(configuration, folds, "classification", seed, choice, measure)
        assert (trial.status, trial.error) == ("ok", "")
        assert trial.rounds is not None
        numbers = [*range(1, trial.rounds.n_grown + 1)] if looks_at_them else []
        looks = len(seen[0]) - 1
        if looks < len(numbers):
            # After a round without a split a new fit gives no smaller number exactly, and only its own counts
            assert (can_grow, looks, trial.rounds.chosen) == (False, 1, trial.rounds.n_grown)
            numbers = [trial.rounds.n_grown]
        for at, fold in enumerate(folds):
            for n_rounds, found in zip([*numbers, trial.rounds.chosen], seen[at], strict=True):
                varied = with_rounds(configuration, n_rounds).params
                alone = get_learner(learner).fit(varied, "classification", seed, fold)
                np.testing.assert_array_equal(found, alone.decision_function(fold.X_test))

    check()


@pytest.mark.parametrize("learner", [name for name in BOOSTERS if name not in DECIDING])
def test_boosters_without_decision_values_have_none_while_they_grow(learner: str) -> None:
    def look(response: Response, fold: Fold, kind: TaskType) -> dict[str, float]:
        assert response.decide is None
        return measure_metrics(response, fold, kind)

    choice = make_choice("classification", 2, 3, look=look)
    folds = make_folds("classification", 2)
    trial = evaluate_growing(Configuration(learner, {}), folds, "classification", 0, choice, look)
    assert (trial.status, trial.error) == ("ok", "")


class Stopper:
    """Race that compares trials after some numbers of folds, and stops them at one of them, if any."""

    def __init__(self, looks: tuple[int, ...], stops_at: int | None = None) -> None:
        self.looks = looks
        self._stops_at = stops_at
        self.seen: list[list[dict[str, float]]] = []

    def is_hopeless(self, fold_metrics: Sequence[dict[str, float]]) -> bool:
        self.seen.append([*fold_metrics])
        return len(fold_metrics) == self._stops_at


# Numbers of bytes of predictions that are kept: all, those of some rounds of 20 rows, none
KEPT_BYTES = [2**26, 2_000, 0]


@pytest.mark.quick("xgboost-classification-True", "hist_gradient_boosting-regression-False")
@pytest.mark.parametrize("can_grow", [True, False])
@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("learner", BOOSTERS)
def test_a_trial_that_a_race_does_not_stop_is_the_same_as_without_it(
    learner: str, task_type: TaskType, can_grow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not can_grow:
        monkeypatch.setattr(lockstep, "_grow_or_none", lambda *_: None)

    @settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.fixed_dictionaries({}, optional=DRAWN[learner]),
        st.sampled_from([(1,), (2,), (1, 2), (2, 3)]),
        st.tuples(st.integers(1, LARGEST), st.integers(LARGEST, 90)),
        st.fixed_dictionaries({"every": st.sampled_from([1, 1, 3]), "keeps_curve": st.booleans()}),
        st.sampled_from(KEPT_BYTES),
        st.integers(0, 9),
    )
    def check(
        params: dict[str, Any],
        looks: tuple[int, ...],
        limits: tuple[int, int],
        looked: dict[str, Any],
        most_bytes: int,
        seed: int,
    ) -> None:
        monkeypatch.setattr(fold_curve, "MOST_BYTES", most_bytes)
        folds = make_folds(task_type, n_rows=80, n_folds=4)
        configuration = Configuration(learner, params | ALWAYS.get(learner, {}))
        choice = make_choice(task_type, *limits, **looked)
        whole = evaluate_growing(configuration, folds, task_type, seed, choice)
        assert whole.status == "ok"
        race = Stopper(looks)
        raced = replace(choice, race=race)
        assert evaluate_growing(configuration, folds, task_type, seed, raced) == whole
        # Each look ends with the outcome of its folds alone
        for n_seen in looks:
            alone = evaluate_growing(configuration, folds[:n_seen], task_type, seed, choice)
            assert [one for one in race.seen if len(one) == n_seen][-1] == alone.fold_metrics
        assert [*dict.fromkeys(map(len, race.seen))] == [*looks]

    check()


@pytest.mark.quick("xgboost-classification", "hist_gradient_boosting-regression")
@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("learner", BOOSTERS)
def test_a_trial_that_a_race_stops_has_the_best_number_of_rounds_so_far(
    learner: str, task_type: TaskType
) -> None:
    @settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.fixed_dictionaries({}, optional=DRAWN[learner]),
        st.sampled_from([(1,), (2,), (1, 2)]),
        st.integers(1, LARGEST),
        st.integers(0, 9),
    )
    def check(params: dict[str, Any], looks: tuple[int, ...], patience: int, seed: int) -> None:
        folds = make_folds(task_type)
        configuration = Configuration(learner, params | ALWAYS.get(learner, {}))
        choice = make_choice(task_type, patience, 60, race=Stopper(looks, looks[-1]))
        trial = evaluate_growing(configuration, folds, task_type, seed, choice)
        assert trial.status == "ok"
        assert trial.rounds is not None
        n_grown = trial.rounds.n_grown
        until = make_choice(task_type, 60, n_grown)
        expected = evaluate_growing(configuration, folds[: looks[-1]], task_type, seed, until)
        assert trial.fold_metrics == expected.fold_metrics
        assert expected.rounds is not None
        assert trial.rounds.chosen == expected.rounds.chosen
        # After half of the patience, asked whenever some rounds were added
        waited = n_grown - trial.rounds.chosen
        assert n_grown == 60 or patience / 2 <= waited <= patience

    check()


def test_warnings_of_scores_are_those_of_a_trial_without_a_race() -> None:
    folds = make_folds("regression")

    def measure(response: Response, fold: Fold, kind: TaskType) -> dict[str, float]:
        at = next(at for at, one in enumerate(folds) if one is fold)
        warnings.warn(f"measured fold {at}", UserWarning, stacklevel=1)
        return measure_metrics(response, fold, kind)

    choice = make_choice("regression")
    configuration = Configuration("xgboost", {"max_depth": 2})
    whole, raced = (
        evaluate_growing(configuration, folds, "regression", 0, one, measure)
        for one in (choice, replace(choice, race=Stopper((1, 2))))
    )
    said = "; ".join(f"UserWarning: measured fold {at}" for at in range(3))
    assert whole.error == said
    assert raced == whole


@pytest.mark.parametrize("learner", ["xgboost", "hist_gradient_boosting"])
def test_a_race_with_several_threads_is_the_same(learner: str) -> None:
    folds = make_folds("classification")
    configuration = Configuration(learner, {"learning_rate": 0.3})
    one, two = (
        evaluate_growing(
            configuration,
            folds,
            "classification",
            3,
            make_choice("classification", 5, 60, n_threads=n, race=Stopper((1, 2))),
        )
        for n in (1, 2)
    )
    assert one == two
    assert one.status == "ok"


def test_an_error_of_the_first_folds_is_that_of_a_trial_without_a_race() -> None:
    folds = make_folds("regression")
    whole, raced = (
        evaluate_growing(
            Configuration("xgboost", {"max_depth": -7}),
            folds,
            "regression",
            0,
            make_choice("regression", **more),
        )
        for more in ({}, {"race": Stopper((1, 2))})
    )
    assert whole.status == "failed"
    assert raced == whole


def test_what_happens_in_rounds_that_only_the_first_folds_grow_to_does_not_count() -> None:
    folds = make_folds("regression")
    # Predictions of the first fold tell at which round they are
    configuration = Configuration("xgboost", {"max_depth": 2})
    seen: dict[bytes, int] = {}

    def look(response: Response, fold: Fold, _: TaskType) -> dict[str, float]:
        """Improve on the first fold without an end, and get worse on the others."""
        n_rounds = seen.setdefault(response.output.tobytes(), len(seen) + 1) if fold is folds[0] else None
        if n_rounds is None:
            return {"rmse": float(np.square(response.output).sum()) * 100}
        if n_rounds > fails_after:
            raise ValueError("too many rounds")
        if n_rounds > 15:
            warnings.warn("many rounds", UserWarning, stacklevel=1)
        return {"rmse": -1e-6 * n_rounds}

    for fails_after in (1000, 30):
        seen.clear()
        choice = make_choice("regression", 3, 60, look=look)
        whole = evaluate_growing(configuration, folds, "regression", 0, choice)
        assert whole.error == ""
        assert whole.rounds is not None
        assert whole.rounds.n_grown < 15
        race = Stopper((1,))
        assert evaluate_growing(configuration, folds, "regression", 0, replace(choice, race=race)) == whole
        assert len(seen) == min(fails_after + 1, 60)
        assert bool(race.seen) == (fails_after == 1000)


@pytest.mark.quick("xgboost")
@pytest.mark.parametrize("learner", BOOSTERS)
def test_several_threads_give_the_same(learner: str) -> None:
    folds = make_folds("classification")
    params = {"hist_gradient_boosting": {"max_features": 0.7}, "catboost": {"rsm": 0.7}}.get(
        learner, {"subsample": 0.7}
    )
    configuration = Configuration(learner, params | ALWAYS.get(learner, {}))
    one, two = (
        evaluate_growing(
            configuration, folds, "classification", 3, make_choice("classification", 5, 60, n_threads=n)
        )
        for n in (1, 2)
    )
    assert one == two
    assert one.status == "ok"


@pytest.mark.quick("lightgbm-classification", "xgboost-regression")
@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("learner", BOOSTERS)
def test_a_booster_that_cannot_grow_is_fitted_anew(
    learner: str, task_type: TaskType, monkeypatch: pytest.MonkeyPatch
) -> None:
    folds = make_folds(task_type)
    configuration = Configuration(learner, {"max_depth": 2})
    choice = make_choice(task_type, 90, 70, keeps_curve=True)
    grown = evaluate_growing(configuration, folds, task_type, 3, choice)
    monkeypatch.setattr(lockstep, "_grow_or_none", lambda *_: None)
    assert evaluate_growing(configuration, folds, task_type, 3, choice) == grown


@pytest.mark.parametrize("every", [1, 10])
def test_fits_that_are_not_nested_are_looked_at_where_they_end(every: int) -> None:
    folds = make_folds("regression")
    # CatBoost chooses the learning rate by the number of iterations
    configuration = Configuration("catboost", {"depth": 2})
    looked: list[int] = []

    def look(response: Response, fold: Fold, kind: TaskType) -> dict[str, float]:
        looked.append(len(looked))
        return measure_metrics(response, fold, kind)

    choice = make_choice("regression", 500, 170, every=every, look=look)
    trial = evaluate_growing(configuration, folds, "regression", 0, choice)
    assert len(looked) == 3 * len(folds)
    assert trial.rounds is not None
    alone = [
        evaluate_configuration(with_rounds(configuration, n), folds, "regression", 0) for n in (80, 160, 170)
    ]
    means = [np.mean([fold["rmse"] for fold in one.fold_metrics]) for one in alone]
    assert trial.rounds.chosen == (80, 160, 170)[int(np.argmin(means))]
    assert trial.fold_metrics == alone[int(np.argmin(means))].fold_metrics


@pytest.mark.slow
def test_the_curve_and_the_best_of_each_metric_are_kept() -> None:
    folds = make_folds("classification")
    configuration = Configuration("xgboost", {"learning_rate": 0.2, "max_depth": 2})
    choice = make_choice("classification", 40, 40, keeps_curve=True)
    rounds = evaluate_growing(configuration, folds, "classification", 0, choice).rounds
    alone = separate(configuration, folds, "classification", 0, 40)
    assert rounds is not None
    assert set(rounds.best) == set(rounds.curve) == set(METRICS["classification"])
    for name, metric in METRICS["classification"].items():
        means = {
            at: float(np.mean([fold[name] for fold in trial.fold_metrics]))
            for at, trial in enumerate(alone, start=1)
        }
        assert rounds.curve[name] == {at: means[at] for at in (1, 2, 4, 8, 16, 32, 40)}
        looked = [at for at in means if at < 32 or at % 2 == 0 or at == rounds.chosen]
        pick = max if metric.higher_is_better else min
        at = pick(looked, key=lambda one: means[one])
        assert rounds.best[name] == (means[at], at)


def test_few_looks_are_at_multiples_and_at_the_end() -> None:
    folds = make_folds("regression")
    looked: list[int] = []

    def look(response: Response, fold: Fold, kind: TaskType) -> dict[str, float]:
        looked.append(len(looked))
        return measure_metrics(response, fold, kind)

    choice = make_choice("regression", 1000, 34, every=10, look=look)
    trial = evaluate_growing(
        Configuration("xgboost", {"learning_rate": 0.01}), folds, "regression", 0, choice
    )
    assert trial.rounds is not None
    assert trial.rounds.chosen == 34
    assert len(looked) == 4 * len(folds)


def test_a_failing_fit_is_a_failed_trial() -> None:
    folds = make_folds("regression")
    for params in ({"max_deph": 3}, {"max_depth": -7}):
        trial = evaluate_growing(
            Configuration("xgboost", params), folds, "regression", 0, make_choice("regression")
        )
        assert trial.status == "failed"
        assert trial.error
        assert trial.rounds is None


def test_a_score_that_is_nowhere_defined_ends_after_the_patience() -> None:
    folds = make_folds("regression")
    choice = make_choice("regression", 7, look=lambda *_: {"rmse": float("nan")})
    trial = evaluate_growing(Configuration("xgboost", {}), folds, "regression", 0, choice)
    assert trial.rounds is not None
    assert (trial.rounds.chosen, trial.rounds.n_grown) == (1, 8)


@pytest.mark.slow
def test_stages_that_stop_by_themselves_stay_as_they_are() -> None:
    folds = make_folds("regression")
    params = {"n_iter_no_change": 1, "tol": 0.05, "learning_rate": 0.9}
    configuration = Configuration("gradient_boosting", params)
    choice = make_choice("regression", 90, 90)
    trial = evaluate_growing(configuration, folds, "regression", 1, choice)
    alone = separate(configuration, folds, "regression", 1, 90)
    means = [np.mean([fold["rmse"] for fold in one.fold_metrics]) for one in alone]
    assert trial.rounds is not None
    assert trial.rounds.n_grown < 90
    assert trial.rounds.chosen == int(np.argmin(means)) + 1
    assert trial.fold_metrics == alone[trial.rounds.chosen - 1].fold_metrics


def test_warnings_of_a_growing_fit_are_those_of_the_trial() -> None:
    learner = get_learner("gradient_boosting")

    def build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
        estimator = learner.build(params, task_type, seed)
        fit = estimator.fit

        def warn(*given: Any, **named: Any) -> Any:
            warnings.warn("so it goes", UserWarning, stacklevel=1)
            return fit(*given, **named)

        estimator.fit = warn
        return estimator

    warning = Learner(
        "warning",
        build,
        lambda _: {},
        nested_axis=learner.nested_axis,
        grow=lambda params, kind, seed, fold, most: grow_monitored(
            build({**params, "n_estimators": most}, kind, seed), fold
        ),
    )
    register_learner(warning)
    try:
        for n_threads in (1, 2):
            choice = make_choice("regression", n_threads=n_threads)
            trial = evaluate_growing(
                Configuration("warning", {}), make_folds("regression"), "regression", 0, choice
            )
            assert (trial.status, trial.error) == ("ok", "UserWarning: so it goes")
    finally:
        del registry._LEARNERS["warning"]


def test_rounds_are_taken_out_of_a_configuration_and_put_in() -> None:
    fixed = Configuration("xgboost", {"max_depth": 3, "n_estimators": 7}, "sobol")
    free = without_rounds(fixed)
    assert (free.params, free.strategy) == ({"max_depth": 3}, "sobol")
    assert with_rounds(free, 7) == fixed
    assert has_open_rounds(free)
    assert not has_open_rounds(fixed)
    forest = Configuration("random_forest", {"max_depth": 3})
    assert without_rounds(forest) is forest
    assert not has_open_rounds(forest)
    with pytest.raises(ValueError, match="random_forest has no boosting rounds"):
        with_rounds(forest, 3)
    assert isinstance(get_learner("random_forest").nested_axis, NestedAxis)


@pytest.mark.slow
def test_growing_ends_in_time_with_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    folds = make_folds("regression")
    configuration = Configuration("xgboost", {"learning_rate": 0.01, "max_depth": 2})
    whole = make_choice("regression", 300, 300)
    # Each reading of the clock is a second later
    ticks = count()
    monkeypatch.setattr("time.perf_counter", lambda: float(next(ticks)))
    found = {
        limit: evaluate_growing(
            configuration, folds, "regression", 0, replace(whole, max_seconds=limit)
        ).rounds
        for limit in (None, 0.0, 500.0, 1e9)
    }
    grown = {limit: rounds.n_grown for limit, rounds in found.items() if rounds is not None}
    # Never less than the first step, of which the best can be taken
    assert grown[0.0] == lockstep.FEWEST_AT_ONCE
    assert grown[0.0] < grown[500.0] < grown[None]
    assert found[1e9] == found[None]
