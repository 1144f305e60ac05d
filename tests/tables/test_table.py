import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from foretune.base.parameters import TaskType
from foretune.tables.checks import TableError
from foretune.tables.table import Table, as_frame

N = 30
NUMBERS = np.arange(float(N))
CLASSES = np.arange(N) % 2


def test_any_columns_become_numbers_times_and_categories() -> None:
    X = pd.DataFrame(
        {
            0: NUMBERS,
            "text": ["a", "b", None] * 10,
            "when": pd.date_range("2024-01-01", periods=N),
            "yes": CLASSES == 1,
            "kind": pd.Categorical(["x", "y"] * 15),
            "target": NUMBERS[::-1],
        },
        index=range(100, 100 + N),
    )
    table = Table.read(X, CLASSES)
    assert list(table.X.columns) == ["0", "text", "when", "yes", "kind", "target", "when.day_of_week"]
    assert table.kinds == ("number", "nominal", "time", "boolean", "nominal", "number", "number")
    assert (table.task_type, table.n_rows, table.n_rows_given, table.notes) == ("classification", N, N, ())
    assert table.X.index.equals(pd.RangeIndex(N))
    assert table.y.dtype == "category"


def test_what_is_left_out_is_noted_and_where_the_rest_stood_is_known() -> None:
    y = pd.Series(CLASSES.astype(float))
    y[[0, 2, 4, 6]] = np.nan
    y[29] = -1
    table = Table.read(pd.DataFrame({"a": NUMBERS, "b": np.nan}), y)
    assert list(table.X) == ["a"]
    assert table.X["a"].tolist() == table.rows.tolist() == [1, 3, 5, *range(7, N)]
    assert (table.n_rows, table.n_rows_given) == (N - 4, N)
    # A class of a single row stays
    assert table.y.value_counts().tolist() == [14, 11, 1]
    assert table.notes == (
        "4 of 30 rows have no target and are left out",
        "the 3 whole numbers of the target 'y' are read as classes; task_type='regression' predicts them as "
        "quantities, such as counts or ratings",
        "columns without a single value are left out: 'b'",
    )


def test_a_large_table_is_sampled_over_its_classes() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5_000, 3)), (rng.random(5_000) < 0.02).astype(int)
    one, again = (Table.read(X, y, max_rows=200) for _ in range(2))
    pd.testing.assert_frame_equal(one.X, again.X)
    assert (one.n_rows, len(one.y)) == (5_000, 200)
    assert one.y.value_counts().min() >= 2
    np.testing.assert_array_equal(one.X, X[one.rows])
    assert one.notes == ("200 of 5,000 rows are looked at, spread over classes",)
    assert Table.read(X, y, max_rows=200, seed=1).rows.tolist() != one.rows.tolist()


class Polars:
    """A table of another library."""

    def to_pandas(self) -> pd.DataFrame:
        return pd.DataFrame({1: [1, 2]})


def test_tables_of_other_libraries_and_arrays_are_frames() -> None:
    assert list(as_frame(Polars()).columns) == ["1"]
    mixed = as_frame(np.array([[1.5, "a"], [2.5, "b"]], dtype=object))
    assert list(mixed.columns) == ["x0", "x1"]
    assert mixed["x0"].dtype == float


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (NUMBERS[:, None], CLASSES[:-1], "X has 30 rows but y has 29"),
        (NUMBERS, CLASSES, "X must have two dimensions"),
        (np.zeros((N, 2, 2)), CLASSES, "X must have two dimensions"),
        (sparse.csr_matrix(NUMBERS[:, None]), CLASSES, "X is sparse"),
        (NUMBERS[:, None], np.zeros((N, 2)), "y must have one dimension"),
        (NUMBERS[:, None], [[1, 2], [3]] * (N // 2), "y has rows of several lengths"),
        (NUMBERS[:, None], np.where(NUMBERS == 3, np.inf, NUMBERS), "non-finite numbers in the target 'y'"),
    ],
)
def test_what_is_no_table_is_one_line(X: Any, y: Any, message: str) -> None:
    with pytest.raises(TableError, match=message):
        Table.read(X, y)


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
    clean = Table.from_frame(table, "label", "classification", ["id"], min_class_rows=5)
    assert clean.y.tolist() == [*"yyyyynnnnn"]
    assert list(clean.y.cat.categories) == ["n", "y"]
    assert (clean.n_rows_given, len(clean.X), clean.y.name) == (12, 10, "target")
    assert clean.X.index.equals(pd.RangeIndex(10))


def test_names_become_text_and_a_feature_called_target_is_renamed(table: pd.DataFrame) -> None:
    clean = Table.from_frame(table.assign(target_=range(12)), "label", "classification", ["id"])
    assert list(clean.X.columns) == ["1", "target__", "target_"]


def test_the_raw_table_is_left_alone(table: pd.DataFrame) -> None:
    before = table.copy(deep=True)
    Table.from_frame(table, "label", "classification", ["id"])
    pd.testing.assert_frame_equal(table, before)


def test_class_names_do_not_depend_on_missing_ones() -> None:
    frame = pd.DataFrame({"x": range(6), "y": [0, 1, 0, 1, 0, None]})
    assert list(Table.from_frame(frame, "y", "classification").y.cat.categories) == ["0", "1"]


@pytest.mark.parametrize("values", [[1, 2, 3, 4], [True, False, True, False]])
def test_regression_target_is_float(values: list[int]) -> None:
    y = Table.from_frame(pd.DataFrame({"x": range(4), "y": values}), "y", "regression").y
    assert y.dtype == "float64"
    assert y.tolist() == [float(value) for value in values]


@pytest.mark.parametrize(
    ("changes", "task_type", "drop_columns", "reason"),
    [
        ({"y": ["a"] * 6}, "classification", [], "target 'y' has one class only, 'a'"),
        (
            {"y": range(6)},
            "classification",
            [],
            "the 6 values of target 'y' all differ.* regression for numbers",
        ),
        ({"y": [*"abcdef"]}, "classification", [], "all differ, .*: choose a target whose values repeat$"),
        ({"y": [0, 1, 2] * 2}, "classification", [], "target 'y' has 0 classes of .*, lower n_folds, or use"),
        ({"y": [1, 2, 3, 4, 5, 1e200]}, "regression", [], "'y' has numbers of up to 1e[+]200, whose squares"),
        ({"x": [1, 2, 3, 4, 5, -1e200]}, "regression", [], "numbers beyond 1e[+]150 in columns 'x', whose"),
        ({"y": [1] * 6}, "regression", [], "target 'y' is constant"),
        ({"y": [None] * 6}, "regression", [], "0 rows with a target, fewer than 5 folds"),
        ({"y": [1, 2, 3, 4, None, None]}, "regression", [], "4 rows with a target, fewer than 5 folds"),
        ({"y": ["1", "2", "3", "4", "5", "six"]}, "regression", [], "'y' is not numeric .*'six'"),
        ({"y": [1, 2, 3, 4, 5, np.inf]}, "regression", [], "non-finite numbers in the target 'y'"),
        ({"y": [1, 2, 3, 4, 5, -np.inf]}, "classification", [], "non-finite numbers in the target 'y'"),
        ({"x": [1, 2, 3, 4, 5, np.inf]}, "regression", [], "non-finite numbers in columns 'x'"),
        ({"x": [None] * 6}, "regression", [], "no feature has a value"),
        ({}, "regression", ["x"], "no feature columns are left"),
        ({}, "regression", ["X"], r"drop_columns names 'X', which is not in the table"),
        ({}, "regression", ["y"], "drop_columns names the target 'y'"),
    ],
)
def test_tables_without_a_task_are_rejected(
    changes: dict[str, Any], task_type: TaskType, drop_columns: list[str], reason: str
) -> None:
    frame = pd.DataFrame({"x": range(6), "y": range(6)}).assign(**changes)
    with pytest.raises(TableError, match=reason):
        Table.from_frame(frame, "y", task_type, drop_columns, min_class_rows=5)


def test_a_column_without_a_value_where_there_is_a_target_is_no_feature() -> None:
    frame = pd.DataFrame({"x": [None, None, None, 1.0], "y": [1, 2, 3, None]})
    with pytest.raises(TableError, match="no feature has a value"):
        Table.from_frame(frame, "y", "regression")


def test_names_that_are_equal_as_text_are_rejected() -> None:
    frame = pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=[1, "1", "y"])
    with pytest.raises(TableError, match="duplicate column names '1'"):
        Table.from_frame(frame, "y", "regression")


CELLS = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["?", "NA", "1,5", "$3", "2024-01-05", "05.02.2023", "True", "12 %", "00501", "1:30"]),
    st.integers(),
    st.floats(),
    st.booleans(),
    # A signalling NaN stops pandas itself
    st.decimals(allow_nan=False),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(datetime.UTC)),
    st.timedeltas(),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
)
RAW_COLUMNS = st.lists(CELLS, min_size=12, max_size=12) | st.builds(lambda cell: [cell] * 12, CELLS)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.lists(RAW_COLUMNS, min_size=1, max_size=4), RAW_COLUMNS)
def test_any_table_is_read_or_refused_in_one_line(columns: list[list[Any]], target: list[Any]) -> None:
    frame = pd.DataFrame({str(at): pd.Series(cells, dtype=object) for at, cells in enumerate(columns)})
    try:
        table = Table.read(frame, pd.Series(target, dtype=object))
    except TableError as error:
        message = str(error)
    else:
        message = ""
        _check_read(frame, table)
    assert "\n" not in message
    assert len(message) <= 500


def _check_read(frame: pd.DataFrame, table: Table) -> None:
    assert len(table.X) == len(table.y)
    assert table.y.notna().all()
    assert {one.kind for one in table.X.dtypes} <= set("ifmMO")
    # The same rows are read again
    again = table.format.read(frame.iloc[table.rows].reset_index(drop=True))
    assert again.columns.tolist() == table.X.columns.tolist()


def test_a_dictionary_of_arrow_is_an_encoding_and_a_category_of_pandas_a_statement() -> None:
    codes = pd.Series(["1", "2", "10"] * 10)
    frame = pd.DataFrame({"said": codes.astype("category"), "text": codes})
    table = pa.Table.from_pandas(frame)
    encoded = table.set_column(1, "text", table["text"].combine_chunks().dictionary_encode())
    read = Table.read(encoded, [0, 1] * 15)
    assert read.kinds == ("nominal", "number")
    assert Table.read(frame, [0, 1] * 15).kinds == read.kinds
    assert Table.read(encoded.replace_schema_metadata(None), [0, 1] * 15).kinds == ("number", "number")


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", object])
def test_masked_cells_are_missing(dtype: Any) -> None:
    mask = np.zeros((30, 2), dtype=bool)
    mask[3, 0] = True
    X = np.ma.MaskedArray(np.arange(60).reshape(30, 2) % 7, mask).astype(dtype)
    y = np.ma.MaskedArray(np.arange(30.0), np.arange(30) == 5)
    table = Table.read(X, y)
    assert table.y.tolist() == [float(at) for at in range(30) if at != 5]
    assert table.X["x0"].isna().to_numpy().nonzero()[0].tolist() == [3]
    assert table.X["x1"].notna().all()
