"""Kedro dataset of a log: CSV or Parquet."""

from __future__ import annotations

from typing import Any

from foretune.base import UserError
from foretune.datasets.load_only_dataset import LoadOnlyDataset


class LogDataset(LoadOnlyDataset):
    """Dataset of an unchanged table, indexed by row number in the file.

    Parameters
    ----------
    file
        A ``.csv``, ``.csv.gz`` or ``.parquet`` file, relative to the working directory; None for no table.
    parameter
        Parameter that must name the file; without it the table may be absent, and is then empty.
    metadata
        For other tools, such as the layer in Kedro-Viz.
    """

    def __init__(
        self, *, file: str | None, parameter: str | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        super().__init__(metadata, file=file)
        self._file = file
        self._parameter = parameter

    def load(self) -> Any:
        """Read the table; see :func:`foretune.logs.read_log`."""
        import pandas as pd

        from foretune.logs import read_log

        if self._file is not None:
            return read_log(self._file)
        if self._parameter is not None:
            raise UserError(f"parameter {self._parameter} is missing: --params={self._parameter}=<file>")
        return pd.DataFrame()
