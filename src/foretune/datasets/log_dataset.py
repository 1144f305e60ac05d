"""Kedro dataset of a log: CSV or Parquet."""

from __future__ import annotations

from typing import Any, NoReturn

import pandas as pd
from kedro.io import AbstractDataset, DatasetError

from foretune.base import UserError


class LogDataset(AbstractDataset[NoReturn, "pd.DataFrame"]):
    """Loads a table as it is, with rows that know their place in the file.

    Parameters
    ----------
    file
        A ``.csv``, ``.csv.gz`` or ``.parquet`` file, relative to where the command runs; None for a table
        that is not there.
    parameter
        Name of the parameter that has to name the file; a table without one may be absent, and is then empty.
    metadata
        For other tools, such as the layer in Kedro-Viz.
    """

    def __init__(
        self, *, file: str | None, parameter: str | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self._file = file
        self._parameter = parameter
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Read the table; see :func:`foretune.logs.read_log`."""
        from foretune.logs import read_log

        if self._file is not None:
            return read_log(self._file)
        if self._parameter is not None:
            raise UserError(f"parameter {self._parameter} is missing: --params={self._parameter}=<file>")
        return pd.DataFrame()

    def save(self, data: NoReturn) -> NoReturn:
        """Raise an error: a log is only read."""
        raise DatasetError(f"{type(self).__name__} is read-only")

    def _exists(self) -> bool:
        # An error is raised when it is read
        return True

    def _describe(self) -> dict[str, Any]:
        return {"file": self._file}
