from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from foretune import MetaSearchCV
from foretune.recommendation.search_cv.target import as_given, as_known, check_target


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (["a", "b", "a"], "classification"),
        ([True, False], "classification"),
        (np.array([1, 2, 1, 2], dtype=object), "classification"),
        (pd.Series([0.5, 1.5]), "regression"),
        (np.arange(10), "regression"),
    ],
)
def test_labels_stay_as_they_are_and_values_are_floats(y: Any, expected: str) -> None:
    values, answer = check_target(y, None)
    assert answer.task_type == expected
    assert values.tolist() == list(y)
    if expected == "regression":
        assert values.dtype == np.float64


@pytest.mark.parametrize(
    ("y", "task_type", "message"),
    [
        (None, None, "requires y to be passed, but the target y is None"),
        ([1.0, np.nan, None], None, "Input y contains NaN: 2 of 3 rows, leave them out"),
        ([1.0, np.inf], "regression", "Input y contains infinity"),
        ([0.5, 1.5], "classification", "Unknown label type: continuous"),
        (["red", "blue"], "regression", "regression target 'y' is not numeric .*'blue'"),
        (np.zeros((3, 2)), None, "y should be a 1d array"),
        (
            np.ones(3) + 1j,
            None,
            "Complex data not supported: give a y of real numbers, or of texts for classes$",
        ),
        (
            pd.Series([(1, 2), (3,)]),
            None,
            r"y holds tuple cells, such as \(1, 2\): give a number or text a row$",
        ),
    ],
)
def test_what_is_no_target_is_refused(y: Any, task_type: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_target(y, task_type)


INDEX = ["x", "y", "z"]


@pytest.mark.parametrize(
    "y",
    [
        pd.Series([1, 2, 3], index=INDEX, name="price"),
        pd.Series([1, 2, 3], dtype="Int64", index=INDEX),
        pd.Series([1.5, 2.5, 3.5], dtype="float32"),
        np.array([1, 2, 3]),
    ],
    ids=["ints", "nullable", "float32", "array"],
)
def test_a_scorer_gets_the_users_own_target(y: Any) -> None:
    assert as_given(y, np.asarray(y, dtype=float), "regression") is y
    labels = pd.Series(["a", "b", "a"], index=INDEX, dtype="category")
    assert as_given(labels, np.asarray(labels), "classification") is labels


def test_what_holds_no_numbers_is_given_as_numbers() -> None:
    values = np.array([1.0, 2.0, 3.0])
    written = pd.Series([Decimal(1), Decimal(2), Decimal(3)], index=INDEX, name="price")
    given = as_given(written, values, "regression")
    pd.testing.assert_series_equal(given, pd.Series(values, index=INDEX, name="price"))
    assert as_given(written.to_numpy(), values, "regression") is values
    assert as_given([1, 2, 3], values, "regression") is values


def test_a_single_column_is_given_as_a_series() -> None:
    values = np.array([1.0, 2.0, 3.0])
    frame = pd.DataFrame({"price": [1, 2, 3]}, index=INDEX)
    pd.testing.assert_series_equal(as_given(frame, values, "regression"), frame["price"])
    assert as_given(values[:, None], values, "regression").shape == (3,)


def test_categories_are_classes() -> None:
    _, answer = check_target(pd.Series([*range(30)] * 3, dtype="category"), None)
    assert answer.task_type == "classification"


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ([Decimal(0), Decimal("1.0")], [0, 1]),
        ([Fraction(1), Fraction(2)], [1, 2]),
        (pd.Series([Decimal(0), Decimal(1)], dtype=pd.ArrowDtype(pa.decimal128(3, 1))), [0, 1]),
        (pd.Series([Decimal(0), Decimal(1)]).astype("category"), [0, 1]),
        (pd.Series([2**70, 2**70 + 1], dtype=object), [str(2**70), str(2**70 + 1)]),
        (pd.Series([1, "a"]), ["1", "a"]),
        (pd.Series([True, "no"]), ["True", "no"]),
        (np.array([b"a", b"b"]), ["a", "b"]),
        (pd.cut(pd.Series([1.0, 9.0]), [0, 5, 10]), ["(0, 5]", "(5, 10]"]),
        (pd.Series(pd.interval_range(0, 2)), ["(0, 1]", "(1, 2]"]),
        (pd.Series([UUID(int=1), UUID(int=2)]), [str(UUID(int=1)), str(UUID(int=2))]),
    ],
)
def test_objects_are_classes_by_the_numbers_or_texts_they_stand_for(y: Any, classes: list[Any]) -> None:
    many = pd.concat([pd.Series(y)] * 4)
    labels, answer = check_target(many, None)
    assert answer.task_type == "classification"
    assert np.unique(labels).tolist() == classes
    are_texts = isinstance(classes[0], str)
    assert [f"such as '{classes[0]}'" in one for one in answer.remarks] == ([True] if are_texts else [])
    given = as_given(many, labels, "classification")
    assert given.tolist() == labels.tolist()
    assert given.index.equals(many.index)


@pytest.mark.parametrize(
    ("labels", "classes", "expected"),
    [
        ([1, 1], ["1", "a"], ["1", "1"]),
        (["1", "0"], [0, 1], [1, 0]),
        ([1.0, 0.0], [0, 1], [1, 0]),
        ([1, 0], [False, True], [True, False]),
        (["True", "False"], [False, True], [True, False]),
        (["a", "c"], ["a", "b"], ["a", "c"]),
        ([7, 1], ["1", "a"], ["7", "1"]),
        ([0, 7], [0, 1], [0, 7]),
        (["7", "1"], [0, 1], ["7", 1]),
    ],
)
def test_labels_of_new_rows_are_the_classes_that_they_write(
    labels: list[Any], classes: list[Any], expected: list[Any]
) -> None:
    as_array = [np.array(one, dtype=object if isinstance(one[0], str) else None) for one in (labels, classes)]
    found = as_known(*as_array)
    assert found.tolist() == expected


def test_classes_that_are_alike_are_told_apart() -> None:
    classes = np.array(["1", "1.0"], dtype=object)
    assert as_known(np.array([1, 1]), classes).tolist() == [1, 1]


def test_a_search_predicts_and_scores_bins_and_decimals() -> None:
    X = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60) % 7})
    for y in (pd.cut(X["a"], 3), (X["a"] > 20).astype(int).map(Decimal)):
        search = MetaSearchCV("linear", n_trials=1, random_state=0).fit(X, y)
        assert set(search.predict(X)) <= set(search.classes_)
        assert search.score(X, y) > 0.9
        assert search.score(X, y.astype(str)) > 0.9


def test_notes_call_the_target_by_its_name() -> None:
    prices = pd.Series([f"${at},703" for at in range(1, 60)], name="price")
    values, answer = check_target(prices, None)
    assert values[0] == 1703
    assert any("texts are read as numbers" in one and "'price'" in one for one in answer.remarks)
    assert any(
        "the target 'stars'" in one
        for one in check_target(pd.Series([1, 2, 3, 4, 5] * 9, name="stars"), None)[1].notes
    )
