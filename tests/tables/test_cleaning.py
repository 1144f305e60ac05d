import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.base import TEXT, TaskType
from foretune.tables.checks import TaskRejected
from foretune.tables.cleaning import as_category, clean_column, clean_table

UTC_DATES = pd.Series(pd.to_datetime(["1970-01-02 00:00", "1970-01-01 12:00", "NaT"])).dt.tz_localize("UTC")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (pd.Series([1, 2], dtype="int8"), pd.Series([1, 2], dtype="int64")),
        (pd.Series([1, 2**64 - 2**12], dtype="uint64"), pd.Series([1.0, 2.0**64 - 2**12])),
        (pd.Series([1, None], dtype="Int64"), pd.Series([1.0, np.nan])),
        (pd.Series([1, None], dtype="int64[pyarrow]"), pd.Series([1.0, np.nan])),
        (pd.Series([0.5, None], dtype="float32"), pd.Series([0.5, np.nan])),
        (pd.Series([True, False]), pd.Series([1, 0], dtype="int64")),
        (pd.Series([True, None], dtype="boolean"), pd.Series([1.0, np.nan])),
        (pd.Series([True, None], dtype=object), pd.Series([1.0, np.nan])),
        (pd.Series([1, 2.5, None], dtype=object), pd.Series([1.0, 2.5, np.nan])),
        (pd.Series([decimal.Decimal("1.5"), None], dtype=object), pd.Series([1.5, np.nan])),
        (UTC_DATES.dt.tz_localize(None), pd.Series([1.0, 0.5, np.nan])),
        (UTC_DATES, pd.Series([1.0, 0.5, np.nan])),
        (pd.Series(pd.to_timedelta(["36h", None])), pd.Series([1.5, np.nan])),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else None,
)
def test_numbers_booleans_and_dates_become_numbers(raw: pd.Series, expected: pd.Series) -> None:
    pd.testing.assert_series_equal(clean_column(raw), expected)


@pytest.mark.parametrize(
    ("raw", "labels"),
    [
        (pd.Series(["b", "a", None]), ["b", "a", None]),
        (pd.Series(["b", "a", None], dtype="string"), ["b", "a", None]),
        (pd.Series(["10", "9"]), ["10", "9"]),
        (pd.Series(["b", "a", None]).astype("category"), ["b", "a", None]),
        (pd.Series([2, 1, None]).astype("category"), ["2", "1", None]),
        (pd.Series([1.5, "x", None], dtype=object), ["1.5", "x", None]),
        (pd.Series([datetime.date(2020, 1, 1)], dtype=object), ["2020-01-01"]),
    ],
)
def test_everything_else_becomes_a_category_of_text(raw: pd.Series, labels: list[str | None]) -> None:
    cleaned = clean_column(raw)
    assert isinstance(cleaned.dtype, pd.CategoricalDtype)
    assert cleaned.astype(object).where(cleaned.notna(), None).tolist() == labels
    observed = sorted(label for label in labels if label is not None)
    assert list(cleaned.cat.categories) == observed


def test_categories_do_not_depend_on_how_text_is_stored() -> None:
    texts = ["b", "a", None]
    as_object = clean_column(pd.Series(texts, dtype=object))
    for dtype in ("string", TEXT, "category"):
        pd.testing.assert_series_equal(clean_column(pd.Series(texts, dtype=dtype)), as_object)


@given(
    st.lists(st.one_of(st.none(), st.sampled_from(["b", "a", "1", "1.0", "é", ""])), max_size=20),
    st.sampled_from(["string", TEXT, "category"]),
)
def test_a_label_is_the_same_however_its_text_is_stored(texts: list[str | None], dtype: Any) -> None:
    plain = as_category(pd.Series(texts, dtype=object))
    pd.testing.assert_series_equal(as_category(pd.Series(texts, dtype=object).astype(dtype)), plain)


@given(st.lists(st.one_of(st.none(), st.sampled_from([3.0, 1.5, -2.0, 10.0])), min_size=1, max_size=20))
def test_a_label_is_the_same_whether_numbers_are_categories(values: list[float | None]) -> None:
    plain = as_category(pd.Series(values, dtype=object))
    pd.testing.assert_series_equal(as_category(pd.Series(values, dtype="float64").astype("category")), plain)


def test_values_that_only_compare_as_equal_have_labels_of_their_own() -> None:
    cleaned = as_category(pd.Series([1, True, 1.0, "x"], dtype=object))
    assert cleaned.tolist() == ["1", "True", "1", "x"]


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": range(12),
            1: np.linspace(0, 1, 12),
            "target": list("aabbccaabbcc"),
            "label": [*"yyyyynnnnn", "rare", None],
        }
    )


def test_rows_without_target_and_rare_classes_are_dropped(table: pd.DataFrame) -> None:
    clean = clean_table(table, "label", "classification", ["id"], min_class_rows=5)
    assert clean.y.tolist() == [*"yyyyynnnnn"]
    assert list(clean.y.cat.categories) == ["n", "y"]
    assert (clean.n_rows_source, len(clean.X), clean.y.name) == (12, 10, "target")
    assert clean.X.index.equals(pd.RangeIndex(10))


def test_names_become_text_and_a_feature_called_target_is_renamed(table: pd.DataFrame) -> None:
    clean = clean_table(table.assign(target_=0), "label", "classification", ["id"])
    assert list(clean.X.columns) == ["1", "target__", "target_"]


def test_the_raw_table_is_left_alone(table: pd.DataFrame) -> None:
    before = table.copy(deep=True)
    clean_table(table, "label", "classification", ["id"])
    pd.testing.assert_frame_equal(table, before)


def test_class_names_do_not_depend_on_missing_ones() -> None:
    frame = pd.DataFrame({"x": range(6), "y": [0, 1, 0, 1, 0, None]})
    assert list(clean_table(frame, "y", "classification").y.cat.categories) == ["0", "1"]


@pytest.mark.parametrize("values", [[1, 2, 3, 4], [True, False, True, False]])
def test_regression_target_is_float(values: list[int]) -> None:
    y = clean_table(pd.DataFrame({"x": range(4), "y": values}), "y", "regression").y
    assert y.dtype == "float64"
    assert y.tolist() == [float(value) for value in values]


@pytest.mark.parametrize(
    ("changes", "task_type", "drop_columns", "reason"),
    [
        ({"y": ["a"] * 6}, "classification", [], "target 'y' has one class only, 'a'"),
        ({"y": range(6)}, "classification", [], "target 'y' has 0 classes .* regression for a continuous"),
        ({"y": [1] * 6}, "regression", [], "target 'y' is constant"),
        ({"y": [None] * 6}, "regression", [], "0 rows with a target, fewer than 5 folds"),
        ({"y": [1, 2, 3, 4, None, None]}, "regression", [], "4 rows with a target, fewer than 5 folds"),
        ({"y": ["1", "2", "3", "4", "5", "six"]}, "regression", [], "'y' is not numeric .*'six'"),
        ({"y": [1, 2, 3, 4, 5, np.inf]}, "regression", [], "non-finite numbers in the target 'y'"),
        ({"y": [1, 2, 3, 4, 5, -np.inf]}, "classification", [], "non-finite numbers in the target 'y'"),
        ({"x": [1, 2, 3, 4, 5, np.inf]}, "regression", [], "non-finite numbers in columns 'x'"),
        ({"x": [None] * 6}, "regression", [], "columns without a single value: 'x'"),
        ({}, "regression", ["x"], "no feature columns are left"),
        ({}, "regression", ["X"], r"drop_columns names 'X', which is not in the table"),
        ({}, "regression", ["y"], "drop_columns names the target 'y'"),
    ],
)
def test_tables_without_a_task_are_rejected(
    changes: dict[str, Any], task_type: TaskType, drop_columns: list[str], reason: str
) -> None:
    frame = pd.DataFrame({"x": range(6), "y": range(6)}).assign(**changes)
    with pytest.raises(TaskRejected, match=reason):
        clean_table(frame, "y", task_type, drop_columns, min_class_rows=5)


def test_a_column_that_is_all_missing_where_there_is_a_target_is_rejected() -> None:
    frame = pd.DataFrame({"x": [None, None, None, 1.0], "y": [1, 2, 3, None]})
    with pytest.raises(TaskRejected, match="without a single value: 'x'"):
        clean_table(frame, "y", "regression")


def test_names_that_are_equal_as_text_are_rejected() -> None:
    frame = pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=[1, "1", "y"])
    with pytest.raises(TaskRejected, match="duplicate column names '1'"):
        clean_table(frame, "y", "regression")
