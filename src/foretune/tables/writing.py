"""Files of tables: columns of one type each, written as Parquet or CSV."""

from __future__ import annotations

from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd

from foretune.base import TEXT, is_number

LARGEST_INTEGER = 2**63 - 1


def write_table(table: pd.DataFrame, file: Path) -> None:
    """Write a table as ``.parquet`` or ``.csv``; its folder is made, a file of that name replaced at once.

    Raises
    ------
    ValueError
        If the file's name ends otherwise.
    """
    if file.suffix not in (".parquet", ".csv"):
        raise ValueError(f"{file} must end in .parquet or .csv")
    file.parent.mkdir(parents=True, exist_ok=True)
    # Whoever is interrupted while adding to a file keeps what was in it
    unfinished = file.with_name(f"{file.stem}.unfinished{file.suffix}")
    if file.suffix == ".csv":
        table.to_csv(unfinished, index=False)
    else:
        table.to_parquet(unfinished, index=False, compression="zstd")
    unfinished.replace(file)


def one_type(column: pd.Series) -> pd.Series:
    """Convert a column of Python objects to numbers, booleans or texts, whichever holds all of its values.

    Returns
    -------
    pandas.Series
        ``int64`` (``Int64`` with gaps), ``float64``, ``boolean`` or text; missing cells stay missing.
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
