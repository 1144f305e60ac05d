"""The table that somebody wants a recommendation for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from foretune.recommendation.table import UserTable


class UserTableDataset(AbstractDataset[NoReturn, "Callable[..., UserTable]"]):
    """Loads a function that reads a CSV or Parquet file; it takes the target and what else is to be known.

    Parameters
    ----------
    file
        The file, relative to where the command runs; None where no table is given.
    metadata
        For other tools, such as the layer in Kedro-Viz.
    """

    def __init__(self, *, file: str | None, metadata: dict[str, Any] | None = None) -> None:
        self._file = file
        self.metadata = metadata

    def load(self) -> Callable[..., UserTable]:
        """Return :func:`foretune.recommendation.table.user_table.read_user_table` for this file."""
        from functools import partial

        from foretune.recommendation.table import read_user_table

        if self._file is None:
            raise DatasetError("no table is given: --params=table=<csv|parquet>,target=<column>")
        return partial(read_user_table, self._file)

    def save(self, data: NoReturn) -> NoReturn:
        """Raise: it is the user's own."""
        raise DatasetError(f"{type(self).__name__} is read-only")

    def _exists(self) -> bool:
        return self._file is not None

    def _describe(self) -> dict[str, Any]:
        return {"file": self._file}
