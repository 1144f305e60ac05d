from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import make_mixed_task

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.hpo.parameters import HpoParameters
from foretune.learners import Learner, get_learner, known_learners, nested_axis, registry
from foretune.learners.fit import evaluate_configuration
from foretune.learners.folds import Fold, make_folds
from foretune.learners.nested_axis import NestedAxis, NotNestedError, predict_neighbours_path
from foretune.learners.shared_fits import evaluate_group, group_shared_fits
from foretune.spaces.configuration import Configuration
from foretune.tasks.task import Task

WITH_PATH = [name for name in known_learners() if get_learner(name).nested_axis]

# What makes fits differ off the axis; the axis itself is drawn
OFF_PATH: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "random_forest": {
        "max_depth": st.integers(1, 9),
        "max_features": st.floats(0.2, 1.0),
        "min_samples_leaf": st.integers(1, 9),
    },
    "extra_trees": {"max_depth": st.integers(1, 9), "min_samples_leaf": st.integers(1, 9)},
    "xgboost": {
        "max_depth": st.integers(1, 6),
        "learning_rate": st.floats(0.05, 0.5),
        "subsample": st.floats(0.5, 1.0),
        "colsample_bytree": st.floats(0.3, 1.0),
    },
    "gradient_boosting": {"max_depth": st.integers(1, 4), "subsample": st.floats(0.5, 1.0)},
    "lightgbm": {
        # From 20 rows in a leaf on, some rounds find no split in folds as small as these
        "min_child_samples": st.integers(1, 25),
        "num_leaves": st.integers(2, 9),
        "subsample_freq": st.sampled_from([0, 1, 2]),
        "subsample": st.floats(0.5, 1.0),
        "colsample_bytree": st.floats(0.3, 1.0),
        "boosting_type": st.sampled_from(["gbdt", "gbdt", "dart"]),
    },
    "hist_gradient_boosting": {
        "min_samples_leaf": st.integers(1, 25),
        "max_features": st.floats(0.3, 1.0),
        "early_stopping": st.booleans(),
        "n_iter_no_change": st.sampled_from([2, 10]),
    },
    "catboost": {
        "learning_rate": st.sampled_from([None, 0.1, 0.5]),
        "leaf_estimation_iterations": st.integers(1, 5),
        "grow_policy": st.sampled_from(["SymmetricTree", "Depthwise", "Lossguide"]),
        "depth": st.integers(1, 6),
        "rsm": st.floats(0.5, 1.0),
        "bootstrap_type": st.sampled_from(["Bayesian", "Bernoulli", "MVS"]),
        "boosting_type": st.sampled_from(["Plain", "Ordered"]),
    },
    "k_nearest_neighbours": {"p": st.sampled_from([1, 2])},
}


def test_every_learner_with_a_path_is_tried() -> None:
    assert set(OFF_PATH) == set(WITH_PATH)


@st.composite
def groups(draw: st.DrawFn, learner: str, task_type: TaskType) -> list[Configuration]:
    params = {name: draw(values) for name, values in OFF_PATH[learner].items()}
    if learner == "random_forest" and task_type == "classification":
        params["class_weight"] = draw(st.sampled_from([None, "balanced"]))
    path = get_learner(learner).nested_axis
    assert path is not None
    largest = 29 if learner == "k_nearest_neighbours" else 25
    values = draw(st.lists(st.integers(1, largest), min_size=2, max_size=4, unique=True))
    varied = [{**params, path.hyperparameter: value} for value in values]
    if "weights" in path.shared:
        varied = [{**one, "weights": draw(st.sampled_from(["uniform", "distance"]))} for one in varied]
    return [Configuration(learner, one) for one in varied]


def _assert_equals_separate_fits(
    configurations: Sequence[Configuration], folds: list[Fold], task_type: TaskType
) -> None:
    (group,) = group_shared_fits(configurations)
    assert sorted(c.config_id for c in group) == sorted(c.config_id for c in configurations)
    for configuration, together in zip(group, evaluate_group(group, folds, task_type, seed=3), strict=True):
        alone = evaluate_configuration(configuration, folds, task_type, seed=3)
        assert (together.status, together.error) == (alone.status, alone.error)
        for one, other in zip(together.fold_metrics, alone.fold_metrics, strict=True):
            # Metrics average over rows in the same order: the least difference in a prediction would show
            assert one == pytest.approx(other, rel=1e-12, abs=1e-12)


@pytest.mark.quick("k_nearest_neighbours-classification", "random_forest-regression")
@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("learner", WITH_PATH)
def test_a_path_equals_separate_fits(
    learner: str, task_type: TaskType, hpo_parameters: HpoParameters
) -> None:
    folds = make_folds(
        make_mixed_task(task_type), hpo_parameters.n_folds, hpo_parameters.preprocessing, seed=1
    )

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(groups(learner, task_type))
    def check(configurations: list[Configuration]) -> None:
        _assert_equals_separate_fits(configurations, folds, task_type)

    check()


@pytest.mark.parametrize("weights", [["uniform", "distance"], ["distance", "uniform"]])
@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_tied_neighbours_are_not_guessed(
    weights: list[str], task_type: TaskType, hpo_parameters: HpoParameters
) -> None:
    # Points on a small grid, many of them equal: whom a query leaves out at a tie depends on its length
    rng = np.random.default_rng(0)
    base = make_mixed_task(task_type)
    X = base.X.assign(
        length=rng.integers(0, 3, 90).astype(float), weight=rng.integers(0, 3, 90).astype(float)
    )
    folds = make_folds(
        Task("grid", task_type, X, base.y), hpo_parameters.n_folds, hpo_parameters.preprocessing, seed=0
    )
    configurations = [
        Configuration("k_nearest_neighbours", {"n_neighbors": k, "weights": w, "p": 2})
        for k, w in zip((3, 11), weights, strict=True)
    ]
    _assert_equals_separate_fits(configurations, folds, task_type)


def test_more_neighbours_than_half_of_the_rows_are_searched_as_scikit_learn_does(
    hpo_parameters: HpoParameters,
) -> None:
    folds = make_folds(
        make_mixed_task("regression"), hpo_parameters.n_folds, hpo_parameters.preprocessing, seed=0
    )
    configurations = [Configuration("k_nearest_neighbours", {"n_neighbors": k, "p": 2}) for k in (4, 45)]
    _assert_equals_separate_fits(configurations, folds, "regression")


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_neighbours_that_do_not_show_their_targets_are_fitted_one_by_one(
    task_type: TaskType, hpo_parameters: HpoParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    folds = make_folds(
        make_mixed_task(task_type), hpo_parameters.n_folds, hpo_parameters.preprocessing, seed=0
    )
    several = [{"n_neighbors": number, "weights": "distance"} for number in (3, 9)]
    monkeypatch.setattr(nested_axis, "FITTED_TARGETS", "_no_such_name")
    neighbours = get_learner("k_nearest_neighbours").fit(several[-1], task_type, 0, folds[0])
    with pytest.raises(NotNestedError):
        next(predict_neighbours_path(neighbours, folds[0].X_test, several, task_type))
    _assert_equals_separate_fits(
        [Configuration("k_nearest_neighbours", params) for params in several], folds, task_type
    )


def test_groups_share_all_but_the_axis() -> None:
    def forest(n_estimators: int, depth: int) -> Configuration:
        return Configuration("random_forest", {"n_estimators": n_estimators, "max_depth": depth})

    configurations = [forest(50, 2), Configuration("svm", {"C": 1.0}), forest(10, 2), forest(50, 3)]
    grouped = group_shared_fits(configurations)
    assert grouped == [
        [forest(10, 2), forest(50, 2)],
        [Configuration("svm", {"C": 1.0})],
        [forest(50, 3)],
    ]


def test_a_default_value_has_its_place_on_the_axis() -> None:
    bare, small = Configuration("random_forest", {}), Configuration("random_forest", {"n_estimators": 10})
    assert group_shared_fits([bare, small]) == [[small, bare]]


def test_one_failing_configuration_does_not_take_its_group_with_it(hpo_parameters: HpoParameters) -> None:
    folds = make_folds(
        make_mixed_task("classification"), hpo_parameters.n_folds, hpo_parameters.preprocessing, seed=0
    )
    # More neighbours than there are rows to learn from
    group = [Configuration("k_nearest_neighbours", {"n_neighbors": k}) for k in (3, 5, 500)]
    trials = evaluate_group(group, folds, "classification", seed=0)
    assert [trial.status for trial in trials] == ["ok", "ok", "failed"]
    assert "n_neighbors" in trials[2].error
    assert trials[0].fold_metrics == evaluate_configuration(group[0], folds, "classification", 0).fold_metrics


def test_a_path_that_is_not_finite_is_left_to_separate_fits(
    monkeypatch: pytest.MonkeyPatch, hpo_parameters: HpoParameters
) -> None:
    linear = get_learner("linear")
    path = NestedAxis("alpha", 1, lambda *_: iter([np.full(30, np.nan)] * 2))
    learner = Learner("mine", linear.build, linear.library_default, nested_axis=path)
    monkeypatch.setattr(registry, "_LEARNERS", {**registry._LEARNERS, "mine": learner})
    folds = make_folds(
        make_mixed_task("regression"), hpo_parameters.n_folds, hpo_parameters.preprocessing, seed=0
    )
    group = [Configuration("mine", {"alpha": alpha}) for alpha in (1, 2)]
    assert [trial.status for trial in evaluate_group(group, folds, "regression", seed=0)] == ["ok", "ok"]


def test_values_that_are_no_numbers_of_trees_share_no_fit() -> None:
    values = [100, None, "auto", 1e300, float("nan"), 2.5, 0, True, 50.0]
    groups = group_shared_fits([Configuration("random_forest", {"n_estimators": one}) for one in values])
    assert [one.params["n_estimators"] for one in groups[0]] == [50.0, 100]
    assert [len(group) for group in groups[1:]] == [1] * 7


@pytest.mark.parametrize("learner", ["k_nearest_neighbours", "linear"])
def test_a_race_stops_each_trial_for_itself(learner: str, hpo_parameters: HpoParameters) -> None:
    folds = make_folds(make_mixed_task("regression"), 4, hpo_parameters.preprocessing, seed=1)
    name = {"k_nearest_neighbours": "n_neighbors", "linear": "alpha"}[learner]
    group = [Configuration(learner, {name: value}) for value in (2, 9, 20)]
    if learner == "linear":
        group = group[:1]
    whole = evaluate_group(group, folds, "regression", seed=3)
    wanted = [1, 4, 2][: len(group)]
    seen: list[int] = []

    class Race:
        looks = (1, 2)

        def is_hopeless(self, fold_metrics: Sequence[dict[str, float]]) -> bool:
            """Stop a trial that it knows by its first fold after as many folds as wanted."""
            at = next(at for at, one in enumerate(whole) if one.fold_metrics[0] == fold_metrics[0])
            seen.append(len(fold_metrics))
            return len(fold_metrics) >= wanted[at]

    raced = evaluate_group(group, folds, "regression", seed=3, race=Race())
    assert [len(trial.fold_metrics) for trial in raced] == wanted
    assert [trial.fold_metrics for trial in raced] == [
        trial.fold_metrics[:n] for trial, n in zip(whole, wanted, strict=True)
    ]
    assert seen == ([1] if len(group) == 1 else [1, 1, 1, 2, 2])
