from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter
from tests.conftest import installed_learners

from foretune.base.parameters import TaskType
from foretune.learners import PreprocessingParameters
from foretune.recommendation.search_cv.estimator import build_pipeline, fit_pipeline
from foretune.spaces.configuration import Configuration

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
TARGETS: dict[TaskType, Any] = {
    "classification": np.where(X[:, 0] + RNG.normal(size=60) > 0, "yes", "no"),
    "regression": 100 + 10 * X[:, 0] + RNG.normal(size=60),
}
WEIGHTS = RNG.random(60)
NEW = RNG.normal(size=(30, 3))


def build(learner: str, task_type: TaskType) -> Any:
    # By itself CatBoost makes a thousand rounds
    params = {"iterations": 20} if learner == "catboost" else {}
    return build_pipeline(Configuration(learner, params), task_type, PreprocessingParameters(), 0)


@pytest.mark.quick(
    "linear-classification", "xgboost-regression", "random_forest-classification", "svm-regression"
)
@pytest.mark.parametrize("task_type", ["classification", "regression"])
@pytest.mark.parametrize("learner", installed_learners())
def test_the_learner_of_every_pipeline_gets_the_weights(learner: str, task_type: TaskType) -> None:
    pipeline, y = build(learner, task_type), TARGETS[task_type]
    if learner == "realmlp":
        with pytest.raises(TypeError, match="takes no sample_weight in fit"):
            fit_pipeline(pipeline, X, y, WEIGHTS)
        return
    if learner == "mlp" and not has_fit_parameter(MLPClassifier, "sample_weight"):
        with pytest.raises(TypeError, match=r"^ScaledMLP\w+ takes sample_weight from scikit-learn 1\.7 on$"):
            fit_pipeline(pipeline, X, y, WEIGHTS)
        return
    expected = clone(pipeline).fit(X, y, learner__sample_weight=WEIGHTS)
    with config_context(enable_metadata_routing=True):
        fitted = fit_pipeline(clone(pipeline), X, y, WEIGHTS)
    plain = fit_pipeline(clone(pipeline), X, y)
    predict = "predict_proba" if task_type == "classification" else "predict"
    predictions = [getattr(one, predict)(NEW) for one in (fitted, expected, plain)]
    np.testing.assert_array_equal(predictions[0], predictions[1])
    assert not np.allclose(predictions[0], predictions[2])


@pytest.mark.parametrize("task_type", ["classification", "regression"])
@pytest.mark.parametrize(
    ("learner", "name"),
    [
        *[(one, "feature_importances_") for one in ("xgboost", "random_forest", "extra_trees")],
        *[(one, "feature_importances_") for one in ("gradient_boosting", "lightgbm", "catboost")],
        ("linear", "coef_"),
    ],
)
def test_the_last_step_shows_what_the_learner_found(learner: str, name: str, task_type: TaskType) -> None:
    last = fit_pipeline(build(learner, task_type), X, TARGETS[task_type])[-1]
    assert np.abs(getattr(last, name)).ravel().argmax() == 0
    other = ({"feature_importances_", "coef_"} - {name}).pop()
    assert not hasattr(last, other)


def test_a_learner_without_weights_is_named() -> None:
    pipeline = Pipeline([("learner", KNeighborsClassifier())])
    with pytest.raises(TypeError, match="KNeighborsClassifier takes no sample_weight in fit"):
        fit_pipeline(pipeline, X, TARGETS["classification"], WEIGHTS)
