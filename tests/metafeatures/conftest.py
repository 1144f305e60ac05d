from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from foretune.metafeatures import TaskDescription
from foretune.metafeatures.registry import unregister
from foretune.tables.cleaning import as_category
from foretune.tables.column_formats import ColumnFormat, infer_formats, read_column
from foretune.tables.target import Target
from foretune.tasks.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretune.base.parameters import TaskType


def describe(
    X: pd.DataFrame, y: pd.Series, task_type: TaskType, *more: Any, **options: Any
) -> TaskDescription:
    """Clean a table, all of its columns, and describe it."""
    target = Target.read(y, task_type)
    return TaskDescription(read_all(X).iloc[target.rows], target.values, task_type, *more, **options)


def read_all(X: pd.DataFrame) -> pd.DataFrame:
    """Read the columns of a table, constants and identifiers too, without the parts of dates."""
    formats = infer_formats(X).columns
    read = {
        at: _read_ignored(X.iloc[:, at])
        if one.type == "ignored" or one.has_value
        else read_column(X.iloc[:, at], one)
        for at, one in enumerate(formats)
    }
    return pd.DataFrame(read, index=X.index).set_axis(X.columns, axis=1)


def _read_ignored(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return read_column(column, ColumnFormat("number"))
    return as_category(column)


@pytest.fixture(scope="session")
def real_tasks() -> dict[str, Task]:
    tasks = {}
    for name, load in {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer}.items():
        X, y = load(return_X_y=True, as_frame=True)
        tasks[name] = Task(name, "classification", X, y.astype("category"))
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    tasks["diabetes"] = Task("diabetes", "regression", X, y.astype(float))
    return tasks


@pytest.fixture
def small_classification() -> Task:
    """Eight rows, worked out by hand in the tests."""
    X = pd.DataFrame(
        {
            "number": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, None],
            "zero_one": [0, 0, 0, 0, 1, 1, 1, 1],
            "constant": [2.5] * 8,
            "colour": pd.Categorical([*"rrggbb", None, "r"], categories=list("rgbw")),
            "flag": [True, False] * 4,
        }
    )
    y = pd.Series(pd.Categorical(["a", "a", "a", "a", "b", "b", "b", "b"], categories=["a", "b", "never"]))
    return Task("small", "classification", X, y)


@pytest.fixture
def small_regression() -> Task:
    X = pd.DataFrame({"up": [1.0, 2.0, 3.0, 4.0], "colour": pd.Categorical(["r", "r", "g", "g"])})
    return Task("line", "regression", X, pd.Series([2.0, 4.0, 6.0, 8.0]))


@pytest.fixture
def clean_registry() -> Iterator[None]:
    yield
    unregister("custom")
