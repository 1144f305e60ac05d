"""What every learner does; ``test_shared_fits`` compares the nested axes, ``test_registry`` the defaults."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from tests.conftest import installed_learners

from foretune.base.parameters import TASK_TYPES, TaskType
from foretune.hpo.parameters import HpoParameters
from foretune.learners import get_learner
from foretune.learners.fit import evaluate_configuration
from foretune.learners.folds import Fold, make_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.recommendation.search_cv.estimator import build_pipeline
from foretune.spaces.configuration import Configuration
from foretune.spaces.draws import configuration_at
from foretune.tasks.task import Task

# Few rounds, so that every learner takes milliseconds
QUICK: dict[str, dict[str, Any]] = {
    "random_forest": {"n_estimators": 3},
    "extra_trees": {"n_estimators": 3},
    "xgboost": {"n_estimators": 3},
    "gradient_boosting": {"n_estimators": 3, "learning_rate": 0.5},
    "lightgbm": {"n_estimators": 3, "learning_rate": 0.5, "min_child_samples": 3},
    "hist_gradient_boosting": {"max_iter": 3, "learning_rate": 0.5, "min_samples_leaf": 3},
    "catboost": {"iterations": 3},
    "linear": {"C": 0.01},
    "realmlp": {"n_epochs": 16},
}
CASES = [
    pytest.param("classification", 2, marks=pytest.mark.slow),
    ("classification", 3),
    pytest.param("classification", 100, marks=pytest.mark.slow),
    ("regression", 0),
]


def quick(learner: str, task_type: TaskType) -> dict[str, Any]:
    return {} if (learner, task_type) == ("linear", "regression") else QUICK.get(learner, {})


def make_task(task_type: TaskType, n_classes: int, n_rows: int = 120) -> Task:
    """Make a task with all that tables have: missing values, categories, constant and empty columns."""
    rng = np.random.default_rng(0)
    n_rows = max(n_rows, 3 * n_classes)
    # Each class in turn, so that every part has all of them
    codes = np.arange(n_rows) % (n_classes or 7)
    X = pd.DataFrame(
        {
            "number": codes + rng.normal(0, 0.1, n_rows),
            "with missing values": np.where(rng.random(n_rows) < 0.3, np.nan, rng.lognormal(0, 2, n_rows)),
            "category": pd.Categorical(rng.choice(["a", "[b]", "c:{d}", None], n_rows)),
            "truth": rng.random(n_rows) < 0.5,
            "constant": 1.0,
            "empty": np.nan,
            "constant category": pd.Categorical(["only"] * n_rows),
        }
    )
    if task_type == "regression":
        return Task("numbers", task_type, X, pd.Series(1000 + 50 * X["number"], name="y"))
    labels = pd.Series([f"class {code}" for code in codes], name="y", dtype="category")
    return Task("classes", task_type, X, labels)


def folds_of(task: Task) -> list[Fold]:
    return make_folds(task, 3, PreprocessingParameters(), seed=0)


def predict(fitted: Any, fold: Fold, task_type: TaskType) -> Any:
    method = "predict_proba" if task_type == "classification" else "predict"
    return np.asarray(getattr(fitted, method)(fold.X_test))


@pytest.mark.parametrize(("task_type", "n_classes"), CASES)
@pytest.mark.parametrize("name", installed_learners())
def test_every_table_is_learned(name: str, task_type: TaskType, n_classes: int) -> None:
    folds = folds_of(make_task(task_type, n_classes))[: 1 if n_classes == 100 else 3]
    trial = evaluate_configuration(Configuration(name, quick(name, task_type)), folds, task_type, seed=0)
    assert trial.status == "ok", trial.error
    for measured in trial.fold_metrics:
        assert np.isfinite(list(measured.values())).all()
    if n_classes == 100:
        return
    # Better than the commonest class, or the mean
    score, chance = ("r2", 0.0) if task_type == "regression" else ("balanced_accuracy", 1 / n_classes)
    assert np.mean([measured[score] for measured in trial.fold_metrics]) > chance + 0.05


# scikit-learn says so of three rows in each of a hundred classes
@pytest.mark.filterwarnings("ignore:The number of unique classes")
@pytest.mark.parametrize(("task_type", "n_classes"), CASES)
@pytest.mark.parametrize("name", installed_learners())
def test_predictions_are_reproducible_also_after_pickling(
    name: str, task_type: TaskType, n_classes: int
) -> None:
    fold = folds_of(make_task(task_type, n_classes))[0]
    learner = get_learner(name)
    expected = predict(learner.fit(quick(name, task_type), task_type, 7, fold), fold, task_type)
    assert expected.shape == ((len(fold.y_test), n_classes) if n_classes else (len(fold.y_test),))
    if n_classes:
        np.testing.assert_allclose(expected.sum(axis=1), 1, rtol=1e-5)
    built = learner.build(quick(name, task_type), task_type, 7).fit(fold.X_train, fold.y_train)
    np.testing.assert_array_equal(predict(built, fold, task_type), expected)
    np.testing.assert_array_equal(predict(pickle.loads(pickle.dumps(built)), fold, task_type), expected)


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("column", ["with missing values", "category"])
@pytest.mark.parametrize("name", installed_learners())
def test_one_column_is_enough(name: str, column: str, task_type: TaskType) -> None:
    task = make_task(task_type, 2)
    alone = Task("narrow", task_type, task.X[[column]], task.y)
    folds = folds_of(alone)[:1]
    trial = evaluate_configuration(Configuration(name, quick(name, task_type)), folds, task_type, seed=0)
    assert trial.status == "ok", trial.error


@pytest.mark.quick(
    "xgboost-labels0",
    "catboost-labels1",
    "lightgbm-labels2",
    "linear-labels0",
    "svm-labels1",
    "random_forest-labels2",
    "hist_gradient_boosting-labels0",
    "gradient_boosting-labels1",
    "extra_trees-labels2",
    "mlp-labels0",
    "k_nearest_neighbours-labels1",
)
@pytest.mark.parametrize("labels", [["yes", "no"], [3, 7, -1], [False, True]])
@pytest.mark.parametrize("name", installed_learners())
def test_labels_of_any_type_and_unseen_categories_are_predicted(name: str, labels: list[Any]) -> None:
    table = make_task("classification", len(labels), n_rows=60).X
    y = np.array(labels)[np.arange(60) % len(labels)]
    pipeline = build_pipeline(
        Configuration(name, quick(name, "classification")), "classification", PreprocessingParameters(), 0
    )
    fitted = clone(pipeline).fit(table, y)
    new = table[:6].assign(category=pd.Categorical(["never seen", None] * 3))
    predicted = fitted.predict(new)
    assert predicted.shape == (6,)
    assert predicted.dtype == y.dtype
    assert set(predicted) <= set(labels)
    np.testing.assert_array_equal(fitted.classes_, np.unique(y))
    if get_learner(name).predicts_most_probable:
        most_probable = fitted.predict_proba(new).argmax(axis=1)
        np.testing.assert_array_equal(fitted.classes_[most_probable], predicted)


# scikit-learn 1.6 says so of an elastic net without L1 penalty
@pytest.mark.filterwarnings("ignore:Objective did not converge")
@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("name", installed_learners())
def test_every_corner_of_the_space_can_be_fitted(
    name: str, task_type: TaskType, hpo_parameters: HpoParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foretune.learners.scaled_mlp.LEAST_LIMIT", 1)
    fold = folds_of(make_task(task_type, 3))[0]
    space = hpo_parameters.spaces[name].of(task_type)
    rng = np.random.default_rng(0)
    # The two ends of each hyperparameter, in every combination that chance gives
    for point in rng.choice([0.0, 0.999999], size=(3, len(space))):
        params = {**configuration_at(point.tolist(), space), **quick(name, task_type)}
        if name == "mlp":
            params |= {"max_iter": 2, "early_stopping": True}
        assert np.isfinite(predict(get_learner(name).fit(params, task_type, 0, fold), fold, task_type)).all()


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("name", installed_learners())
def test_tuned_defaults_can_be_fitted(name: str, task_type: TaskType) -> None:
    fold = folds_of(make_task(task_type, 3))[0]
    learner = get_learner(name)
    axis = learner.nested_axis
    for params in learner.tuned_defaults(task_type):
        assert axis is None or axis.hyperparameter not in params
        fitted = learner.fit({**quick(name, task_type), **params}, task_type, 0, fold)
        assert np.isfinite(predict(fitted, fold, task_type)).all()
