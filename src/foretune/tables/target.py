"""Targets: inference of the task type, cleaning, and removal of rare classes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pandas.api import types

from foretune.base import TaskType, counted
from foretune.tables.checks import TableError
from foretune.tables.cleaning import as_category, clean_column, is_time, to_days

MOST_INFERRED_CLASSES = 20


def infer_task_type(y: pd.Series | ArrayLike) -> TaskType:
    """Infer classification or regression from the target, ignoring missing values.

    Text, categories and booleans are classes. Numbers are classes if they are all whole, at most 20 differ,
    and each occurs twice on average; any other numbers are a regression target.
    """
    target = (y if isinstance(y, pd.Series) else pd.Series(np.asarray(y))).dropna()
    if not types.is_numeric_dtype(target.dtype) or types.is_bool_dtype(target.dtype):
        return "classification"
    values = target.to_numpy(dtype=np.float64, na_value=math.nan)
    few = np.unique(values).size <= min(MOST_INFERRED_CLASSES, values.size / 2)
    return "classification" if few and bool((values == np.floor(values)).all()) else "regression"


def clean_target(column: pd.Series, task_type: TaskType) -> pd.Series:
    """Return the rows that have a target, as ``category`` or ``float64``.

    Raises
    ------
    TableError
        If the target holds infinities, or is not numeric in a regression task.
    """
    column = column[column.notna()]
    cleaned = clean_column(column)
    if isinstance(cleaned.dtype, pd.CategoricalDtype):
        if task_type == "regression":
            is_text = pd.to_numeric(cleaned.cat.categories.to_series(), errors="coerce").isna()
            example = is_text.idxmax()
            raise TableError(
                f"regression target '{column.name}' is not numeric (for example '{example}'): "
                "use numbers, or task_type classification"
            )
        return cleaned
    values = to_days(cleaned) if is_time(cleaned.dtype) else cleaned.astype("float64")
    if np.isinf(values).any():
        raise TableError(f"non-finite numbers in the target '{column.name}': remove those rows")
    return as_category(column) if task_type == "classification" else values


def without_rare_classes(y: pd.Series, task_type: TaskType, name: str, min_class_rows: int) -> pd.Series:
    """Remove the rows of classes that are too small for cross-validation; regression targets are unchanged.

    Parameters
    ----------
    y, task_type
        Cleaned target, shape (n_rows,), and its type.
    name
        Name of the target in messages.
    min_class_rows
        Classes with fewer rows are left out: the number of folds.

    Raises
    ------
    TableError
        If there are too few rows, or fewer than two classes or values.
    """
    if len(y) < min_class_rows:
        raise TableError(
            f"{counted(len(y), 'row')} with a target, fewer than {min_class_rows} folds: add rows"
        )
    if not (y != y.iloc[0]).any():
        if task_type == "classification":
            raise TableError(f"target '{name}' has one class only, '{y.iloc[0]}': add rows of another class")
        raise TableError(f"target '{name}' is constant: choose a target that varies")
    if task_type == "regression":
        return y
    counts = y.value_counts()
    y = y[~y.isin(counts.index[counts < min_class_rows])].cat.remove_unused_categories()
    if (n_classes := y.nunique()) < 2:
        raise TableError(
            f"target '{name}' has {counted(n_classes, 'class', 'classes')} of at least {min_class_rows} "
            "rows, two are needed: "
            "add rows of other classes, lower n_folds, or use task_type regression for a continuous target"
        )
    return y
