"""Extractor of metafeatures from tasks, with tables of costs and failures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from foretune.base import TASK_TYPES, TaskType, describe_error, one_thread
from foretune.metafeatures.cache import MetafeatureCache, group_key, hash_content
from foretune.metafeatures.caps import Caps, ExtractionSettings
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.extraction import (
    SETTINGS_ATTRIBUTE,
    Extraction,
    GroupResult,
    TaskResult,
    named_values,
    run_group,
    to_tables,
)
from foretune.metafeatures.group import MetafeatureGroup
from foretune.metafeatures.registry import catalogue, registered_groups, with_caps
from foretune.tables import ColumnType, Table, TableFormat, is_empty, is_time
from foretune.tasks import Task

Progress = Callable[[str, int, int], None]
# Features and target of one table
Data = tuple[pd.DataFrame | ArrayLike, pd.Series | ArrayLike]

# Starting worker processes costs about two seconds
_PARALLEL_PAYS_SECONDS = 6.0
_SECONDS_PER_TASK = 0.1
_SECONDS_PER_CELL = 1e-6
# Only the cheapest groups read more of a table
_MOST_CELLS = 2_000_000


class MetafeatureFailureWarning(RuntimeWarning):
    """Warning that a metafeature group failed and its values are NaN."""


class MetafeatureExtractor:
    """Extractor of metafeatures: a fixed list of numbers that describe a supervised task.

    The values depend only on the table, the task type and these arguments: not on the task's name, other
    tasks, the order of rows and columns, or the number of workers and threads (BLAS uses one thread). Columns
    are identified by their names.

    Parameters
    ----------
    groups
        Names of metafeature groups; None means all registered ones, including custom ones.
    caps
        Caps by group: a ``Caps`` or a mapping of some of its fields; others keep the group's default.
    n_folds, n_bins, max_categories
        See ``ExtractionSettings``.
    random_state
        Nonnegative seed of subsamples, folds and random nodes.

    Raises
    ------
    ValueError
        If a group is unknown, or an argument is out of range.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> values = MetafeatureExtractor(groups=["simple", "target"]).extract(X, y)
    >>> float(values["target.majority_share"].round(3))
    0.333
    """

    def __init__(
        self,
        groups: Iterable[str] | None = None,
        *,
        caps: Mapping[str, Caps | Mapping[str, float | None]] | None = None,
        n_folds: int = 3,
        n_bins: int = 5,
        max_categories: int = 10,
        random_state: int = 0,
    ) -> None:
        self.groups: tuple[MetafeatureGroup, ...] = with_caps(registered_groups(groups), caps or {})
        self.extraction_settings = ExtractionSettings(
            n_folds=n_folds, n_bins=n_bins, max_categories=max_categories
        )
        if random_state < 0:
            raise ValueError(f"random_state must not be negative, got {random_state}")
        self.random_state = random_state

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Restore an extractor from ``attrs["metafeature_settings"]`` of a table of metafeatures."""
        return cls(**settings)

    def settings(self) -> dict[str, Any]:
        """Return all arguments, including the caps of all groups, as JSON-compatible values."""
        return {
            "groups": [group.name for group in self.groups],
            "caps": {group.name: group.caps.model_dump() for group in self.groups},
            **self.extraction_settings.model_dump(),
            "random_state": self.random_state,
        }

    def catalogue(self, task_types: Sequence[TaskType] = TASK_TYPES) -> pd.DataFrame:
        """List the metafeatures to be extracted, in the order of the columns.

        Columns: ``name, group, task_types, formula, range, source, cost, reads``.
        """
        return catalogue(self.groups, task_types)

    def columns(self, task_types: Sequence[TaskType] = TASK_TYPES) -> list[str]:
        """Return the column names for the task types, in catalogue order."""
        return [column for group in self.groups for column in group.columns(task_types)]

    def extract(
        self,
        X: pd.DataFrame | ArrayLike,
        y: pd.Series | ArrayLike,
        task_type: TaskType | None = None,
        column_types: Mapping[str, ColumnType] | None = None,
    ) -> pd.Series:
        """Extract the metafeatures of one table.

        Parameters
        ----------
        X
            Features, shape (n_rows, n_features), read by the rules of :class:`foretune.tables.Table`; NaN
            and infinity are missing.
        y
            Target, shape (n_rows,), without missing values.
        task_type
            Task type; inferred by :func:`foretune.tables.infer_task_type` if None.
        column_types
            What columns are, by name, instead of what their values say.

        Returns
        -------
        Series
            Every metafeature of the task type, in catalogue order; NaN where undefined. Its ``attrs`` hold
            the settings, and the rows and columns read by each group.

        Raises
        ------
        ValueError
            If shapes do not match, there are no rows, or the target is invalid.

        Warns
        -----
        MetafeatureFailureWarning
            If a group failed or timed out; its values are NaN.
        """
        return self.describe(_read(X, y, task_type, column_types))

    def describe(self, table: Table) -> pd.Series:
        """Describe a table that was read; see ``extract``."""
        task = self._task_of(table)
        result = self._run_groups(task, "", self.groups)
        for name, part in result.results.items():
            if part.error:
                message = f"metafeature group {name!r} failed: {part.error}"
                warnings.warn(message, MetafeatureFailureWarning, stacklevel=3)
        values = pd.Series(named_values(result), index=self.columns([task.task_type]), dtype=np.float64)
        values.attrs[SETTINGS_ATTRIBUTE] = self.settings()
        values.attrs["read"] = {name: [part.n_rows, part.n_columns] for name, part in result.results.items()}
        return values

    def extract_many(
        self,
        tasks: Mapping[str, Task | Data] | Iterable[Task],
        n_workers: int = 1,
        on_progress: Progress | None = None,
        cache: MetafeatureCache | None = None,
    ) -> pd.DataFrame:
        """Extract the metafeatures of many tasks: the values of ``extract_with_costs``."""
        return self.extract_with_costs(tasks, n_workers, on_progress, cache).values

    def extract_with_costs(
        self,
        tasks: Mapping[str, Task | Data] | Iterable[Task],
        n_workers: int = 1,
        on_progress: Progress | None = None,
        cache: MetafeatureCache | None = None,
    ) -> Extraction:
        """Extract the metafeatures of many tasks, with costs and failures.

        Parameters
        ----------
        tasks
            Tasks, or a mapping by names (which take precedence) of tasks, or of ``(X, y)`` as for
            :meth:`extract`.
        n_workers
            Number of processes, started only if the work is large enough; values do not depend on it. The
            backend of ``joblib.parallel_config`` is respected.
        on_progress
            Called after each task with its name, the number of tasks done and their total.
        cache
            Cache of results by the content of tasks, to which new ones are added except failures.

        Returns
        -------
        Extraction
            Tables sorted by ``task_id`` (and group). With tasks of both types the columns are the union, NaN
            where not applicable. A task that cannot be described has a row of NaN and failures.

        Raises
        ------
        ValueError
            If two tasks have the same name, or a pair is invalid.
        """
        named = _by_name(tasks)
        keys = {name: self._keys(task) if cache else {} for name, task in named.items()}
        known = (
            cache.lookup([key for by_group in keys.values() for key in by_group.values()]) if cache else {}
        )
        jobs = []
        for name, task in named.items():
            missing = [group for group in self.groups if keys[name].get(group.name) not in known]
            if missing:
                jobs.append((name, task, missing))
        computed: dict[str, TaskResult] = {}
        n_done = len(named) - len(jobs)
        for result in self._run_jobs(jobs, n_workers):
            computed[result.task_id] = result
            if cache:
                cache.add({keys[result.task_id].get(group, ""): r for group, r in result.results.items()})
            if on_progress is not None:
                on_progress(result.task_id, n_done + len(computed), len(named))
        results = [self._joined(name, computed.get(name), keys[name], known) for name in sorted(named)]
        present = {task.task_type for task in named.values()}
        columns = self.columns([t for t in TASK_TYPES if t in present] or TASK_TYPES)
        return to_tables(results, columns, self.settings(), len(known))

    def _keys(self, task: Task) -> dict[str, str]:
        """Return the cache keys of all groups with a version; none for a task without a content hash."""
        content = hash_content(task)
        if content is None:
            return {}
        return {
            group.name: group_key(content, task.task_type, group, self.extraction_settings, self.random_state)
            for group in self.groups
            if group.version is not None
        }

    def _joined(
        self,
        name: str,
        computed: TaskResult | None,
        keys: Mapping[str, str],
        known: Mapping[str, GroupResult],
    ) -> TaskResult:
        """Combine cached and computed results of a task, in the order of the groups."""
        results = {}
        for group in self.groups:
            key = keys.get(group.name, "")
            if key in known:
                results[group.name] = known[key]
            elif computed is not None:
                results[group.name] = computed.results[group.name]
        return TaskResult(name, results)

    def _run_jobs(
        self, jobs: list[tuple[str, Task, list[MetafeatureGroup]]], n_workers: int
    ) -> Iterable[TaskResult]:
        workers = n_workers if _parallel_pays(task for _, task, _ in jobs) else 1
        calls = (delayed(self._run_task)(*job) for job in jobs)
        results: Iterable[TaskResult] = Parallel(n_jobs=workers, return_as="generator_unordered")(calls)
        return results

    def _run_task(self, task_id: str, task: Task, groups: Sequence[MetafeatureGroup]) -> TaskResult:
        try:
            description = self._task_of(_table_of(task))
        except Exception as error:  # noqa: BLE001 (one bad task must not end the run)
            failure = GroupResult({}, error=describe_error(error))
            return TaskResult(task_id, {group.name: failure for group in groups})
        return self._run_groups(description, task_id, groups)

    @staticmethod
    def _run_groups(task: TaskDescription, task_id: str, groups: Sequence[MetafeatureGroup]) -> TaskResult:
        # One thread, because the order of summation, and so the last bit, depends on the number of threads
        with one_thread():
            return TaskResult(task_id, {group.name: run_group(group, task, group.caps) for group in groups})

    def _task_of(self, table: Table) -> TaskDescription:
        return TaskDescription(table.X, table.y, table.task_type, self.extraction_settings, self.random_state)


def _read(
    X: pd.DataFrame | ArrayLike,
    y: pd.Series | ArrayLike,
    task_type: TaskType | None,
    column_types: Mapping[str, ColumnType] | None = None,
) -> Table:
    if task_type not in (None, *TASK_TYPES):
        raise ValueError(f"task_type must be one of {', '.join(TASK_TYPES)}, got {task_type!r}")
    table = Table.read(X, y, task_type, column_types=column_types)
    if not table.n_rows_given:
        raise ValueError("a table without rows has no metafeatures")
    if n_missing := table.n_rows_given - table.n_rows:
        raise ValueError(f"the target has {n_missing} missing values; drop those rows")
    return table


def _table_of(task: Task) -> Table:
    """Return the table of a task, whose columns were read when it was made, unless it was made by hand."""
    if not len(task.X):
        raise ValueError("a table without rows has no metafeatures")
    if len(task.X) != len(task.y) or not all(map(_is_read, [*task.X.dtypes, task.y.dtype])):
        return _read(task.X, task.y, task.task_type)
    rows = np.arange(len(task.X))
    X = task.X.loc[:, ~is_empty(task.X)]
    return Table(X, task.y, task.task_type, rows, len(rows), len(rows), TableFormat(()))


def _is_read(dtype: Any) -> bool:
    is_plain = isinstance(dtype, np.dtype) and dtype in (np.dtype("int64"), np.dtype("float64"))
    return is_plain or isinstance(dtype, pd.CategoricalDtype) or is_time(dtype)


def _parallel_pays(tasks: Iterable[Task]) -> bool:
    cells = [min(task.X.size, _MOST_CELLS) for task in tasks]
    return _SECONDS_PER_TASK * len(cells) + _SECONDS_PER_CELL * sum(cells) > _PARALLEL_PAYS_SECONDS


def _by_name(tasks: Mapping[str, Task | Data] | Iterable[Task]) -> dict[str, Task]:
    if isinstance(tasks, Mapping):
        return {name: _as_task(name, task) for name, task in tasks.items()}
    named: dict[str, Task] = {}
    for task in tasks:
        if task.task_id in named:
            raise ValueError(f"two tasks are called {task.task_id!r}")
        named[task.task_id] = task
    return named


def _as_task(name: str, task: Task | Data) -> Task:
    """Read a pair ``(X, y)``; a task stays as it is."""
    if isinstance(task, Task):
        return task
    if not isinstance(task, (tuple, list)) or len(task) != 2:
        raise ValueError(f"task {name!r} is a {type(task).__name__}: give a pair (X, y)")
    try:
        table = _read(*task, None)
    except ValueError as error:
        raise ValueError(f"task {name!r}: {error}") from error
    return Task(name, table.task_type, table.X, table.y)
