"""Why a table cannot become a task, in one line that says what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from foretune.base import TaskType, close_matches, counted, quoted


class TaskRejected(ValueError):  # noqa: N818 - an outcome that is recorded, not a failure of the run
    """A table that cannot become a task; the message is the reason."""


def check_column_names(names: Iterable[object]) -> None:
    """Reject column names that occur twice.

    Raises
    ------
    TaskRejected
        If two columns have the same name once written as text.
    """
    seen: set[str] = set()
    duplicated: dict[str, None] = {}
    for name in map(str, names):
        if name in seen:
            duplicated[name] = None
        seen.add(name)
    if duplicated:
        raise TaskRejected(f"duplicate column names {quoted(duplicated)}: give every column its own name")


def check_raw_frame(frame: pd.DataFrame, target: str, drop_columns: Collection[str]) -> None:
    """Reject a raw table whose shape cannot be a task's, before any value is looked at.

    Parameters
    ----------
    frame
        The table as its source delivers it; column names already text.
    target
        Name of the column to predict.
    drop_columns
        Names of the columns that are no features.

    Raises
    ------
    TaskRejected
        If column names repeat, there is no row, the target or a column to drop is missing, or no feature
        is left.
    """
    check_column_names(frame.columns)
    if target not in frame.columns:
        hint = close_matches(target, frame.columns) or f": the columns are {quoted(frame.columns)}"
        raise TaskRejected(f"target column '{target}' is not in the table{hint}")
    if frame.empty:
        raise TaskRejected("the table has no rows: add data below the header")
    for name in drop_columns:
        if name not in frame.columns:
            hint = close_matches(name, frame.columns)
            raise TaskRejected(f"drop_columns names '{name}', which is not in the table{hint}")
    if target in drop_columns:
        raise TaskRejected(f"drop_columns names the target '{target}': remove it from drop_columns")
    if len(set(drop_columns)) + 1 == frame.shape[1]:
        raise TaskRejected("no feature columns are left: shorten drop_columns or add features")


def check_features(X: pd.DataFrame) -> None:
    """Reject features that no learner can use.

    Parameters
    ----------
    X
        Cleaned features, shape (n_rows, n_features).

    Raises
    ------
    TaskRejected
        If a column has no value at all, or a numeric column holds an infinity.
    """
    all_missing = X.columns[X.isna().all()]
    if len(all_missing):
        raise TaskRejected(f"columns without a single value: {quoted(all_missing)}: add them to drop_columns")
    numbers = X.select_dtypes("number")
    infinite = numbers.columns[np.isinf(numbers.to_numpy(dtype=float)).any(axis=0)]
    if len(infinite):
        raise TaskRejected(
            f"non-finite numbers in columns {quoted(infinite)}: replace infinities by numbers or empty cells"
        )


def check_target(y: pd.Series, task_type: TaskType, target: str, n_folds: int) -> None:
    """Reject a target from which nothing can be learnt in cross-validation.

    Parameters
    ----------
    y
        Cleaned target, shape (n_rows,), rows without target already gone.
    task_type
        Decides whether ``y`` is a ``category`` or ``float64`` column.
    target
        Name of the column, for the message.
    n_folds
        Number of cross-validation folds, and so the least number of rows.

    Raises
    ------
    TaskRejected
        If there are fewer rows than folds, one class only, or one value only.
    """
    if len(y) < n_folds:
        raise TaskRejected(f"{counted(len(y), 'row')} with a target, fewer than {n_folds} folds: add rows")
    if (y != y.iloc[0]).any():
        return
    if task_type == "classification":
        raise TaskRejected(f"target '{target}' has one class only, '{y.iloc[0]}': add rows of another class")
    raise TaskRejected(f"target '{target}' is constant: choose a target that varies")


def check_classes(y: pd.Series, target: str, n_folds: int) -> None:
    """Reject a target that has fewer than two classes left once the rare ones are dropped.

    Parameters
    ----------
    y
        Target, shape (n_rows,), rare classes already gone.
    target
        Name of the column, for the message.
    n_folds
        Number of cross-validation folds, and so the least number of rows of a class.

    Raises
    ------
    TaskRejected
        If there are fewer than two classes.
    """
    n_classes = y.nunique()
    if n_classes < 2:
        raise TaskRejected(
            f"target '{target}' has {counted(n_classes, 'class', 'classes')} of at least {n_folds} rows, "
            "two are needed: "
            "add rows of other classes, lower n_folds, or use task_type regression for a continuous target"
        )
