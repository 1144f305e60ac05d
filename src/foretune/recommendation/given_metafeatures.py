"""Metafeatures that a user gives, for a memory whose tasks Foretune did not describe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foretune.base.messages import counted, quoted
from foretune.recommendation.new_task import TableError
from foretune.tables.checks import TaskRejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from foretune.meta_model.surrogate import Surrogate


def read_metafeatures(file: str) -> pd.Series:
    """Read the metafeatures of one task from a CSV or Parquet file with a single row, a column each.

    Raises
    ------
    TableError
        If the file cannot be read, or has not one row; the message names it.
    """
    from foretune.tables.files import read_user_file

    path = Path(file).expanduser()
    try:
        table = read_user_file(path, path.suffix)
    except TaskRejected as rejected:
        raise TableError(f"{file}: {rejected}") from None
    return _only_row(table, file)


def check_metafeatures(given: pd.Series | pd.DataFrame | Mapping[str, Any], memory: Surrogate) -> pd.Series:
    """Check that metafeatures are those of a memory.

    Parameters
    ----------
    given
        By name: a series, a mapping, or a frame with one row. Names that the memory does not know are
        ignored, missing ones count as undefined.
    memory
        Its tasks were described by the same metafeatures.

    Returns
    -------
    pandas.Series
        ``float64``.

    Raises
    ------
    TableError
        If none of the names is known, or a value of one that is known is no number.
    """
    import pandas as pd

    row = (
        _only_row(given, "metafeatures")
        if isinstance(given, pd.DataFrame)
        else pd.Series(given, dtype=object)
    )
    known = [name for name in memory.metafeatures if name in row.index]
    if memory.metafeatures and not known:
        raise TableError(
            f"metafeatures: this memory knows none of {quoted(row.index)}; its tasks are described by "
            f"{quoted(memory.metafeatures)}"
        )
    for name in known:
        value = row[name]
        is_missing = pd.api.types.is_scalar(value) and pd.isna(value)
        if not is_missing and not isinstance(value, (int, float, np.number)):
            raise TableError(f"metafeatures: {name} = {value!r} is no number")
    return row[known].astype("float64")


def _only_row(table: pd.DataFrame, source: str) -> pd.Series:
    if len(table) != 1:
        raise TableError(
            f"{source}: {counted(len(table), 'row')}, but the new table is one task: give its row alone"
        )
    return table.iloc[0].astype(object)
