from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import installed_learners, make_mixed_task

from foretune.base import TASK_TYPES, TaskType
from foretune.learners import (
    EarlyStopping,
    NativeForm,
    RoundChoice,
    evaluate_group,
    get_learner,
    known_learners,
    with_rounds,
)
from foretune.learners.fit import measure_metrics
from foretune.learners.fold_set import FoldSet, mark_categories, native_form_of
from foretune.learners.folds import Fold, make_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.spaces import Configuration
from foretune.tasks import Task

BY_LEARNER = PreprocessingParameters(by_learner=True, many_categories="target", max_categories=4)
NATIVE = ("xgboost", "lightgbm", "hist_gradient_boosting")
# As fast as they can be
FEW_ROUNDS: dict[str, dict[str, Any]] = {
    **{name: {"n_estimators": 3} for name in ("random_forest", "extra_trees", "gradient_boosting")},
    **{name: {"n_estimators": 3} for name in ("xgboost", "lightgbm")},
    "hist_gradient_boosting": {"max_iter": 3},
    "catboost": {"iterations": 3},
    "realmlp": {"n_epochs": 2},
}


def _folds(task: Task, preprocessing: PreprocessingParameters) -> FoldSet[Fold]:
    return FoldSet(partial(make_folds, task, 3, preprocessing, 0), 3, preprocessing)


def _with_names(task: Task, n_names: int, seed: int = 0) -> Task:
    """Return a task with a column of names, many of which are in one part of a fold only."""
    rng = np.random.default_rng(seed)
    names = np.array([f"n{at}" for at in range(n_names)], dtype=object)[rng.integers(0, n_names, len(task.y))]
    names[rng.random(len(names)) < 0.1] = None
    return replace(task, X=task.X.assign(name=pd.Categorical(names)))


def test_learners_of_one_form_share_folds_that_are_made_once() -> None:
    made: list[NativeForm | None] = []

    def make(native: NativeForm | None) -> list[Fold]:
        made.append(native)
        return []

    folds = FoldSet(make, 3, BY_LEARNER)
    assert len(folds) == 3
    assert not made
    assert folds.for_learner("xgboost") is folds.for_learner("lightgbm")
    assert folds.for_learner("svm") is folds.for_learner("linear")
    assert folds.for_learner("hist_gradient_boosting") is not folds.for_learner("xgboost")
    assert len(made) == 3


def test_folds_that_are_made_can_be_sent() -> None:
    folds = _folds(make_mixed_task("regression"), BY_LEARNER)
    one = folds.for_learner("xgboost")[0]
    sent: FoldSet[Fold] = pickle.loads(pickle.dumps(folds))
    np.testing.assert_array_equal(sent.for_learner("lightgbm")[0].X_train, one.X_train)
    with pytest.raises(RuntimeError, match="folds for svm"):
        sent.for_learner("svm")


def test_all_learners_share_folds_unless_preprocessing_is_by_learner() -> None:
    plain = PreprocessingParameters()
    folds = _folds(make_mixed_task("regression"), plain)
    assert len({id(folds.for_learner(name)) for name in known_learners()}) == 1
    assert all(native_form_of(name, plain) is None for name in known_learners())
    assert {name for name in known_learners() if native_form_of(name, BY_LEARNER)} >= {*NATIVE}


def test_native_folds_hold_numbers_as_they_are_and_codes() -> None:
    task = make_mixed_task("classification")
    for fold in _folds(task, BY_LEARNER).for_learner("lightgbm"):
        assert fold.is_category == (False, False, False, True)
        rows = np.flatnonzero(task.X["length"].isin(fold.X_test[:, 0]))
        np.testing.assert_array_equal(fold.X_test[:, :3], task.X.iloc[rows, [0, 1, 3]].astype(float))
        assert np.isnan(fold.X_train).any(axis=0).tolist() == [False, True, False, True]
        assert {*fold.X_train[:, 3]} >= {0.0, 1.0, 2.0}


def test_a_configuration_is_marked_only_where_there_are_codes() -> None:
    one = Configuration("xgboost", {"max_depth": 2})
    task = make_mixed_task("regression")
    assert mark_categories(one, _folds(task, PreprocessingParameters()).for_learner("xgboost")) is one
    numbers = replace(task, X=task.X[["length", "weight"]])
    assert mark_categories(one, _folds(numbers, BY_LEARNER).for_learner("xgboost")) is one
    marked = mark_categories(one, _folds(task, BY_LEARNER).for_learner("xgboost"))
    assert marked.params["feature_types"] == ["q", "q", "q", "c"]
    assert mark_categories(marked, _folds(task, BY_LEARNER).for_learner("xgboost")) == marked


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("learner", installed_learners())
@pytest.mark.parametrize("preprocessing", [BY_LEARNER, PreprocessingParameters(max_categories=4)])
def test_categories_that_training_lacks_and_missing_values_are_no_problem(
    preprocessing: PreprocessingParameters, learner: str, task_type: TaskType
) -> None:
    task = _with_names(make_mixed_task(task_type), 60)
    folds = _folds(task, preprocessing).for_learner(learner)
    configuration = Configuration(learner, FEW_ROUNDS.get(learner, {}))
    (trial,) = evaluate_group([configuration], folds, task_type, 0)
    assert (trial.status, trial.error) == ("ok", "")
    assert all(np.isfinite(value) for metrics in trial.fold_metrics for value in metrics.values())


@pytest.mark.parametrize("learner", NATIVE)
def test_boosters_separate_categories_that_one_hot_columns_pool(learner: str) -> None:
    rng = np.random.default_rng(0)
    city = rng.integers(0, 40, 1200)
    X = pd.DataFrame({"city": pd.Categorical([f"c{at}" for at in city])})
    task = Task("t", "regression", X, pd.Series((city % 2) + rng.normal(0, 0.1, 1200)))
    score = {}
    for by_learner in (False, True):
        preprocessing = PreprocessingParameters(max_categories=4, by_learner=by_learner)
        folds = _folds(task, preprocessing).for_learner(learner)
        (trial,) = evaluate_group([Configuration(learner, {})], folds, "regression", 0)
        score[by_learner] = np.mean([metrics["r2"] for metrics in trial.fold_metrics])
    assert score[False] < 0.3
    assert score[True] > 0.8


@settings(max_examples=10, deadline=None)
@given(n_names=st.integers(1, 80), seed=st.integers(0, 100), learner=st.sampled_from(NATIVE))
def test_groups_that_share_a_fit_score_as_separate_fits(n_names: int, seed: int, learner: str) -> None:
    task = _with_names(make_mixed_task("classification", seed=seed), n_names, seed)
    folds = _folds(task, BY_LEARNER).for_learner(learner)
    rounds = "max_iter" if learner == "hist_gradient_boosting" else "n_estimators"
    group = [Configuration(learner, {rounds: n}) for n in (1, 3)]
    together = evaluate_group(group, folds, "classification", 0)
    for one, trial in zip(group, together, strict=True):
        (alone,) = evaluate_group([one], folds, "classification", 0)
        assert trial.status == alone.status == "ok"
        assert trial.fold_metrics == alone.fold_metrics


@pytest.mark.parametrize("learner", NATIVE)
def test_rounds_chosen_in_native_form_score_as_a_fit_with_as_many(learner: str) -> None:
    folds = _folds(_with_names(make_mixed_task("regression"), 12), BY_LEARNER).for_learner(learner)
    assert get_learner(learner).native is not None
    stopping = EarlyStopping(patience=3, max_rounds=12)
    choice = RoundChoice(stopping, "rmse", higher_is_better=False, look=measure_metrics)
    one = Configuration(learner, {"learning_rate": 0.3})
    (found,) = evaluate_group([one], folds, "regression", 0, choice=choice)
    assert found.rounds is not None, found.error
    (expected,) = evaluate_group([with_rounds(one, found.rounds.chosen)], folds, "regression", 0)
    assert found.fold_metrics == expected.fold_metrics


def test_both_makers_of_codes_agree_and_a_column_of_another_type_changes_nothing() -> None:
    task: Any = _with_names(make_mixed_task("regression"), 20)
    # Single precision is left to scikit-learn
    other = replace(task, X=task.X.assign(extra=np.zeros(len(task.y), dtype=np.float32)))
    quick, slow = (_folds(one, BY_LEARNER).for_learner("xgboost") for one in (task, other))
    for one, two in zip(quick, slow, strict=True):
        np.testing.assert_array_equal(one.X_train, np.delete(two.X_train, 3, axis=1))
        np.testing.assert_array_equal(one.X_test, np.delete(two.X_test, 3, axis=1))
