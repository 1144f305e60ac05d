"""Kedro dataset of the table to recommend for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from foretune.recommendation.table import UserTable


class UserTableDataset(AbstractDataset[NoReturn, "Callable[..., UserTable]"]):
    """Loads a function that reads a CSV or Parquet file, given the target and other options.

    Parameters
    ----------
    file
        Path of the file, relative to the working directory; None if no table is given.
    metadata
        Metadata for other tools, such as the layer in Kedro-Viz.
    """

    def __init__(self, *, file: str | None, metadata: dict[str, Any] | None = None) -> None:
        self._file = file
        self.metadata = metadata

    def load(self) -> Callable[..., UserTable]:
        """Return :func:`foretune.recommendation.table.read_user_table` for this file."""
        from functools import partial

        from foretune.recommendation.table import read_user_table

        if self._file is None:
            raise DatasetError("no table is given: --params=table=<csv|parquet>,target=<column>")
        return partial(read_user_table, self._file)

    def save(self, data: NoReturn) -> NoReturn:
        """Raise an error: the table is read-only."""
        raise DatasetError(f"{type(self).__name__} is read-only")

    def _exists(self) -> bool:
        return self._file is not None

    def _describe(self) -> dict[str, Any]:
        return {"file": self._file}
