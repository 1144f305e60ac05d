"""Conversion of columns to numbers, times and categories, and of times to days."""

from __future__ import annotations

import contextlib
import decimal
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

ColumnKind = Literal["number", "boolean", "time", "nominal"]

SECONDS_PER_DAY = 86_400
LARGEST_INTEGER = 2**63 - 1
# Key of a frame's attribute: the columns whose type is another than the library made it
DECODED = "decoded_columns"


def is_time(dtype: Any) -> bool:
    """Return whether a dtype is one of dates or durations of NumPy or pandas."""
    return dtype.kind in "mM" and not isinstance(dtype, pd.ArrowDtype)


def decode(frame: pd.DataFrame, schema: Any) -> pd.DataFrame:
    """Return a table in which exactly those columns are a ``category`` that pandas wrote as such.

    By dictionaries Arrow and Polars store repeated values, in memory and in Parquet files. A
    ``category`` of pandas says that the column is nominal; files lose this where its values are numbers.

    Parameters
    ----------
    frame
        What the library made of the table, names may repeat.
    schema
        Schema of Arrow or Polars.
    """
    written = (getattr(schema, "pandas_metadata", None) or {}).get("columns", ())
    stated = {str(one["name"]) for one in written if one["pandas_type"] == "categorical"}
    is_encoded = [isinstance(dtype, pd.CategoricalDtype) for dtype in frame.dtypes]
    is_stated = [str(name) in stated for name in frame.columns]
    if is_stated == is_encoded:
        return frame
    columns = [frame.iloc[:, at] for at in range(frame.shape[1])]
    decoded = {}
    for at in np.flatnonzero(np.not_equal(is_stated, is_encoded)).tolist():
        kept = columns[at].astype("category") if is_stated[at] else np.asarray(columns[at])
        columns[at] = pd.Series(kept, index=frame.index)
        decoded[str(frame.columns[at])] = "category" if is_stated[at] else "object"
    table = pd.DataFrame(dict(enumerate(columns)), index=frame.index).set_axis(frame.columns, axis=1)
    table.attrs = {**frame.attrs, DECODED: decoded}
    return table


def decoded_columns(frame: pd.DataFrame) -> dict[str, str]:
    """Return the type, ``category`` or ``object``, that :func:`decode` has given to columns, by name."""
    return dict(frame.attrs.get(DECODED, {}))


def column_kind(column: pd.Series) -> ColumnKind:
    """Return the kind of a cleaned column; a column of both 0 and 1 and nothing else is boolean."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "nominal"
    if is_time(column.dtype):
        return "time"
    known = column.dropna().to_numpy()
    n_ones = np.count_nonzero(known == 1)
    return "boolean" if 0 < n_ones < known.size == n_ones + np.count_nonzero(known == 0) else "number"


def unmasked(array: Any) -> Any:
    """Return a masked array as one whose masked cells are missing, and anything else unchanged."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if not np.ma.is_masked(array):
        return np.asarray(array)
    values, mask = np.ma.getdata(array), np.ma.getmaskarray(array)
    if array.dtype.kind in "biuf":
        return np.where(mask, np.nan, values)
    if array.dtype.kind in "mM":
        return np.where(mask, np.array("NaT", array.dtype), values)
    objects = values.astype(object)
    objects[mask] = None
    return objects


def is_empty(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return for each column of a raw table whether all of its values are missing."""
    # One at a time: pandas would join sparse columns into one matrix, with a warning
    columns = (frame.iloc[:, at] for at in range(frame.shape[1]))
    return np.array([column.isna().all() for column in columns], dtype=bool)


def as_category(column: pd.Series) -> pd.Series:
    """Convert a column to a ``category`` of text; whole numbers have no ``.0``."""
    codes, labels = _label_values(as_dense(column))
    values = pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype=object).astype(str))
    return pd.Series(values, index=column.index, name=column.name)


def to_days(times: pd.Series) -> pd.Series:
    """Convert times to days, dates to days since 1970-01-01; missing ones are NaN."""
    times = as_time(times)
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
    elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        codes, distinct = pd.factorize(column.to_numpy())
        known = pd.Index(distinct)
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
    if isinstance(value, bytes):
        with contextlib.suppress(UnicodeDecodeError):
            return value.decode()
    if isinstance(value, decimal.Decimal) and value.is_finite():
        # As the same number of another type
        value = float(value)
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)  # type: ignore[call-overload]


def as_dense(column: pd.Series) -> pd.Series:
    """Return a column without pandas' sparse storage, and texts for bytes, which some files have."""
    if isinstance(column.dtype, pd.SparseDtype):
        return pd.Series(np.asarray(column), index=column.index, name=column.name)
    if column.dtype == object or (isinstance(column.dtype, pd.ArrowDtype) and column.dtype.type is bytes):
        values = column.astype(object)
        if types.infer_dtype(values, skipna=True) == "bytes":
            with contextlib.suppress(UnicodeDecodeError):
                return values.map(bytes.decode, na_action="ignore")
    return column


def as_number(column: pd.Series) -> pd.Series:
    """Convert a column of numbers or booleans: ``int64``, or ``float64`` if any is missing or too large."""
    column = as_dense(column)
    whole = types.is_bool_dtype(column.dtype) or types.is_integer_dtype(column.dtype)
    if whole and not column.isna().any() and column.max() <= LARGEST_INTEGER:
        return column.astype("int64")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(values, index=column.index, name=column.name)


def as_time(column: pd.Series) -> pd.Series:
    """Convert dates to ``datetime64`` without a zone, in UTC; durations stay ``timedelta64``."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(None)
    return column
