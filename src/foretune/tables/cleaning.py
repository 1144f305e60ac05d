"""Column types of tables, and cleaning of columns.

The rules for all tables:

- numbers stay numbers (``int64``, or ``float64`` if any is missing or too large), booleans become 0 and 1;
- dates, periods (by their start) and durations are times: ``datetime64`` without a zone or ``timedelta64``.
  Learners, metafeatures and fingerprints use days, for dates since 1970-01-01;
- all others (text, pandas categories, mixed values) are nominal: a ``category`` of text, whose categories are
  the occurring values, sorted.
"""

from __future__ import annotations

import decimal
import numbers
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

ColumnKind = Literal["number", "boolean", "time", "nominal"]

NUMBERS = (numbers.Real, decimal.Decimal, np.bool_)
SECONDS_PER_DAY = 86_400
LARGEST_INTEGER = 2**63 - 1


def is_nominal(column: pd.Series) -> bool:
    """Return whether a raw column is nominal: neither numbers nor booleans nor times."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return True
    if dtype == "object":
        return not all(isinstance(value, NUMBERS) for value in column.dropna())
    # pandas counts complex numbers as numeric, but not Arrow's booleans
    is_number = types.is_bool_dtype(dtype) or types.is_numeric_dtype(dtype)
    return types.is_complex_dtype(dtype) or not (is_number or is_time(dtype))


def is_time(dtype: Any) -> bool:
    """Return whether a dtype is one of dates, durations or periods."""
    return dtype.kind in "mM" or isinstance(dtype, pd.PeriodDtype)


def column_kind(column: pd.Series) -> ColumnKind:
    """Return the kind of a cleaned column; a column of both 0 and 1 and nothing else is boolean."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "nominal"
    if is_time(column.dtype):
        return "time"
    known = column.dropna().to_numpy()
    n_ones = np.count_nonzero(known == 1)
    return "boolean" if 0 < n_ones < known.size == n_ones + np.count_nonzero(known == 0) else "number"


def is_empty(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return for each column of a raw table whether all of its values are missing."""
    # One at a time: pandas would join sparse columns into one matrix, with a warning
    columns = (frame.iloc[:, at] for at in range(frame.shape[1]))
    return np.array([column.isna().all() for column in columns], dtype=bool)


def clean_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Clean every column of a table; names may repeat."""
    cleaned = {at: clean_column(frame.iloc[:, at]) for at in range(frame.shape[1])}
    return pd.DataFrame(cleaned, index=frame.index).set_axis(frame.columns, axis=1)


def clean_column(column: pd.Series) -> pd.Series:
    """Convert a column to numbers, times or categories by the rules of this module."""
    if is_nominal(column):
        return as_category(column)
    return _as_time(column) if is_time(column.dtype) else _as_number(_dense(column))


def as_category(column: pd.Series) -> pd.Series:
    """Convert a column to a ``category`` of text; whole numbers have no ``.0``."""
    codes, labels = _label_values(_dense(column))
    values = pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype=object).astype(str))
    return pd.Series(values, index=column.index, name=column.name)


def to_days(times: pd.Series) -> pd.Series:
    """Convert times to days, dates to days since 1970-01-01; missing ones are NaN."""
    times = _as_time(times)
    if times.dtype.kind == "M":
        times = times - pd.Timestamp(0).as_unit(times.dt.unit)
    days: pd.Series = times.dt.total_seconds() / SECONDS_PER_DAY
    return days


def with_days(X: pd.DataFrame) -> pd.DataFrame:
    """Convert the times among the features to days, as learners require."""
    return X.assign(**{str(name): to_days(X[name]) for name, dtype in X.dtypes.items() if is_time(dtype)})


def _label_values(column: pd.Series) -> tuple[npt.NDArray[Any], Any]:
    """Return each row's position among the sorted labels of a column, -1 if missing, and the labels."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, known = np.asarray(column.cat.codes, dtype=np.intp), column.cat.categories
    elif isinstance(column.dtype, pd.StringDtype):
        codes, known = pd.factorize(column)
    else:
        # Values that compare equal but differ, such as 1 and True, have different labels
        return pd.factorize(column.astype(object).map(_label, na_action="ignore"), sort=True)
    # Label each distinct value once
    used = np.unique(codes[codes >= 0])
    own, labels = pd.factorize(known.astype(object).take(used).map(_label), sort=True)
    position = np.full(len(known) + 1, -1, dtype=np.intp)
    position[used] = own
    return position[codes], labels


def _label(value: object) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)  # type: ignore[call-overload]


def _dense(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.SparseDtype):
        return pd.Series(np.asarray(column), index=column.index, name=column.name)
    return column


def _as_number(column: pd.Series) -> pd.Series:
    whole = types.is_bool_dtype(column.dtype) or types.is_integer_dtype(column.dtype)
    if whole and not column.isna().any() and column.max() <= LARGEST_INTEGER:
        return column.astype("int64")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(values, index=column.index, name=column.name)


def _as_time(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp()
    if isinstance(column.dtype, pd.ArrowDtype):
        column = column.astype("timedelta64[us]" if column.dtype.kind == "m" else "datetime64[us, UTC]")
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(None)
    return column
