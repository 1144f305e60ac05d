from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.utils.validation import has_fit_parameter
from tests.conftest import installed_learners, make_mixed_task

from foretune.base.parameters import TaskType
from foretune.learners import get_learner
from foretune.learners.fit import evaluate_configuration
from foretune.learners.folds import Fold, thin_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.preprocessing import make_preprocessor
from foretune.learners.sample_weights import check_weights
from foretune.learners.shared_fits import evaluate_group, group_shared_fits
from foretune.spaces.configuration import Configuration

RNG = np.random.default_rng(0)
WEIGHTS = RNG.random(60) + 0.1


def make_fold(task_type: TaskType, weights: Any = WEIGHTS) -> Fold:
    task = make_mixed_task(task_type)
    rows = make_preprocessor(PreprocessingParameters()).fit_transform(task.X)
    y = task.y.cat.codes.to_numpy() if task_type == "classification" else task.y.to_numpy() / 1000
    return Fold(rows[:60], y[:60], rows[60:], y[60:], weights=weights)


@pytest.mark.quick(
    "extra_trees-classification",
    "gradient_boosting-regression",
    "hist_gradient_boosting-classification",
    "k_nearest_neighbours-regression",
    "lightgbm-classification",
    "linear-regression",
    "mlp-classification",
    "random_forest-regression",
    "svm-classification",
    "xgboost-regression",
)
@pytest.mark.parametrize("task_type", ["classification", "regression"])
@pytest.mark.parametrize("learner", installed_learners())
def test_weights_reach_every_learner(learner: str, task_type: TaskType) -> None:
    fold = make_fold(task_type)
    params = get_learner(learner).library_default(task_type)
    if learner == "catboost":
        params["iterations"] = 20
    if learner == "realmlp":
        with pytest.raises(TypeError, match="takes no sample_weight in fit"):
            get_learner(learner).fit(params, task_type, 0, fold)
        return
    if learner == "mlp" and not has_fit_parameter(MLPClassifier, "sample_weight"):
        with pytest.raises(TypeError, match=r"^ScaledMLP\w+ takes sample_weight from scikit-learn 1\.7 on$"):
            get_learner(learner).fit(params, task_type, 0, fold)
        return
    found = get_learner(learner).fit(params, task_type, 0, fold)
    estimator = get_learner(learner).build(params, task_type, 0)
    expected = estimator.fit(fold.X_train, fold.y_train, sample_weight=WEIGHTS)
    plain = get_learner(learner).fit(params, task_type, 0, make_fold(task_type, None))
    predict = "predict_proba" if task_type == "classification" else "predict"
    predictions = [getattr(one, predict)(fold.X_test) for one in (found, expected, plain)]
    np.testing.assert_array_equal(predictions[0], predictions[1])
    assert not np.allclose(predictions[0], predictions[2])


@pytest.mark.parametrize(
    ("learner", "name"),
    [
        ("xgboost", "n_estimators"),
        ("random_forest", "n_estimators"),
        ("gradient_boosting", "n_estimators"),
        ("lightgbm", "n_estimators"),
        ("hist_gradient_boosting", "max_iter"),
        ("catboost", "iterations"),
        ("k_nearest_neighbours", "n_neighbors"),
    ],
)
def test_shared_fits_have_the_weights(learner: str, name: str) -> None:
    fold = make_fold("classification")
    configurations = [Configuration(learner, {name: value}) for value in (3, 9)]
    (group,) = group_shared_fits(configurations)
    shared = evaluate_group(group, [fold], "classification", 0)
    alone = [evaluate_configuration(one, [fold], "classification", 0) for one in configurations]
    assert [trial.fold_metrics for trial in shared] == [trial.fold_metrics for trial in alone]
    plain = evaluate_configuration(group[1], [make_fold("classification", None)], "classification", 0)
    assert plain.fold_metrics != shared[1].fold_metrics


def test_thinned_rows_keep_their_weights() -> None:
    fold = make_fold("regression", np.arange(60.0))
    (thin,) = thin_folds([fold], 0.5, "regression", 0)
    assert thin.weights is not None
    kept = thin.weights.astype(int)
    assert len(kept) == 30
    np.testing.assert_array_equal(thin.X_train, fold.X_train[kept])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1.0, 2.0], "shape"),
        (np.ones((3, 1)), "shape"),
        ([1.0, -1.0, 1.0], "must not be negative, but the smallest is -1"),
        ([1.0, np.nan, 1.0], "NaN"),
        ([0.0, 0.0, 0.0], "every sample_weight is zero"),
        (["a", "b", "c"], "could not convert"),
    ],
)
def test_weights_that_are_none(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_weights(given, 3)


def test_a_number_is_the_weight_of_all_rows() -> None:
    weights = check_weights(2, 3)
    assert weights is not None
    assert weights.tolist() == [2.0, 2.0, 2.0]
    assert check_weights(None, 3) is None
