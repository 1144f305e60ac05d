"""Scores of a search compared with ``cross_val_score`` of the same pipeline: scorers, splitters, learners."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, fbeta_score, get_scorer, get_scorer_names, make_scorer
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    LeavePGroupsOut,
    LeavePOut,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    cross_val_score,
)

from foretune import MetaSearchCV
from foretune.base.errors import UserError
from foretune.recommendation.search_cv.scoring import ScoringError, asks_for_predictions_only

pytestmark = pytest.mark.filterwarnings("ignore")

LEARNERS = ["k_nearest_neighbours", "random_forest", "svm", "xgboost"]
RNG = np.random.default_rng(0)
N_ROWS = 66
X = pd.DataFrame(
    {
        "size": RNG.lognormal(size=N_ROWS),
        "colour": RNG.choice(["red", "green", "blue"], N_ROWS),
        "age": RNG.integers(1, 90, N_ROWS),
    },
    index=[f"row{at}" for at in range(N_ROWS)],
)
SIGNAL = np.log(X["size"]) + (X["colour"] == "red") + RNG.normal(size=N_ROWS) / 3
TARGETS = {
    "binary": (SIGNAL > 0).astype(int).rename("good"),
    "classes": pd.cut(SIGNAL, 3, labels=["a", "b", "c"]).astype(str),
    "numbers": (10 + np.exp(SIGNAL)).rename("price"),
}
GROUPS = np.arange(N_ROWS) % 6


def compare(target: str, learner: str, memory: str, scoring: Any, cv: Any, groups: Any = None) -> Any:
    """Compare the fold scores of a search's best trial with scikit-learn's for the same pipeline."""
    y = TARGETS[target]
    task_type: Any = "regression" if target == "numbers" else "classification"
    search = MetaSearchCV(
        learner, 1, scoring=scoring, cv=cv, memory=memory, random_state=0, task_type=task_type
    ).fit(X, y, groups=groups)
    expected = cross_val_score(
        clone(search.best_estimator_), X, y, scoring=scoring, cv=cv, groups=groups, error_score="raise"
    )
    found = [search.cv_results_[f"split{at}_test_score"][search.best_index_] for at in range(len(expected))]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    assert search.best_score_ == pytest.approx(expected.mean(), rel=1e-6)
    return search


def cannot_score(target: str, scoring: str, cv: Any) -> bool:
    model = LinearRegression() if target == "numbers" else LogisticRegression()
    scores = cross_val_score(model, X[["size", "age"]], TARGETS[target], scoring=scoring, cv=cv)
    return bool(np.isnan(scores).any())


def _compare_named(target: str, name: str, memory: str) -> None:
    cv = StratifiedKFold(3, shuffle=True, random_state=0) if target != "numbers" else KFold(3)
    learner = LEARNERS[sorted(get_scorer_names()).index(name) % len(LEARNERS)]
    try:
        compare(target, learner, memory, name, cv)
    except UserError as error:
        # Or refused before any trial
        assert "all 1 trials failed" in str(error) or isinstance(error, ScoringError)  # noqa: PT017
        assert cannot_score(target, name, cv)


@pytest.mark.quick("binary-roc_auc", "classes-f1", "numbers-neg_mean_squared_log_error")
@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("binary", "roc_auc"),
        ("binary", "f1"),
        ("classes", "neg_log_loss"),
        ("classes", "f1"),
        ("numbers", "neg_mean_squared_log_error"),
        ("numbers", "d2_absolute_error_score"),
    ],
)
def test_a_named_score_is_that_of_cross_val_score(target: str, name: str, memory_folder: Path) -> None:
    _compare_named(target, name, str(memory_folder))


@pytest.mark.thorough
@pytest.mark.parametrize("target", list(TARGETS))
@pytest.mark.parametrize("name", sorted(get_scorer_names()))
def test_every_named_score_is_that_of_cross_val_score(target: str, name: str, memory_folder: Path) -> None:
    _compare_named(target, name, str(memory_folder))


COST = pd.Series(np.linspace(1, 5, N_ROWS), index=X.index)


def _weighted_by_index(estimator: Any, X: Any, y: Any) -> float:
    return float(accuracy_score(y, estimator.predict(X), sample_weight=COST.loc[y.index]))


def _mean_error(estimator: Any, X: Any, y: Any) -> float:
    return -float((y - estimator.predict(X)).abs().mean())


def _worst_group(estimator: Any, X: Any, y: Any) -> float:
    return float((y == estimator.predict(X)).groupby(X["colour"]).mean().min())


def _in_order(estimator: Any, X: Any, y: Any) -> float:
    order = np.argsort(X["size"].to_numpy())
    hits = np.asarray(y)[order] == estimator.predict(X.iloc[order])
    return float(np.average(hits, weights=np.arange(1, len(hits) + 1)))


def _of_some_rows(estimator: Any, X: Any, y: Any) -> float:
    return float(accuracy_score(y[X["age"] > 30], estimator.predict(X[X["age"] > 30])))


def _under_change(estimator: Any, X: Any, y: Any) -> float:
    return float(accuracy_score(y, estimator.predict(X.assign(size=X["size"] * 3))))


def _looks_inside(estimator: Any, X: Any, y: Any) -> float:
    return float(estimator[:-1].transform(X).sum() + len(estimator.classes_) + estimator.score(X, y))


def _own_metric(y_true: Any, y_pred: Any) -> float:
    return float((y_true == y_pred)[y_true.index != "row1"].mean())


CALLABLES: list[tuple[str, Any]] = [
    ("binary", _weighted_by_index),
    ("classes", _weighted_by_index),
    ("binary", _mean_error),
    ("numbers", _mean_error),
    ("classes", _worst_group),
    ("binary", _in_order),
    ("classes", _in_order),
    ("binary", _of_some_rows),
    ("classes", _under_change),
    ("classes", _looks_inside),
    ("classes", make_scorer(_own_metric)),
    ("binary", make_scorer(fbeta_score, beta=2)),
    ("numbers", get_scorer("neg_mean_absolute_error")),
    ("classes", make_scorer(accuracy_score, greater_is_better=False)),
]


@pytest.mark.parametrize(("target", "scorer"), CALLABLES[::4])
def test_a_callable_gets_the_fitted_pipeline_and_the_users_rows(
    target: str, scorer: Any, memory_folder: Path
) -> None:
    compare(
        target, "k_nearest_neighbours", str(memory_folder), scorer, KFold(3, shuffle=True, random_state=0)
    )


@pytest.mark.thorough
@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize(("target", "scorer"), CALLABLES)
def test_every_callable_gets_the_fitted_pipeline_and_the_users_rows(
    learner: str, target: str, scorer: Any, memory_folder: Path
) -> None:
    compare(target, learner, str(memory_folder), scorer, KFold(3, shuffle=True, random_state=0))


def test_only_scikit_learns_own_metrics_are_scored_from_stored_predictions() -> None:
    assert all(asks_for_predictions_only(get_scorer(name)) for name in ("accuracy", "r2", "roc_auc"))
    assert asks_for_predictions_only(make_scorer(fbeta_score, beta=2))
    own = [_in_order, make_scorer(_own_metric), lambda estimator, X, y: 0.5]
    assert not any(asks_for_predictions_only(one) for one in own)


PLAIN = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, TARGETS["binary"]))
REPEATED = {
    "oversampled": [(np.r_[train, np.repeat(train[::3], 4)], test) for train, test in PLAIN],
    "bootstrap": [(RNG.choice(train, 60), test) for train, test in PLAIN],
    "test rows twice": [(train, np.r_[test, test[:9]]) for train, test in PLAIN],
    "in another order": [(RNG.permutation(train), RNG.permutation(test)) for train, test in PLAIN],
}
SPLITTERS: dict[str, Any] = REPEATED | {
    "number": 4,
    "KFold": KFold(4),
    "shuffled KFold": KFold(3, shuffle=True, random_state=1),
    "StratifiedKFold": StratifiedKFold(3),
    "RepeatedKFold": RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
    "RepeatedStratifiedKFold": RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
    "ShuffleSplit": ShuffleSplit(3, random_state=0),
    "StratifiedShuffleSplit": StratifiedShuffleSplit(3, random_state=0),
    "GroupKFold": GroupKFold(3),
    "StratifiedGroupKFold": StratifiedGroupKFold(2),
    "GroupShuffleSplit": GroupShuffleSplit(3, random_state=0),
    "LeaveOneGroupOut": LeaveOneGroupOut(),
    "LeavePGroupsOut": LeavePGroupsOut(2),
    "PredefinedSplit": PredefinedSplit(np.arange(N_ROWS) % 4 - 1),
    "TimeSeriesSplit": TimeSeriesSplit(3),
    "lists": [(train.tolist(), test.tolist()) for train, test in PLAIN],
}


def _compare_splits(name: str, learner: str, scoring: Any, memory: str) -> None:
    groups = GROUPS if "Group" in name else None
    compare("binary", learner, memory, scoring, SPLITTERS[name], groups)


@pytest.mark.quick("oversampled")
@pytest.mark.parametrize("name", ["oversampled", "test rows twice", "in another order", "GroupKFold"])
def test_splits_are_scored_as_scikit_learn_does(name: str, memory_folder: Path) -> None:
    _compare_splits(name, "random_forest", "neg_brier_score", str(memory_folder))


@pytest.mark.thorough
@pytest.mark.parametrize("scoring", ["accuracy", _in_order], ids=["named", "callable"])
@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("name", list(SPLITTERS))
def test_all_splits_are_scored_as_scikit_learn_does(
    name: str, learner: str, scoring: Any, memory_folder: Path
) -> None:
    _compare_splits(name, learner, scoring, str(memory_folder))


@pytest.mark.thorough
@pytest.mark.parametrize("cv", [LeaveOneOut(), LeavePOut(2)], ids=str)
def test_rows_left_out_one_by_one(cv: Any, memory_folder: Path) -> None:
    rows = np.arange(12) * 5
    search = MetaSearchCV(
        "k_nearest_neighbours", 1, scoring="accuracy", cv=cv, memory=str(memory_folder), random_state=0
    ).fit(X.iloc[rows], TARGETS["binary"].iloc[rows])
    expected = cross_val_score(
        clone(search.best_estimator_), X.iloc[rows], TARGETS["binary"].iloc[rows], cv=cv, scoring="accuracy"
    )
    assert search.best_score_ == pytest.approx(expected.mean())


@pytest.mark.quick("default")
@pytest.mark.parametrize("scoring", [None, _mean_error], ids=["default", "callable"])
def test_an_offset_of_the_target_changes_no_score(scoring: Any, memory_folder: Path) -> None:
    y = TARGETS["numbers"]
    plain, far = (
        MetaSearchCV("xgboost", 2, scoring=scoring, memory=str(memory_folder), random_state=0).fit(X, values)
        for values in (y, y + 1.7e9)
    )
    assert far.best_score_ == pytest.approx(plain.best_score_, abs=2e-3)
    assert far.predict(X).dtype == np.float64
    np.testing.assert_allclose(far.predict(X) - 1.7e9, plain.predict(X), atol=1e-2)


def test_a_sample_keeps_repeats_and_leaves_out_splits_without_its_rows(memory_folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = MetaSearchCV(
            "k_nearest_neighbours", 1, cv=LeaveOneOut(), memory=str(memory_folder), max_rows=30,
            scoring="accuracy", random_state=0,
        ).fit(X, TARGETS["binary"])  # fmt: skip
    assert search.n_splits_ == 30
