"""Writing of tables as Parquet or CSV, with columns of one type each."""

from __future__ import annotations

from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd

from foretune.base import TEXT, is_number, replaced_file, require_package

LARGEST_INTEGER = 2**63 - 1


def write_table(table: pd.DataFrame, file: Path) -> None:
    """Write a table to a ``.parquet`` or ``.csv`` file, atomically; its folder is created.

    Raises
    ------
    ValueError
        If the file has another suffix.
    WritingError
        If the system cannot write it.
    MissingExtraError
        If the file is Parquet, and what writes it is not installed.
    """
    if file.suffix not in (".parquet", ".csv"):
        raise ValueError(f"{file} must end in .parquet or .csv")
    if file.suffix == ".parquet":
        require_package("a Parquet file", "pyarrow")
    with replaced_file(file) as new:
        if file.suffix == ".csv":
            table.to_csv(new, index=False)
        else:
            table.to_parquet(new, index=False, compression="zstd")


def one_type(column: pd.Series) -> pd.Series:
    """Convert a column of Python objects to the first type that holds all of its values.

    One of ``int64`` (``Int64`` with missing values), ``float64``, ``boolean``, text; missing values are kept.
    """
    kinds = {_kind_of(value) for value in column.dropna()}
    if kinds == {"integer"}:
        return column.astype("Int64" if column.isna().any() else "int64")
    if kinds <= {"integer", "float"}:
        return column.astype("float64")
    if kinds == {"boolean"}:
        return column.astype("boolean")
    return column.map(str, na_action="ignore").astype(TEXT)


def _kind_of(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "boolean"
    if isinstance(value, Integral) and abs(int(value)) <= LARGEST_INTEGER:
        return "integer"
    return "float" if is_number(value) else "text"
