import datetime as dt
import decimal
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.base import RecommendationWarning
from foretune.tables.checks import TableError, check_finite
from foretune.tables.column_formats import (
    ColumnFormat,
    infer_formats,
    infer_target_format,
    read_column,
    read_columns,
)
from foretune.tables.files import read_user_file

N = 60
RNG = np.random.default_rng(0)
NUMBERS = pd.Series(np.arange(N) * 1.25 - 20)
DATES = pd.Series(pd.date_range("2019-03-01", periods=N, freq="31h"))


def read_one(values: Any, **column_types: Any) -> tuple[pd.DataFrame, ColumnFormat, tuple[str, ...]]:
    frame = pd.DataFrame({"a": values, "b": np.arange(len(values)) % 7})
    read, format_ = read_columns(frame, column_types)
    return read.drop(columns="b"), format_.columns[0], (*format_.notes, *format_.remarks)


@pytest.mark.parametrize(
    ("write", "note"),
    [
        (str, True),
        (lambda x: f"{x:.2f}".replace(".", ","), True),
        (lambda x: f"{x:.3E}".replace(".", ","), True),
        (lambda x: f"${x:,.2f}", True),
        (lambda x: f"{x:.2f} %", True),
        (lambda x: f"{x * 1e4:,.2f} €".translate(str.maketrans(",.", ".,")), True),
        (lambda x: f"{x:.2f}".replace("-", "\N{EN DASH}"), True),
        (lambda x: f'="{x:.2f}"', True),
        (lambda x: f"'{x:.2f}", True),
        (lambda x: f"\ufeff{x:.2f}", True),
        (lambda x: f"{x:.2f}".replace(".", "," if x < 0 else "."), True),
        (decimal.Decimal, False),
        (np.float64, False),
    ],
)
def test_numbers_in_any_writing_are_the_numbers(write: Callable[[float], Any], note: bool) -> None:
    read, format_, notes = read_one(pd.Series([write(x) for x in NUMBERS], dtype=object))
    assert format_.type == "number"
    scale = 1e4 if "€" in str(write(1.0)) else 1
    np.testing.assert_allclose(read["a"], NUMBERS * scale, rtol=1e-12)
    assert any("'a'" in one and "nominal" in one for one in notes) == note


@pytest.mark.parametrize("missing", ["?", " ", "", "NA", "n/a", "-", None, np.nan, pd.NA, pd.NaT])
def test_what_stands_for_a_missing_number_is_missing(missing: Any) -> None:
    values = NUMBERS.astype(str).astype(object)
    values[5] = missing
    read, format_, _ = read_one(values)
    assert (format_.type, format_.skipped) == ("number", ())
    assert np.flatnonzero(read["a"].isna()).tolist() == [5]


def test_a_few_cells_that_cannot_be_read_are_missing_and_named() -> None:
    values = NUMBERS.astype(str).astype(object)
    values[[5, 6]] = ["n.b.", "3 or 4"]
    read, format_, notes = read_one(values)
    assert format_.skipped == ("n.b.", "3 or 4")
    # Of new rows only these count as missing
    assert read_column(pd.Series(["3 or 4", "1.5"]), format_).tolist()[1:] == [1.5]
    with pytest.raises(TableError, match=r"holds '3 or 5' now"):
        read_column(pd.Series(["3 or 4", "3 or 5"]), format_)
    assert read["a"].isna().sum() == 2
    assert any(
        "2 cells of column 'a' cannot be read as number and count as missing" in one and "'n.b.'" in one
        for one in notes
    )
    values[10:30] = "not measured"
    assert read_one(values)[1].type == "number"
    values[10:30] = [f"site {at % 5}" for at in range(20)]
    assert read_one(values)[1].type == "nominal"


@pytest.mark.parametrize(
    "values",
    [["1", "2", "3+"] * 20, ["00501", "10001", "94103"] * 20, ["a", "b"] * 30, [1, "a"] * 30, [1j, 2j] * 30],
)
def test_codes_and_categories_stay_nominal(values: list[Any]) -> None:
    read, format_, notes = read_one(pd.Series(values, dtype=object))
    assert (format_.type, notes) == ("nominal", ())
    assert read["a"].nunique() == len(set(values))


WRITTEN_DATES: dict[str, Any] = {
    "datetime64[ns]": DATES.astype("datetime64[ns]"),
    "zone": DATES.dt.tz_localize("Asia/Tokyo"),
    "datetime": pd.Series([date.to_pydatetime() for date in DATES], dtype=object),
    "timestamps": pd.Series(list(DATES), dtype=object),
    "arrow": DATES.astype(pd.ArrowDtype(pa.timestamp("us"))),
    "periods": DATES.dt.to_period("h"),
    "iso text": DATES.dt.strftime("%Y-%m-%dT%H:%M:%S"),
    "string dtype": DATES.dt.strftime("%Y-%m-%d %H:%M").astype("string"),
    "day first": DATES.dt.strftime("%d/%m/%Y %H:%M"),
    "month first": DATES.dt.strftime("%m/%d/%Y %H:%M"),
    "points": DATES.dt.strftime("%d.%m.%Y %H:%M"),
    "words": DATES.dt.strftime("%d %b %Y %H:%M"),
    "two digits": DATES.dt.strftime("%y-%m-%d %H:%M"),
    "points, month first": DATES.dt.strftime("%m.%d.%Y %H:%M"),
    "Unix": DATES.dt.strftime("%a %b %d %H:%M:%S UTC %Y"),
}


@pytest.mark.parametrize("name", WRITTEN_DATES)
def test_dates_of_any_representation_are_the_dates_and_their_parts(name: str) -> None:
    read, format_, notes = read_one(WRITTEN_DATES[name])
    assert format_.type == "time"
    assert read.columns.tolist() == ["a", "a.month", "a.day_of_week", "a.hour"]
    assert read["a"].astype("datetime64[us]").tolist() == DATES.tolist()
    assert read["a.day_of_week"].tolist() == DATES.dt.day_of_week.tolist()
    is_text = isinstance(WRITTEN_DATES[name].iloc[0], str)
    assert any("read as times" in one and "'a'" in one for one in notes) == is_text


def test_days_of_any_representation_have_no_hour() -> None:
    days = [date.date() for date in DATES]
    for values in (days, pd.Series(days, dtype="date32[pyarrow]"), [str(day) for day in days]):
        read, format_, _ = read_one(pd.Series(values))
        assert format_.parts == ("month", "day_of_week")
        assert read["a"].dt.date.tolist() == days


def test_dates_beyond_those_of_nanoseconds_are_read() -> None:
    far = [dt.date(1000 + 150 * at, 1 + at % 12, 5) for at in range(N)]
    read, format_, _ = read_one(pd.Series(far, dtype=object))
    assert format_.parts == ("year", "month", "day_of_week")
    assert read["a.year"].tolist() == [day.year for day in far]


def test_an_order_of_days_that_nothing_shows_is_named() -> None:
    _, format_, notes = read_one([f"0{1 + at % 5}/0{1 + at % 7}/2024" for at in range(N)])
    assert not format_.day_first
    assert any("the month first: 'a'" in one for one in notes)


def test_durations_of_any_representation_are_times() -> None:
    gaps = pd.Series(pd.to_timedelta(np.arange(N) * 90, "min"))
    for values in (gaps, gaps.astype(object), gaps.astype(str), gaps.astype("duration[us][pyarrow]")):
        read, format_, _ = read_one(values)
        assert (format_.type, format_.is_duration, format_.parts) == ("time", True, ())
        assert read["a"].astype("timedelta64[us]").tolist() == gaps.tolist()


def test_truth_values_of_every_backend_are_0_and_1() -> None:
    truth = [True, False, False] * 20
    for values in (
        truth,
        pd.Series(truth, dtype=object),
        pd.Series(truth, dtype="boolean"),
        pd.Series(truth, dtype="bool[pyarrow]"),
        pd.Series(truth).astype(str),
        pd.Series(truth).astype(str).str.lower(),
    ):
        read, format_, notes = read_one(pd.Series(values))
        assert (format_.type, notes) == ("number", ())
        assert read["a"].tolist() == [1, 0, 0] * 20
        assert read["a"].dtype == "int64"


@pytest.mark.parametrize(
    ("name", "values", "reason", "note"),
    [
        ("a", [f"u{at}-x" for at in range(N)], "identifier", "identify the rows"),
        ("customerID", range(1000, 1000 + N), "identifier", "identify the rows"),
        ("Unnamed: 0", range(N), "identifier", "identify the rows"),
        ("row_id", [str(1000 + at) for at in range(N)], "identifier", "identify the rows"),
        ("a", [f"a review of at least {at} words here" for at in range(N)], "text", "free text"),
        ("a", [3] * N, "constant", "one value only"),
        ("a", ["x"] * N, "constant", "one value only"),
        ("a", pd.Series(["x"] * N, dtype="category"), "constant", "one value only"),
        ("a", [dt.date(2024, 1, 1)] * N, "constant", "one value only"),
        ("a", [None] * N, "empty", "without a single value"),
        ("a", ["?"] * N, "empty", "without a single value"),
    ],
)
def test_columns_that_tell_nothing_are_left_out_and_named(
    name: str, values: Any, reason: str, note: str
) -> None:
    frame = pd.DataFrame({name: values, "b": NUMBERS})
    format_ = infer_formats(frame)
    assert (format_.columns[0].type, format_.columns[0].reason) == ("ignored", reason)
    said = format_.remarks if reason == "constant" else format_.notes
    assert [one for one in said if note in one and f"'{name}'" in one]
    if reason in ("identifier", "text"):
        kept = infer_formats(frame, {name: "nominal"})
        assert kept.columns[0].type == "nominal"
        assert not kept.notes


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("a", range(N)),
        ("id", [1, 2, 3] * 20),
        ("humid", range(N)),
        ("a", ["x", None] * (N // 2)),
        ("a", [1.0, None] * (N // 2)),
        ("a", [True, None] * (N // 2)),
    ],
)
def test_columns_that_may_tell_something_stay(name: str, values: Any) -> None:
    assert infer_formats(pd.DataFrame({name: values, "b": NUMBERS})).columns[0].type != "ignored"


def test_a_table_of_nothing_else_keeps_its_constants_and_identifiers() -> None:
    frame = pd.DataFrame({"id": range(N), "c": 1, "u": [f"u{at}" for at in range(N)], "e": None})
    assert [one.type for one in infer_formats(frame).columns] == ["number", "number", "nominal", "ignored"]


def test_the_caller_decides_what_a_column_is() -> None:
    assert read_one([1, 2, 3] * 20, a="nominal")[1].type == "nominal"
    assert read_one(["1", "2", "3+"] * 20, a="number")[0]["a"].isna().sum() == 20
    days, format_, _ = read_one([20240101 + at % 28 for at in range(N)], a="time")
    assert format_.type == "time"
    assert days["a"].iloc[1] == pd.Timestamp("2024-01-02")
    assert read_one(NUMBERS, a="ignored")[0].shape == (N, 0)
    with pytest.raises(
        TableError, match="column_types: column 'a' cannot be read as time, it holds 'x', 'y'"
    ):
        read_one(["x", "y"] * 30, a="time")
    with pytest.raises(TableError, match=r"column_types names 'aa', .*did you mean 'a'"):
        read_one(NUMBERS, aa="number")
    with pytest.raises(
        TableError, match="names 'zip', which is none of the features: the columns are 'a', 'b'"
    ):
        read_one(NUMBERS, zip="number")
    with pytest.raises(TableError, match="'float' for column 'a' is no type, use one of 'number', 'time'"):
        read_one(NUMBERS, a="float")


def test_new_rows_may_come_in_another_representation() -> None:
    frame = pd.DataFrame(
        {"n": NUMBERS, "t": DATES, "f": [True, False] * (N // 2), "c": ["1", "x", "2.5"] * (N // 3)}
    )
    read, format_ = read_columns(frame)
    as_text = frame.assign(n=frame["n"].astype(str), t=frame["t"].astype(str), f=frame["f"].astype(str))
    as_objects = frame.astype(object)
    for rows in (
        as_text,
        as_objects,
        as_text.astype("string"),
        frame.convert_dtypes(dtype_backend="pyarrow"),
    ):
        for part in (rows, rows.head(1)):
            again = format_.read(part)
            for name in read:
                expected = read[name].head(len(part)).astype(object).tolist()
                assert again[name].astype(object).tolist() == expected, name
    one = frame.head(1).astype(object)
    one.loc[0, ["n", "t", "c"]] = [pd.NA, None, "new"]
    again = format_.read(one)
    assert again[["n", "t"]].isna().all(axis=None)
    assert again["c"].tolist() == ["new"]
    with pytest.raises(TableError, match="column 'n' held numbers in fit, but holds 'many' now"):
        format_.read(frame.assign(n="many"))
    with pytest.raises(TableError, match="column 't' held dates or durations in fit, but holds 'soon' now"):
        format_.read(frame.assign(t="soon"))


def test_columns_of_the_same_name_are_read_each() -> None:
    frame = pd.DataFrame([[True, "a"], [False, "b"]], columns=["x", "x"])
    assert read_columns(frame)[0].dtypes.astype(str).tolist() == ["int64", "category"]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1.5, 2.5], "number"),
        (["1.5"] * 19 + ["?"], "number"),
        (["a", "b"], "nominal"),
        (["1", "b"], "nominal"),
        (pd.Series([1, 2], dtype="category"), "nominal"),
        (["2024-01-05", "2024-01-06"], "time"),
        (["None", "Apnea"], "nominal"),
    ],
)
def test_a_target_is_of_one_type(values: Any, type_: str) -> None:
    assert infer_target_format(pd.Series(values)).format.type == type_


def test_a_target_between_numbers_and_texts_is_an_error() -> None:
    values = pd.Series([*map(str, NUMBERS), *["low", "high"] * 5], name="price")
    with pytest.raises(TableError, match=r"target 'price' holds 60 different numbers and 2 texts .*'low'"):
        infer_target_format(values)


def through_csv(frame: pd.DataFrame) -> pd.DataFrame:
    return read_user_file(io.BytesIO(frame.to_csv(index=False).encode()), ".csv")


def through_parquet(frame: pd.DataFrame) -> pd.DataFrame:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return pd.read_parquet(buffer)


def through_dictionaries(frame: pd.DataFrame) -> pd.DataFrame:
    """Encode each column of texts as Arrow and Polars do, in a Parquet file that pandas has not written."""
    table = pa.Table.from_pandas(frame.map(str, na_action="ignore")).replace_schema_metadata(None)
    columns = [column.dictionary_encode() for column in table.columns]
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns, names=table.column_names), buffer)
    return read_user_file(io.BytesIO(buffer.getvalue()), ".parquet")


REPRESENTATIONS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "object": lambda frame: frame.astype(object),
    "nullable": lambda frame: frame.convert_dtypes(),
    "arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "text": lambda frame: frame.map(str, na_action="ignore").astype(object),
    "csv": through_csv,
    "parquet": through_parquet,
    "dictionaries": through_dictionaries,
}
COLUMNS = st.fixed_dictionaries(
    {
        "float": st.lists(st.floats(-1e6, 1e6) | st.none(), min_size=25, max_size=25),
        "int": st.lists(st.integers(-(10**9), 10**9), min_size=25, max_size=25),
        "bool": st.lists(st.booleans(), min_size=25, max_size=25),
        "text": st.lists(st.sampled_from(["red", "green", "blue", None]), min_size=25, max_size=25),
        "date": st.lists(
            st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)).map(
                lambda moment: moment.replace(microsecond=0)
            ),
            min_size=25,
            max_size=25,
        ),
    }
)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(COLUMNS)
def test_a_table_is_the_same_in_every_representation(columns: dict[str, list[Any]]) -> None:
    frame = pd.DataFrame({name: pd.Series(values) for name, values in columns.items()})
    expected, format_ = read_columns(frame)
    for name, convert in REPRESENTATIONS.items():
        read, other = read_columns(convert(frame))
        assert [one.type for one in other.columns] == [one.type for one in format_.columns], name
        assert read.columns.tolist() == expected.columns.tolist(), name
        for column in expected:
            left, right = expected[column], read[column]
            if left.dtype.kind == "M":
                left, right = left.astype("datetime64[us]"), right.astype("datetime64[us]")
            as_python = [one.astype(object).where(one.notna(), None).tolist() for one in (left, right)]
            assert as_python[0] == as_python[1], (name, column)


def test_a_format_is_written_as_it_is_built() -> None:
    format_ = ColumnFormat("time", day_first=True, parts=("year",))
    assert repr(format_) == "ColumnFormat('time', day_first=True, parts=('year',))"
    assert eval(repr(format_)) == format_
    assert read_column(pd.Series(["1,5"]), ColumnFormat("number", mark=",")).tolist() == [1.5]


BERLIN = pd.Series(pd.date_range("2023-01-01", periods=N, tz="Europe/Berlin"))


def test_parts_of_dates_are_those_of_the_local_time() -> None:
    read, format_, _ = read_one(BERLIN)
    assert format_.parts == ("month", "day_of_week")
    assert read["a"].iloc[0] == pd.Timestamp("2023-01-01")
    assert read["a.day_of_week"].iloc[0] == 6
    # New rows in another zone, as text, or without a zone
    for values in (
        BERLIN.dt.tz_convert("UTC"),
        BERLIN.dt.tz_convert("UTC").astype(str),
        BERLIN.astype(object),
        BERLIN.dt.tz_localize(None),
    ):
        assert read_column(values, format_).tolist() == read["a"].tolist()


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["6.983", "483", "12.050"] * 20, [6983, 483, 12050]),
        (["1.234.567", "7", "2.000"] * 20, [1234567, 7, 2000]),
        (["6.983", "483.5", "12.050"] * 20, [6.983, 483.5, 12.05]),
        (["6.983", "2.500", "3.125"] * 20, [6.983, 2.5, 3.125]),
        (["1,169", "483", "8,258"] * 20, [1169, 483, 8258]),
        (["0,542", "1,5", "3"] * 20, [0.542, 1.5, 3]),
        (["1,25,000", "900", "12,345"] * 20, [125000, 900, 12345]),
    ],
)
def test_the_marks_of_a_column_tell_groups_from_decimals(texts: list[str], numbers: list[float]) -> None:
    assert read_one(texts)[0]["a"].tolist()[:3] == numbers


def test_dotted_dates_begin_with_the_day() -> None:
    format_ = read_one(DATES)[1]
    first, second = read_column(pd.Series(["05.02.2023", "2023-02-05"]), format_)
    assert first == second


@pytest.mark.parametrize("given", [["a"], "nominal", 3])
def test_types_of_columns_are_a_mapping(given: Any) -> None:
    with pytest.raises(TableError, match="must map names of columns to types"):
        infer_formats(pd.DataFrame({"a": NUMBERS}), given)


def test_columns_may_be_called_by_numbers() -> None:
    frame = pd.DataFrame({"0": NUMBERS, "1": [1, 2] * (N // 2)})
    keys: dict[Any, Any] = {1: "nominal"}
    assert infer_formats(frame, keys).columns[1].type == "nominal"


@pytest.mark.parametrize("value", [1.0, "1", True, dt.date(2024, 1, 5), "0.5", pd.Timestamp("2024-01-05")])
def test_a_ticked_box_is_1_where_it_has_its_value(value: Any) -> None:
    for gap in (None, np.nan, ""):
        read, format_, _ = read_one(pd.Series([value, gap, value] * 20, dtype=object))
        assert format_.has_value
        assert read["a"].tolist() == [1, 0, 1] * 20
    assert read_column(pd.Series([None, value]), format_).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("texts", "type_"),
    [
        (["1", "2", "10"], "number"),
        (["2024-01-05", "2024-01-06", "2024-01-09"], "time"),
        (["a", "b", "c"], None),
        (["1", "0", "1"], None),
        (["007", "100", "101"], None),
        ([1, 2, 3], None),
    ],
)
def test_a_category_of_pandas_is_nominal_and_texts_that_are_none_are_named(
    texts: list[Any], type_: str | None
) -> None:
    column = pd.Series(texts * 20, dtype="category")
    _, format_, notes = read_one(column)
    assert format_ == ColumnFormat("nominal")
    instead = f"stay nominal: 'a'; column_types={{'a': '{type_}'}} makes them {type_}s"
    assert [instead in note for note in notes] == ([True] if type_ else [])
    # Written by pandas it stays one
    buffer = io.BytesIO()
    column.to_frame("a").to_parquet(buffer)
    for options in ({}, {"dtype_backend": "pyarrow"}):
        again = read_user_file(io.BytesIO(buffer.getvalue()), ".parquet", options)["a"]
        assert again.dtype == "category"
        assert again.tolist() == column.tolist()
    if type_:
        assert read_one(column, a=type_)[1].type == read_one(column.astype(object))[1].type == type_


KNOWN: dict[str, tuple[list[Any], list[Any]]] = {
    "whole": (
        [1, 2, 3],
        ["1", " 1", "1.0", 1.0, np.int8(1), True, decimal.Decimal("1.00"), "01", "1e0"],
    ),
    "text": (["1", "2", "3+"], [1, " 1", "1.0", 1.0, True, "true", decimal.Decimal("1.0")]),
    "point": (["1.0", "2.0", "x"], [1, 1.0, "1", True, decimal.Decimal("1")]),
    "zeros": (["00501", "10001", "94103"], [501, "501", 501.0, " 00501"]),
    "truth": (["True", "False", "unknown"], [True, np.True_, "true", 1, 1.0, "TRUE "]),
    "words": (["red", "green", "blue"], [" red", "red ", "red\n"]),
    "day": ([dt.date(2024, 1, 5), dt.date(2024, 1, 6)], [pd.Timestamp("2024-01-05"), "2024-01-05T00:00"]),
    "fraction": ([0.5, 1.5], ["0.5", ".50", decimal.Decimal("0.50")]),
}


@pytest.mark.parametrize("name", KNOWN)
def test_new_rows_may_write_a_known_category_otherwise(name: str) -> None:
    known, values = KNOWN[name]
    for dtype in ("object", "category"):
        read, format_, _ = read_one(pd.Series(known * 20, dtype=object).astype(dtype), a="nominal")
        expected = read["a"].iloc[0]
        for value in values:
            again = read_column(pd.Series([value, None, known[1]], dtype=object), format_)
            assert again.iloc[[0, 2]].tolist() == [expected, read["a"].iloc[1]], value
            assert again.isna().tolist() == [False, True, False]
        assert read_column(pd.Series(["another", 7]), format_).tolist() == ["another", "7"]


def test_a_category_that_several_are_like_is_none_of_them() -> None:
    format_ = read_one(["1", "01", "x"] * 20)[1]
    assert format_.labels == ("01", "1", "x")
    assert read_column(pd.Series(["1", "01", "1.0"]), format_).tolist() == ["1", "01", "1.0"]
    assert read_column(pd.Series(["1.0"]), ColumnFormat("nominal")).tolist() == ["1.0"]


DAYS = pd.Series(pd.date_range("2024-01-01", periods=N))
MONTHS = pd.Series(pd.date_range("2015-01-01", periods=N, freq="MS"))
QUARTERS = pd.Series(pd.date_range("2005-01-01", periods=N, freq="QS"))
WEEKS = pd.Series(pd.date_range("2023-01-02", periods=N, freq="W-MON"))
SPANS = pd.Series(pd.to_timedelta(np.arange(N) * 83, "min"))


def _clock(span: pd.Timedelta, form: str) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return form.format(d=hours // 24, h=hours % 24, hours=hours, m=minutes)


WRITTEN: dict[str, tuple[pd.Series, list[str]]] = {
    "January, month first": (DAYS[:31], list(DAYS[:31].dt.strftime("%m/%d/%Y"))),
    "January, day first": (DAYS[:31], list(DAYS[:31].dt.strftime("%d/%m/%Y"))),
    "month-year": (MONTHS, list(MONTHS.dt.strftime("%m-%Y"))),
    "year-month": (MONTHS, list(MONTHS.dt.strftime("%Y-%m"))),
    "dotted month": (MONTHS, list(MONTHS.dt.strftime("%m.%Y"))),
    "Eurostat": (MONTHS, list(MONTHS.dt.strftime("%YM%m"))),
    "quarters": (QUARTERS, [f"{day.year}Q{day.quarter}" for day in QUARTERS]),
    "quarters, dash": (QUARTERS, [f"{day.year}-Q{day.quarter}" for day in QUARTERS]),
    "weeks": (WEEKS, list(WEEKS.dt.strftime("%G-W%V"))),
    "weeks of pandas": (WEEKS, list(WEEKS.dt.to_period("W").astype(str))),
    "CET": (DATES, list(DATES.dt.strftime("%Y-%m-%d %H:%M UTC"))),
    "ISO durations": (SPANS, [_clock(one, "P{d}DT{h}H{m}M") for one in SPANS]),
    "units": (SPANS, [_clock(one, "{hours}h {m:02}m") for one in SPANS]),
    "days and clock": (SPANS, [_clock(one, "{d} days {h:02}:{m:02}:00") for one in SPANS]),
    "stopwatch": (SPANS, [_clock(one, "{hours}:{m:02}:00") for one in SPANS]),
}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("convert", [lambda frame: frame, through_csv, through_parquet, through_dictionaries])
def test_written_times_are_read_in_fit_and_in_new_rows(
    name: str, convert: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    times, texts = WRITTEN[name]
    frame = convert(pd.DataFrame({"a": texts, "b": np.arange(len(texts)) % 7}))
    read, format_ = read_columns(frame)
    assert format_.columns[0].type == "time"
    assert read["a"].tolist() == times.tolist()
    for rows in (frame.iloc[[3]], frame.iloc[[3]].astype(object)):
        assert format_.read(rows)["a"].tolist() == [times.iloc[3]]


def test_clocks_of_minutes_beside_hours() -> None:
    read, format_, _ = read_one(["59:30", "58:15", "1:02:10"] * 10)
    assert format_.in_minutes
    assert read["a"].dt.total_seconds().tolist()[:3] == [3570, 3495, 3730]
    assert read_column(pd.Series(["20:00"]), format_).dt.total_seconds().tolist() == [1200]


def test_an_order_with_the_year_first_is_named_unless_it_is_sure() -> None:
    days = pd.Series(pd.date_range("2023-01-15", periods=N, freq="9D"))
    read, _, notes = read_one(days.dt.strftime("%y-%m-%d"))
    assert read["a"].tolist() == days.tolist()
    assert any("texts are read as times, the year first: 'a'" in one for one in notes)
    old = days - pd.Timedelta(days=365 * 30)
    read, _, notes = read_one(old.dt.strftime("%y/%m/%d"))
    assert read["a"].tolist() == old.tolist()
    assert any("texts are read as times: 'a'" in one for one in notes)


def test_digits_of_dates_are_times_and_named() -> None:
    days = DATES.dt.normalize()
    digits = days.dt.strftime("%Y%m%d").astype(int)
    for values in (
        digits,
        digits.astype(str),
        digits.astype(object),
        digits.astype("Int64"),
        digits.astype(float),
    ):
        read, format_, notes = read_one(values)
        assert read["a"].tolist() == days.tolist()
        assert any(
            "are read as times: 'a'; column_types={'a': 'number'} makes them numbers" in one for one in notes
        )
        for rows in (digits.head(1), digits.head(1).astype(str), digits.head(1) * 1.0, days.head(1)):
            assert read_column(rows, format_).tolist() == days.tolist()[:1]
    gaps = digits.astype(float).where(digits.index % 5 > 0)
    assert read_one(gaps)[0]["a"].isna().sum() == N // 5
    assert read_one(digits, a="number")[1].type == "number"
    # One that is no date, or few
    assert read_one(digits.where(digits.index > 0, 20241331))[1].type == "number"
    assert read_one([20240101, 20240102] * 30)[1].type == "number"


@pytest.mark.parametrize("dtype", [object, "binary[pyarrow]", "category"])
def test_bytes_are_the_texts_that_they_encode(dtype: Any) -> None:
    numbers = pd.Series([f"{x:.2f}".encode() for x in NUMBERS], dtype=object)
    names = pd.Series(["ä".encode(), b"b", None] * 20, dtype=object)
    if dtype != "category":
        assert read_one(numbers.astype(dtype))[0]["a"].tolist() == NUMBERS.tolist()
        assert infer_target_format(numbers.astype(dtype)).format.type == "number"
    read, format_, _ = read_one(names.astype(dtype))
    assert read["a"].tolist()[:2] == ["ä", "b"]
    for new in (["ä"], ["ä".encode()]):
        assert read_column(pd.Series(new), format_).tolist() == ["ä"]
    # Latin-1
    assert read_one([b"\xe4", b"b"] * 10)[0]["a"].nunique() == 2


def grouped(values: Any, mark: str = ".") -> list[str]:
    return [f"{value:,}".replace(",", mark) for value in values]


@pytest.mark.parametrize("given", [{}, {"decimal": ","}])
def test_the_other_columns_of_a_file_decide_the_decimal_mark(given: dict[str, str]) -> None:
    deposits = RNG.integers(1000, 6000, N)
    frame = pd.DataFrame(
        {
            "area": [f"{value:.1f}".replace(".", ",") for value in NUMBERS],
            "deposit": grouped(deposits),
            "weight": [f"{20 + at}.125".replace(".", ",") for at in range(N)],
        }
    )
    from_file = read_user_file(io.BytesIO(frame.to_csv(index=False, sep=";").encode()), ".csv", given)
    for raw in (frame, from_file, from_file.iloc[::-1]):
        read, format_ = read_columns(raw)
        assert sorted(read["deposit"]) == sorted(deposits)
        assert sorted(read["weight"])[0] == 20.125
        new = format_.read(pd.DataFrame({"area": ["53.1"], "deposit": ["950"], "weight": ["1,5"]}))
        assert new.iloc[0].tolist() == [53.1, 950, 1.5]
    # In another file they are what they are there
    points = frame.assign(area=NUMBERS.map("{:.1f}".format), weight=grouped(deposits, ","))
    assert read_columns(points)[0]["weight"].tolist() == deposits.tolist()
    assert read_columns(points)[0]["deposit"].tolist() == (deposits / 1000).tolist()


def test_a_decimal_mark_that_nothing_shows_is_noted_and_can_be_given() -> None:
    values = [f"{20 + at},125" for at in range(N)]
    read, _, notes = read_one(values)
    assert read["a"].iloc[0] == 20125
    assert any("commas between thousands: 'a'; column_types={'a': 'decimal_comma'}" in one for one in notes)
    read, _, notes = read_one(values, a="decimal_comma")
    assert read["a"].iloc[0] == 20.125
    assert not any("thousands" in one for one in notes)
    frame = pd.DataFrame({"a": [value.replace(",", ".") for value in values], "b": range(N)})
    from_file = read_user_file(io.BytesIO(frame.to_csv(index=False, sep=";").encode()), ".csv")
    assert "dots as decimal marks: 'a'" in infer_formats(from_file).remarks[0]


def test_thousands_that_were_read_as_decimals_are_noted() -> None:
    rents = RNG.integers(700, 1900, N)
    read_by_pandas = pd.Series([value if value < 1000 else value / 1000 for value in rents])
    (note,) = infer_formats(pd.DataFrame({"rent": read_by_pandas})).notes
    assert "column 'rent' looks like thousands" in note
    assert "thousands='.'" in note
    for others in (NUMBERS, pd.Series(RNG.random(N).round(3) * 900), pd.Series(RNG.normal(size=N).round(3))):
        assert not infer_formats(pd.DataFrame({"a": others})).notes


def test_new_rows_may_write_a_number_in_another_way() -> None:
    comma = ColumnFormat("number", mark=",")
    assert read_column(pd.Series(["53.1", "53,2", "1.234"]), comma).tolist() == [53.1, 53.2, 1234]
    # All of them are written in the other way
    assert read_column(pd.Series(["53.1", "1.234"]), comma).tolist() == [53.1, 1.234]
    assert read_column(pd.Series(["53,1"]), ColumnFormat("number")).tolist() == [53.1]


def test_a_few_cells_of_new_rows_that_cannot_be_read_are_missing_with_one_warning() -> None:
    frame = pd.DataFrame({"n": NUMBERS, "t": DATES})
    _, format_ = read_columns(frame)
    new = frame.astype(str)
    new.loc[0, "n"], new.loc[1, "t"] = "sixty", "31.02.21"
    with pytest.warns(RecommendationWarning) as caught:
        read = format_.read(new)
    assert [str(one.message) for one in caught] == [
        "cannot be read and count as missing: "
        "1 cell of column 'n' ('sixty'), 1 cell of column 't' ('31.02.21')"
    ]
    assert read[["n", "t"]].isna().sum().tolist() == [1, 1]
    with pytest.raises(TableError, match="column 'n' held numbers in fit, but holds 'sixty' now"):
        format_.read(new.head(1))


@pytest.mark.parametrize(
    ("write", "unit", "new"),
    [
        ("{:.1f} kg", "kg", "34.5"),
        ("{:.1f} m\u00b2", "m\u00b2", "34.5m\u00b2"),
        ("{:.1f}k", "k", "34.5k"),
        ("{:.1f} sq ft", "sq ft", "34,5 sq ft"),
    ],
)
def test_numbers_with_one_unit_are_numbers(write: str, unit: str, new: str) -> None:
    read, format_, notes = read_one([write.format(value) for value in NUMBERS])
    assert format_.unit == unit
    np.testing.assert_allclose(read["a"], NUMBERS, atol=0.05)
    assert any(f"numbers with the unit '{unit}': 'a'" in one for one in notes)
    assert read_column(pd.Series([new]), format_).tolist() == [34.5]
    with pytest.raises(TableError):
        read_column(pd.Series(["34.5 g"]), format_)


def test_a_number_without_its_thousands_is_none() -> None:
    with pytest.raises(TableError):
        read_column(pd.Series(["950"]), ColumnFormat("number", unit="k"))


@pytest.mark.parametrize(
    ("values", "looks"),
    [
        ([f"{at} kg" if at % 2 else f"{at}00 g" for at in range(N)], "the units 'g' and 'kg'"),
        ([f"1.{at}k" if at % 2 else f"{at + 100}" for at in range(N)], "the unit 'k' and without"),
        ([f"{100 + at}/{60 + at % 20}" for at in range(N)], "two numbers with '/' between them"),
    ],
)
def test_what_looks_like_numbers_and_is_not_read_is_noted(values: list[str], looks: str) -> None:
    read, _, notes = read_one(values)
    assert "a" not in read.select_dtypes("number")
    assert any("column 'a' looks like" in one and looks in one for one in notes)


def test_a_minus_at_the_end_is_one_of_decimals_but_not_of_grades() -> None:
    assert read_one(["636.997,35-", "1,00", "12,50-"] * 20)[0]["a"].tolist()[:3] == [-636997.35, 1, -12.5]
    assert read_one(["1", "1-", "2-"] * 20)[1].type == "nominal"


def test_cells_that_cannot_be_read_are_counted() -> None:
    values = NUMBERS.astype(str).astype(object)
    values[:20] = "k.A."
    _, _, notes = read_one(values)
    assert any(
        "20 cells of column 'a' cannot be read as number and count as missing: 'k.A.'" in n for n in notes
    )
    values[1:20] = "1"
    _, _, notes = read_one(values)
    assert any("1 cell of column 'a' cannot be read as number and counts as missing" in one for one in notes)


def test_the_caller_decides_which_part_of_a_date_is_the_day() -> None:
    values = [f"0{1 + at % 5}/0{1 + at % 7}/2024" for at in range(N)]
    _, _, notes = read_one(values)
    assert any("the month first: 'a'; column_types={'a': 'day_first'} puts the day first" in n for n in notes)
    read, format_, notes = read_one(values, a="day_first")
    assert (format_.day_first, read["a"].iloc[1]) == (True, pd.Timestamp("2024-02-02"))
    assert read["a"].iloc[5] == pd.Timestamp("2024-06-01")
    assert not any("month first" in one for one in notes)
    assert read_one(values, a="month_first")[0]["a"].iloc[5] == pd.Timestamp("2024-01-06")


@pytest.mark.parametrize("values", [[np.inf] * N, [np.inf, None] * (N // 2), ["inf"] * N])
def test_infinities_alone_are_no_constant(values: list[Any]) -> None:
    with pytest.raises(TableError, match="non-finite numbers in columns 'a'"):
        check_finite(read_one(values)[0])


def test_multiplied_numbers_are_numbers_with_a_note() -> None:
    values = [25e3 * at for at in range(1, 61)]
    read, format_, notes = read_one([f"€{x / 1e6:.3g}M" if x > 5e5 else f"€{x / 1e3:.0f}K" for x in values])
    assert format_.has_multipliers
    np.testing.assert_allclose(read["a"], values, rtol=0.01)
    assert "with k for thousands, M for millions: 'a'" in notes[-1]
    assert read_column(pd.Series(["1.5M", "20", None]), format_).tolist()[:2] == [1.5e6, 20.0]


def test_a_number_that_differs_with_each_mark_is_missing_where_both_occur() -> None:
    texts = [f"{at}.5" for at in range(50)] + [f"{at},25" for at in range(50)] + ["1,234"]
    read, format_, notes = read_one(texts)
    assert format_.has_both_marks
    assert read["a"].isna().tolist() == [False] * 100 + [True]
    assert read["a"][50:52].tolist() == [0.25, 1.25]
    assert any("1,234" in note for note in notes)
    # Thousands beside decimals have one mark
    assert not read_one([*[f"{at}.5" for at in range(50)], "1,234", "2,345.5"])[1].has_both_marks


@pytest.mark.parametrize(
    "write",
    [
        lambda at: [at],
        lambda at: {"a": at},
        lambda at: np.arange(at + 1),
        lambda at: {at},
        lambda at: (at, 1),
        lambda at: complex(at, 1),
        lambda at: object(),
    ],
)
def test_objects_are_left_out_and_named(write: Callable[[int], Any]) -> None:
    values = pd.Series([write(at) for at in range(30)])
    _, format_, notes = read_one(values)
    assert (format_.type, format_.reason) == ("ignored", "object")
    assert any("lists, dictionaries and other objects are left out: 'a'" in note for note in notes)
    # Those that repeat are categories
    assert read_one(pd.Series([("x", at % 2) for at in range(30)]))[1].type == "nominal"


@pytest.mark.parametrize(
    ("texts", "hint"),
    [
        (
            [f"{at}{(',25', ',101', '.5')[at % 3]}" for at in range(1, 41)],
            "some have a decimal point and some",
        ),
        ([f"{at} brumaire {1950 + at}" for at in range(1, 31)], "looks like dates that are not read"),
    ],
)
def test_numbers_and_dates_that_are_not_read_are_never_silently_identifiers(
    texts: list[str], hint: str
) -> None:
    _, format_, notes = read_one(texts)
    assert format_.type == "ignored"
    assert any(hint in note for note in notes)
