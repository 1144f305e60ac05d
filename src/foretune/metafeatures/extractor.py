"""The extractor: from tasks to a table of metafeatures, with what it cost and what failed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from pandas.api import types
from threadpoolctl import threadpool_limits

from foretune.metafeatures.columns import numeric_values
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.parameters import ExtractionLimits
from foretune.metafeatures.registry import MetafeatureGroup, catalogue, registered_groups
from foretune.parameters import TASK_TYPES, TaskType

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from foretune.tasks.task import Task

Progress = Callable[[str, int, int], None]

_MOST_INFERRED_CLASSES = 20
# Starting worker processes costs about two seconds
_PARALLEL_PAYS_SECONDS = 6.0
_SECONDS_PER_TASK = 0.05
_SECONDS_PER_CELL = 1e-6
_COST_COLUMNS = ["task_id", "group", "seconds", "n_rows", "n_columns"]
_FAILURE_COLUMNS = ["task_id", "group", "error"]


class MetafeatureFailureWarning(RuntimeWarning):
    """A group failed on a task that was extracted alone; its values are NaN."""


@dataclass(frozen=True, eq=False)
class Extraction:
    """What an extraction gives.

    Attributes
    ----------
    values
        One row per task: ``task_id`` and all metafeatures of the task types, in catalogue order.
    costs
        One row per task and group: ``task_id, group, seconds, n_rows, n_columns``; the last two are what
        the group read of the table. What groups share is on the account of the first one to need it.
    failures
        One row per task and group that failed: ``task_id, group, error``.
    """

    values: pd.DataFrame
    costs: pd.DataFrame
    failures: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _TaskResult:
    task_id: str
    values: dict[str, float]
    costs: list[dict[str, Any]]
    failures: list[dict[str, str]]


class MetafeatureExtractor:
    """Describes supervised tasks by a fixed list of numbers.

    The values depend on the table, the task type and these arguments only: not on the name of the task,
    the other tasks, the number of workers or (BLAS runs on one thread meanwhile) of threads.

    Parameters
    ----------
    groups
        Names of metafeature groups; None means all registered ones, including your own.
    max_rows, max_rows_cheap, max_columns
        What is read of a large table by the expensive groups, the cheap groups, and both.
    n_folds, n_bins, max_categories
        See ``ExtractionLimits``, which checks them.
    random_state
        Seed of subsamples, folds and random nodes, not negative.

    Raises
    ------
    ValueError
        If a group is unknown, or a limit or the seed out of its range.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> values = MetafeatureExtractor(groups=["simple", "target"]).extract(X, y)
    >>> float(values["target.majority_share"].round(3))
    0.333
    """

    def __init__(  # noqa: PLR0913 (the settings of an estimator are its arguments)
        self,
        groups: Iterable[str] | None = None,
        *,
        max_rows: int = 2_000,
        max_rows_cheap: int = 20_000,
        max_columns: int = 100,
        n_folds: int = 3,
        n_bins: int = 5,
        max_categories: int = 10,
        random_state: int = 0,
    ) -> None:
        self.groups: tuple[MetafeatureGroup, ...] = registered_groups(groups)
        self.limits = ExtractionLimits(
            max_rows=max_rows,
            max_rows_cheap=max_rows_cheap,
            max_columns=max_columns,
            n_folds=n_folds,
            n_bins=n_bins,
            max_categories=max_categories,
        )
        if random_state < 0:
            raise ValueError(f"random_state must not be negative, got {random_state}")
        self.random_state = random_state

    def catalogue(self, task_types: Sequence[TaskType] = TASK_TYPES) -> pd.DataFrame:
        """List what would be extracted, one row per column.

        Returns
        -------
        DataFrame
            ``name, group, task_types, formula, range, source, cost``, in the order of the columns.
        """
        return catalogue(self.groups, task_types)

    def columns(self, task_types: Sequence[TaskType] = TASK_TYPES) -> list[str]:
        """Return the names of the columns for the task types, in catalogue order."""
        return [column for group in self.groups for column in group.columns(task_types)]

    def extract(
        self, X: pd.DataFrame | ArrayLike, y: pd.Series | ArrayLike, task_type: TaskType | None = None
    ) -> pd.Series:
        """Describe one table.

        Parameters
        ----------
        X
            Features, shape (n_rows, n_features). Text, categories and booleans are nominal, dates numeric;
            NaN and infinity are missing.
        y
            Target, shape (n_rows,), without missing values.
        task_type
            Inferred by ``infer_task_type`` if None.

        Returns
        -------
        Series
            The value of every metafeature of the task type, in catalogue order; NaN where undefined.

        Raises
        ------
        ValueError
            If the shapes do not fit, there is no row, or the target has missing values.

        Warns
        -----
        MetafeatureFailureWarning
            If a group failed; its values are NaN.
        """
        task = self._describe(X, y, task_type)
        result = self._extract(task, "")
        for failure in result.failures:
            message = f"metafeature group {failure['group']!r} failed: {failure['error']}"
            warnings.warn(message, MetafeatureFailureWarning, stacklevel=2)
        return pd.Series(result.values, index=self.columns([task.task_type]), dtype=np.float64)

    def extract_many(
        self,
        tasks: Mapping[str, Task] | Iterable[Task],
        n_workers: int = 1,
        on_progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Describe many tasks; see ``extract_with_costs``, of which this returns the values only."""
        return self.extract_with_costs(tasks, n_workers, on_progress).values

    def extract_with_costs(
        self,
        tasks: Mapping[str, Task] | Iterable[Task],
        n_workers: int = 1,
        on_progress: Progress | None = None,
    ) -> Extraction:
        """Describe many tasks, and say what it cost and what failed.

        Parameters
        ----------
        tasks
            Tasks, or a mapping of names (which take precedence) to tasks.
        n_workers
            Processes to use when the work is worth starting them. Values do not depend on it. Inside
            ``joblib.parallel_config`` that backend is used.
        on_progress
            Called after every task with its name, the number of tasks done and their total.

        Returns
        -------
        Extraction
            Tables sorted by ``task_id`` (and group). With tasks of both types the columns are the union,
            NaN where they do not apply. A task that cannot be described has a row of NaN and its failures.

        Raises
        ------
        ValueError
            If two tasks have the same name.
        """
        named = _by_name(tasks)
        jobs = (delayed(self._extract_task)(name, task) for name, task in named.items())
        workers = n_workers if self._parallel_pays(named.values()) else 1
        results: list[_TaskResult] = []
        for result in Parallel(n_jobs=workers, return_as="generator_unordered")(jobs):
            results.append(result)
            if on_progress is not None:
                on_progress(result.task_id, len(results), len(named))
        results.sort(key=lambda result: result.task_id)
        present = {task.task_type for task in named.values()}
        return self._tables(results, [t for t in TASK_TYPES if t in present] or TASK_TYPES)

    def _tables(self, results: list[_TaskResult], task_types: Sequence[TaskType]) -> Extraction:
        values = pd.DataFrame(
            [result.values for result in results], columns=self.columns(task_types), dtype=np.float64
        )
        values.insert(0, "task_id", pd.Series([result.task_id for result in results], dtype="str"))
        costs = [row for result in results for row in result.costs]
        failures = [row for result in results for row in result.failures]
        return Extraction(
            values=values,
            costs=pd.DataFrame(costs, columns=_COST_COLUMNS),
            failures=pd.DataFrame(failures, columns=_FAILURE_COLUMNS),
        )

    def _parallel_pays(self, tasks: Iterable[Task]) -> bool:
        seconds = 0.0
        for task in tasks:
            cells = min(len(task.X), self.limits.max_rows_cheap) * min(
                task.X.shape[1], self.limits.max_columns
            )
            seconds += _SECONDS_PER_TASK + _SECONDS_PER_CELL * cells
        return seconds > _PARALLEL_PAYS_SECONDS

    def _describe(
        self, X: pd.DataFrame | ArrayLike, y: pd.Series | ArrayLike, task_type: TaskType | None
    ) -> TaskDescription:
        frame = X if isinstance(X, pd.DataFrame) else _to_frame(X)
        target = y if isinstance(y, pd.Series) else pd.Series(np.asarray(y))
        if len(frame) != len(target):
            raise ValueError(f"X has {len(frame)} rows but y has {len(target)}")
        if len(frame) == 0:
            raise ValueError("a table without rows has no metafeatures")
        if target.isna().any():
            raise ValueError(f"the target has {int(target.isna().sum())} missing values; drop those rows")
        task_type = task_type or infer_task_type(target)
        if task_type not in TASK_TYPES:
            raise ValueError(f"task_type must be one of {', '.join(TASK_TYPES)}, got {task_type!r}")
        if task_type == "regression" and not _is_finite(target):
            raise ValueError("the target of a regression task must be finite numbers")
        description = TaskDescription(frame, target, task_type, self.limits, self.random_state)
        # A target that cannot be read as classes, lists say, is an error of the whole task
        _ = description.target_levels
        return description

    def _extract_task(self, task_id: str, task: Task) -> _TaskResult:
        try:
            description = self._describe(task.X, task.y, task.task_type)
        except Exception as error:  # noqa: BLE001 (one bad task must not end the run)
            failures = [_failure(task_id, group.name, error) for group in self.groups]
            return _TaskResult(task_id, {}, [], failures)
        return self._extract(description, task_id)

    def _extract(self, task: TaskDescription, task_id: str) -> _TaskResult:
        result = _TaskResult(task_id, {}, [], [])
        # One thread: the order of summation, and so the last bit, would depend on the number of threads
        with threadpool_limits(limits=1):
            for group in self.groups:
                start = perf_counter()
                part = task.read_by(group.cost)
                try:
                    values = _checked(group, part)
                except Exception as error:  # noqa: BLE001 (whatever a group raises becomes a row)
                    values = dict.fromkeys(group.columns([task.task_type]), math.nan)
                    result.failures.append(_failure(task_id, group.name, error))
                result.values.update(values)
                cost = (task_id, group.name, perf_counter() - start, part.n_rows, part.n_features)
                result.costs.append(dict(zip(_COST_COLUMNS, cost, strict=True)))
        return result


def infer_task_type(y: pd.Series | ArrayLike) -> TaskType:
    """Tell classification from regression by the target.

    Text, categories and booleans are classes. Numbers are classes if they are all whole, at most 20 differ,
    and each occurs twice on average; any other numbers are a regression target.
    """
    target = y if isinstance(y, pd.Series) else pd.Series(np.asarray(y))
    if not types.is_numeric_dtype(target.dtype) or types.is_bool_dtype(target.dtype):
        return "classification"
    values = target.to_numpy(dtype=np.float64, na_value=math.nan)
    n_distinct = np.unique(values).size
    few = n_distinct <= min(_MOST_INFERRED_CLASSES, values.size / 2)
    return "classification" if few and bool((values == np.floor(values)).all()) else "regression"


def _is_finite(target: pd.Series) -> bool:
    return types.is_numeric_dtype(target.dtype) and not np.isnan(numeric_values(target)).any()


def _to_frame(X: ArrayLike) -> pd.DataFrame:
    array = np.asarray(X)
    if array.ndim != 2:
        raise ValueError(f"X must have two dimensions, got shape {array.shape}")
    frame = pd.DataFrame(array, columns=[f"x{j}" for j in range(array.shape[1])])
    return frame.infer_objects()


def _by_name(tasks: Mapping[str, Task] | Iterable[Task]) -> dict[str, Task]:
    pairs = tasks.items() if isinstance(tasks, Mapping) else ((task.task_id, task) for task in tasks)
    named: dict[str, Task] = {}
    for name, task in pairs:
        if name in named:
            raise ValueError(f"two tasks are called {name!r}")
        named[name] = task
    return named


def _checked(group: MetafeatureGroup, task: TaskDescription) -> dict[str, float]:
    """Compute a group and insist on what it promised: all its values, no others, none infinite."""
    values = group.compute(task)
    keys = group.keys([task.task_type])
    if set(values) != set(keys):
        differing = sorted(set(values).symmetric_difference(keys))
        raise ValueError(f"the values computed are not those in the catalogue; they differ in {differing}")
    infinite = [key for key in keys if math.isinf(values[key])]
    if infinite:
        raise ValueError(f"infinite values for {infinite}")
    return {f"{group.name}.{key}": float(values[key]) for key in keys}


def _failure(task_id: str, group: str, error: Exception) -> dict[str, str]:
    return {"task_id": task_id, "group": group, "error": f"{type(error).__name__}: {error}"}
