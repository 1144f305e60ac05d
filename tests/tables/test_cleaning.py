import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.base import TEXT
from foretune.tables.cleaning import (
    as_category,
    as_number,
    as_time,
    column_kind,
    to_days,
    with_days,
)

DECIMAL = pd.ArrowDtype(pa.decimal128(5, 2))
UTC_DATES = pd.Series(pd.to_datetime(["1970-01-02 00:00", "1970-01-01 12:00", "NaT"])).dt.tz_localize("UTC")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (pd.Series([1, 2], dtype="int8"), pd.Series([1, 2], dtype="int64")),
        (pd.Series([1, 2**64 - 2**12], dtype="uint64"), pd.Series([1.0, 2.0**64 - 2**12])),
        (pd.Series([1, None], dtype="Int64"), pd.Series([1.0, np.nan])),
        (pd.Series([1, None], dtype="int64[pyarrow]"), pd.Series([1.0, np.nan])),
        (pd.Series([0.5, None], dtype="float32"), pd.Series([0.5, np.nan])),
        (
            pd.Series([decimal.Decimal("1.5"), None], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
            pd.Series([1.5, np.nan]),
        ),
        (pd.Series([True, False]), pd.Series([1, 0], dtype="int64")),
        (pd.Series([True, None], dtype="boolean"), pd.Series([1.0, np.nan])),
        (pd.Series(pd.arrays.SparseArray([True, False])), pd.Series([1, 0], dtype="int64")),
        (pd.Series(pd.arrays.SparseArray([0.0, 1.5])), pd.Series([0.0, 1.5])),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else None,
)
def test_numbers_and_booleans_become_numbers(raw: pd.Series, expected: pd.Series) -> None:
    pd.testing.assert_series_equal(as_number(raw), expected)


TIMES: dict[str, pd.Series] = {
    "dates": UTC_DATES.dt.tz_localize(None),
    "dates with a zone": UTC_DATES.dt.tz_convert("Asia/Tokyo"),
    "seconds": UTC_DATES.dt.tz_localize(None).astype("datetime64[s]"),
    "nanoseconds": UTC_DATES.dt.tz_localize(None).astype("datetime64[ns]"),
    "durations": pd.Series(pd.to_timedelta(["24h", "12h", None])),
}


@pytest.mark.parametrize("name", TIMES)
def test_times_stay_times_and_are_days_to_learners(name: str) -> None:
    raw = TIMES[name].rename("when")
    assert as_time(raw).dtype.kind == ("m" if "durations" in name else "M")
    assert column_kind(as_time(raw)) == "time"
    for column in (raw, as_time(raw)):
        np.testing.assert_array_equal(to_days(column), [1, 0.5, np.nan])
    frame = pd.DataFrame({"when": as_time(raw), "x": 1})
    assert with_days(frame).dtypes.astype(str).to_dict() == {"when": "float64", "x": "int64"}


def test_far_dates_are_days() -> None:
    assert to_days(pd.Series(np.array(["9999-12-31"], dtype="datetime64[s]"))).tolist() == [2932896]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 0, 0], "boolean"),
        ([1.0, None, 0.0], "boolean"),
        ([1, 1], "number"),
        ([0.0, None], "number"),
        ([0, 1, 2], "number"),
        ([1.5, None], "number"),
        (pd.Categorical(["yes", "no"]), "nominal"),
    ],
)
def test_every_column_is_of_one_kind(values: Any, kind: str) -> None:
    assert column_kind(pd.Series(values)) == kind


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
        (pd.Series([[2], None, [1]], dtype=object), ["[2]", None, "[1]"]),
    ],
)
def test_everything_else_becomes_a_category_of_text(raw: pd.Series, labels: list[str | None]) -> None:
    cleaned = as_category(raw)
    assert isinstance(cleaned.dtype, pd.CategoricalDtype)
    assert cleaned.astype(object).where(cleaned.notna(), None).tolist() == labels
    observed = sorted(label for label in labels if label is not None)
    assert list(cleaned.cat.categories) == observed


def test_categories_do_not_depend_on_how_text_is_stored() -> None:
    texts = ["b", "a", None]
    as_object = as_category(pd.Series(texts, dtype=object))
    for dtype in ("string", TEXT, "category"):
        pd.testing.assert_series_equal(as_category(pd.Series(texts, dtype=dtype)), as_object)


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
