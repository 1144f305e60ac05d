"""Metafeatures of a log: numbers that describe its tasks."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import TEXT, counted, quoted
from foretune.logs.cells import as_numbers, as_texts
from foretune.logs.checks import (
    CellCheck,
    Schema,
    check_schema,
    fail_at,
    is_given,
    require_column,
)
from foretune.logs.errors import LogError
from foretune.logs.files import name_of
from foretune.meta_model import SETTINGS_ATTRIBUTE
from foretune.metafeatures import MetafeatureExtractor
from foretune.spaces import LARGEST_NUMBER

logger = logging.getLogger(__name__)

# pandas' name of the unnamed index column in a written table
NUMBER_OF_THE_ROW = r"(Unnamed: \d+)?"
SCHEMA: Schema = {"task_id": [CellCheck(is_given, "is empty: every row needs its task")]}


def tidy_metafeatures(log: pd.DataFrame | None, task_ids: Sequence[str]) -> pd.DataFrame:
    """Check a table of metafeatures and convert it to Foretune's own form.

    Parameters
    ----------
    log
        ``task_id`` and numeric columns, or None. The index is the row that messages name.
    task_ids
        Tasks that have trials.

    Returns
    -------
    pandas.DataFrame
        ``task_id``, then ``float64`` columns, NaN where missing: one row for each of the tasks that has any
        metafeature, sorted. Columns without two different values are left out. Where Foretune's own extractor
        made all of them, ``attrs["metafeature_settings"]`` are its settings.

    Raises
    ------
    LogError
        If ``task_id`` is missing, a task has two different rows, a cell in a column of numbers is none, or no
        row belongs to a task of the trials.
    """
    if log is None or log.shape[1] == 0:
        return pd.DataFrame({"task_id": pd.Series([], dtype=TEXT)})
    require_column(log, "task_id")
    if log.empty:
        raise LogError(f"{name_of(log)} has a header but no rows")
    check_schema(log, SCHEMA)
    values = _numbers(log)
    values.insert(0, "task_id", as_texts(log["task_id"]))
    values = values.drop_duplicates()
    is_repeated = log.index.isin(values.index[values.duplicated("task_id")])
    fail_at(log, "task_id", is_repeated, "has another row with other values: a task has one row")
    values = _of_known_tasks(values, task_ids, name_of(log))
    is_described = values.drop(columns="task_id").notna().any(axis="columns")
    values = values[is_described].sort_values("task_id", ignore_index=True)
    _say_missing(len(values), len(task_ids), name_of(log))
    tidied = _drop_constant(values, name_of(log))
    tidied.attrs.update(_settings_of(log, list(tidied.columns.drop("task_id"))))
    return tidied


def _numbers(log: pd.DataFrame) -> pd.DataFrame:
    """Convert every column to numbers, without columns that have none."""
    numbers: dict[str, np.ndarray] = {}
    texts: list[str] = []
    infinite: list[str] = []
    for column in log.columns.drop("task_id"):
        if re.fullmatch(NUMBER_OF_THE_ROW, column):
            continue
        read = as_numbers(log[column])
        if read.is_wrong.any() and np.isnan(read.values).all():
            texts.append(column)
            continue
        fail_at(log, column, read.is_wrong, "is no number: leave it empty where it is not known")
        too_large = np.abs(read.values) > LARGEST_NUMBER
        if too_large.any():
            infinite.append(f"{column} in row {log.index[int(np.argmax(too_large))]}")
        numbers[column] = np.where(too_large, np.nan, read.values)
    if texts:
        logger.warning("%s: columns of texts are no metafeatures, dropped: %s", name_of(log), quoted(texts))
    if infinite:
        logger.warning(
            "%s: infinite values count as missing, in %s: %s",
            name_of(log),
            counted(len(infinite), "column"),
            quoted(infinite),
        )
    return pd.DataFrame(numbers, index=log.index)


def _of_known_tasks(values: pd.DataFrame, task_ids: Sequence[str], name: str) -> pd.DataFrame:
    known = values["task_id"].isin(list(task_ids))
    if not known.any():
        theirs = quoted(values["task_id"].head(1))
        raise LogError(
            f"{name} describes no task of the trials: its task_id is {theirs} where theirs is "
            f"{quoted(task_ids[:1])}"
        )
    if not known.all():
        logger.info(
            "%s: %s without trials ignored: %s",
            name,
            counted(int((~known).sum()), "task"),
            quoted(sorted(values.loc[~known, "task_id"])),
        )
    return values[known]


def _say_missing(n_described: int, n_tasks: int, name: str) -> None:
    if n_described < n_tasks:
        logger.warning(
            "%s: %d of %s without metafeatures; they count as missing",
            name,
            n_tasks - n_described,
            counted(n_tasks, "task"),
        )


def _drop_constant(values: pd.DataFrame, name: str) -> pd.DataFrame:
    described = values.drop(columns="task_id")
    constant = described.columns[described.nunique(dropna=True) < 2]
    if len(constant):
        logger.info(
            "%s: %s without two different values dropped: %s",
            name,
            counted(len(constant), "metafeature"),
            quoted(constant),
        )
    return values.drop(columns=constant)


def _settings_of(log: pd.DataFrame, columns: list[str]) -> dict[str, Any]:
    """Return the settings of Foretune's extractor, if it computed the metafeatures."""
    settings = log.attrs.get(SETTINGS_ATTRIBUTE)
    if settings is None:
        return {}
    try:
        made = MetafeatureExtractor.from_settings(settings).columns()
    # They come from a file, and may be invalid or of another version
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        logger.warning(
            "%s: its extractor's settings cannot be used (%s): metafeatures of a new table must be given",
            name_of(log),
            " ".join(str(error).split()),
        )
        return {}
    if others := [column for column in columns if column not in made]:
        logger.info(
            "%s: %s not of Foretune's extractor (%s): metafeatures of a new table must be given",
            name_of(log),
            counted(len(others), "column"),
            quoted(others),
        )
        return {}
    return {SETTINGS_ATTRIBUTE: settings}
