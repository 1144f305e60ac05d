"""Kedro dataset of the table to recommend for."""

from __future__ import annotations

from functools import partial
from typing import Any

from kedro.io import DatasetError

from foretune.datasets.load_only_dataset import LoadOnlyDataset


class UserTableDataset(LoadOnlyDataset):
    """Loads a function that reads a CSV or Parquet file, given the target and other options.

    Parameters
    ----------
    file
        Path of the file, relative to the working directory; None if no table is given.
    metadata
        Metadata for other tools, such as the layer in Kedro-Viz.
    """

    def __init__(self, *, file: str | None, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(metadata, file=file)
        self._file = file

    def load(self) -> Any:
        """Return :func:`foretune.recommendation.table.read_user_table` for this file."""
        from foretune.recommendation.table import read_user_table

        if self._file is None:
            raise DatasetError("no table is given: --params=table=<csv|parquet>,target=<column>")
        return partial(read_user_table, self._file)

    def _exists(self) -> bool:
        return self._file is not None
