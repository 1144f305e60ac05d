from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.dummy import DummyClassifier
from sklearn.metrics import f1_score, fbeta_score, get_scorer, make_scorer, silhouette_score
from sklearn.preprocessing import StandardScaler

from foretune.learners.fit import Response
from foretune.recommendation.search_cv.scoring import (
    METRIC_NAMES,
    SCORE,
    ScorerMeasure,
    ScoringError,
    SearchFold,
    StoredClassifier,
    call_scorer,
    check_scoring_fits,
    choose_scoring,
)

if TYPE_CHECKING:
    from foretune.base.parameters import TaskType

CLASSIFICATION = ("accuracy", "balanced_accuracy", "roc_auc_ovr")
REGRESSION = ("r2", "neg_root_mean_squared_error", "neg_mean_absolute_error")


def _classes(truth: Any, known: Any) -> SearchFold:
    """Make a fold with labels as the user gave them; their codes are places among the known ones."""
    labels = np.array(known)
    rows = np.zeros((len(truth), 1))
    codes = np.searchsorted(labels, truth)
    return SearchFold(rows, codes, rows, codes, rows=rows, truth=np.array(truth), classes=labels)


def _numbers(truth: Any) -> SearchFold:
    values = np.asarray(truth, dtype=np.float64)
    scaler = StandardScaler().fit(np.array([[1.0], [5.0]]))
    rows = np.zeros((len(values), 1))
    return SearchFold(rows, values, rows, values, target_scaler=scaler, rows=rows, truth=values)


def _both(name: str, response: Response, fold: SearchFold, task_type: TaskType) -> tuple[float, float]:
    """Score by the engine's metric and by the scorer alone."""
    scorer = get_scorer(name)
    return (
        ScorerMeasure(scorer, METRIC_NAMES[name])(response, fold, task_type)[SCORE],
        ScorerMeasure(scorer)(response, fold, task_type)[SCORE],
    )


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CLASSIFICATION), st.integers(2, 4), st.integers(0, 1000), st.booleans())
def test_a_known_metric_of_classes_is_what_the_scorer_says(
    name: str, n_classes: int, seed: int, tells_labels: bool
) -> None:
    rng = np.random.default_rng(seed)
    labels = ["a", "b", "c", "d"][:n_classes]
    truth = [*labels, *rng.choice(labels, 12)]
    output = rng.dirichlet(np.ones(n_classes), len(truth))
    codes = rng.integers(0, n_classes, len(truth)) if tells_labels else None
    found, expected = _both(name, Response(output, codes), _classes(truth, labels), "classification")
    assert found == pytest.approx(expected, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(REGRESSION), st.integers(2, 20), st.integers(0, 1000))
def test_a_known_metric_of_numbers_is_what_the_scorer_says(name: str, n_rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    fold = _numbers(rng.normal(size=n_rows) * 100)
    found, expected = _both(name, Response(rng.normal(size=n_rows)), fold, "regression")
    assert found == pytest.approx(expected, rel=1e-10)


def test_a_class_that_training_never_saw_is_a_miss() -> None:
    # Its place among the known classes is that of "b": only the scorer knows that it is none
    fold = _classes(["a", "b", "aa"], ["a", "b"])
    response = Response(np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
    found, expected = _both("accuracy", response, fold, "classification")
    assert found == expected == pytest.approx(2 / 3)


def test_where_a_metric_is_undefined_the_scorer_says_what_it_makes_of_it() -> None:
    fold = _numbers([3.0, 3.0])
    found, expected = _both("r2", Response(np.array([0.0, 0.5])), fold, "regression")
    assert found == expected == 0.0


@pytest.mark.parametrize(
    ("scoring", "task_type", "remembered", "metric"),
    [
        (None, "classification", "balanced_accuracy", "balanced_accuracy"),
        (None, "regression", None, "r2"),
        ("neg_mean_absolute_error", "regression", "r2", "mae"),
        ("f1_macro", "classification", "balanced_accuracy", None),
        (get_scorer("accuracy"), "classification", "balanced_accuracy", None),
    ],
)
def test_only_named_scorers_are_known(
    scoring: Any, task_type: TaskType, remembered: str | None, metric: str | None
) -> None:
    assert choose_scoring(scoring, task_type, remembered).metric == metric


@pytest.mark.parametrize("kind", [list, np.array, pd.DataFrame, csr_array])
def test_a_stored_classifier_answers_for_as_many_rows_as_its_fold_has(kind: Any) -> None:
    stored = StoredClassifier(Response(np.eye(2)), _classes(["a", "b"], ["a", "b"]))
    assert stored.predict(kind([[1.0], [2.0]])).tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="predictions of other rows"):
        stored.predict(kind([[1.0], [2.0], [3.0]]))


def _users_metric(truth: Any, predicted: Any) -> float:
    return float(np.mean(truth == predicted))


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        (f1_score, r"f1_score looks like it is a metric function rather than a scorer\. .*`make_scorer`"),
        (partial(f1_score, average="macro"), "looks like it is a metric function"),
        (silhouette_score, "silhouette_score looks like it is a metric function"),
        (lambda y_true, y_pred, sample_weight=None: 0.0, "looks like it is a metric function"),
        (_users_metric, r"_users_metric cannot be called as scorer\(estimator, X, y\): too many"),
    ],
)
def test_a_metric_is_refused_in_scikit_learns_words(scoring: Any, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        choose_scoring(scoring, "classification", None)


@pytest.mark.parametrize("score", [0.5, np.float32(0.5), np.array(0.5), np.array([0.5]), Fraction(1, 2)])
def test_a_scorer_gives_one_number(score: Any) -> None:
    assert call_scorer(lambda *_: score, None, None, None) == {SCORE: 0.5}
    assert call_scorer(lambda *_: {"a": score}, None, None, None) == {"a": 0.5}


@pytest.mark.parametrize("score", ["0.5", None, np.ones(2), [0.5], 1j])
def test_what_is_no_number_is_no_score(score: Any) -> None:
    with pytest.raises(ScoringError, match="scoring must give one number, got "):
        call_scorer(lambda *_: score, None, None, None)


@pytest.mark.parametrize(
    ("scores", "message"),
    [({"a": "x"}, "one number for 'a', got str"), ({}, "that is empty"), ({1: 0.5}, "keys are no texts")],
)
def test_what_is_no_number_by_name_is_no_score(scores: Any, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        call_scorer(lambda *_: scores, None, None, None)


def test_a_scorer_of_the_other_task_type_is_refused_before_any_trial() -> None:
    texts, values = np.array(["a", "b"]), np.array([0.5, 1.5])
    with pytest.raises(ScoringError, match="r2_score needs numbers, but the target has classes such as 'a'"):
        check_scoring_fits(get_scorer("r2"), "classification", texts)
    with pytest.raises(ScoringError, match="accuracy_score compares classes, but the target has values"):
        check_scoring_fits(get_scorer("accuracy"), "regression", values)


@pytest.mark.parametrize(
    ("scorer", "classes", "message"),
    [
        ("roc_auc", ["a", "b", "c"], "roc_auc_score is for two classes, but the target has 3.*'roc_auc_ovr'"),
        ("f1", [0, 1, 2], "f1_score is for two classes, but the target has 3: give a mean .* 'f1_macro'"),
        ("recall", ["a", "b", "c"], "recall_score is for two classes, .* 'recall_macro'"),
        (make_scorer(fbeta_score, beta=2), [0, 1, 2], "fbeta_score is for two classes, .* 'f1_macro'"),
        (
            "f1",
            ["no", "yes"],
            r"the class 1, but .* 'no', 'yes': give make_scorer\(f1_score, pos_label='yes'\)",
        ),
    ],
)
def test_a_scorer_of_two_classes_is_refused_before_any_trial(
    scorer: Any, classes: list[Any], message: str
) -> None:
    target, chosen = np.array(classes * 10), get_scorer(scorer) if isinstance(scorer, str) else scorer
    with pytest.raises(ScoringError, match=message):
        check_scoring_fits(chosen, "classification", target)
    # No trial would have worked: the library refuses it too
    with pytest.raises(ValueError, match=r"multi_class|multiclass|pos_label"):
        chosen(DummyClassifier().fit(np.zeros((len(target), 1)), target), np.zeros((len(target), 1)), target)


@pytest.mark.parametrize(
    ("scorer", "classes"),
    [
        ("roc_auc", ["a", "b"]),
        ("roc_auc_ovr", ["a", "b", "c"]),
        ("f1", [0, 1]),
        ("f1", [False, True]),
        ("f1_macro", ["a", "b", "c"]),
        ("average_precision", ["a", "b", "c"]),
        (make_scorer(f1_score, pos_label="b"), ["a", "b"]),
        (make_scorer(f1_score, average="weighted"), ["a", "b", "c"]),
    ],
)
def test_a_scorer_that_takes_the_classes_is_not_refused(scorer: Any, classes: list[Any]) -> None:
    target, chosen = np.array(classes * 10), get_scorer(scorer) if isinstance(scorer, str) else scorer
    check_scoring_fits(chosen, "classification", target)
    X = np.zeros((len(target), 1))
    assert np.isfinite(
        chosen(DummyClassifier(strategy="stratified", random_state=0).fit(X, target), X, target)
    )


def test_what_a_scorer_can_compute_is_not_refused() -> None:
    check_scoring_fits(get_scorer("r2"), "classification", np.array([0, 1]))
    check_scoring_fits(get_scorer("roc_auc"), "regression", np.array([0.0, 1.0]))
    check_scoring_fits(lambda estimator, X, y: 0.0, "regression", np.array([0.0, 1.0]))


def test_the_area_of_two_classes_is_the_metric_of_the_memory() -> None:
    chosen = choose_scoring("roc_auc", "classification", "roc_auc_ovr")
    assert chosen.knows_metric
    assert chosen.name == "roc_auc"
    assert not choose_scoring("roc_auc", "classification", "log_loss").knows_metric
    assert not choose_scoring("roc_auc_ovo", "classification", "roc_auc_ovr").knows_metric
