"""Hyperparameter columns and configuration ids of a log."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from foretune.base import TEXT, counted, parse_numbers, quoted
from foretune.logs.cells import SURE_DECIMAL_COMMA, as_texts, is_plain, number_as_text, with_points
from foretune.logs.errors import LogError
from foretune.logs.files import name_of
from foretune.spaces import ID_LENGTH, LARGEST_NUMBER, LEARNER, PARAM_PREFIX, is_number_text

logger = logging.getLogger(__name__)


def hyperparameters_of(log: pd.DataFrame) -> list[str]:
    """List the hyperparameter columns of a log.

    Raises
    ------
    LogError
        If there is none, or one has a name that cannot be used.
    """
    names = [str(name) for name in log.columns if str(name).startswith(PARAM_PREFIX)]
    if not names:
        raise LogError(
            f"{name_of(log)} has no hyperparameter column: name them {PARAM_PREFIX}<name>; its columns are "
            f"{quoted(log.columns)}"
        )
    for name in names:
        if name == PARAM_PREFIX or "=" in name:
            raise LogError(
                f"{name_of(log)}: the column '{name}' needs a name after '{PARAM_PREFIX}' that is not empty "
                "and has no '=' in it"
            )
    if f"{PARAM_PREFIX}{LEARNER}" in names and LEARNER in log.columns:
        raise LogError(
            f"{name_of(log)} has both '{LEARNER}' and '{PARAM_PREFIX}{LEARNER}': give one another name"
        )
    return sorted(names)


def tidy_hyperparameter(cells: pd.Series) -> pd.Series:
    """Read a hyperparameter as numbers if all its values are, else as texts.

    Numbers in a text column are written in one way (``3.0`` becomes ``3``), so that the same value is the
    same text. Commas are decimal where one follows a zero. Infinite numbers, those too large for the
    surrogate and booleans become text. NaN where inactive.
    """
    if is_plain(cells):
        values = parse_numbers(cells)
        is_missing = (cells.isna() | (cells == "")).to_numpy(dtype=bool)
        # What 32-bit floats do not hold becomes text below
        if ((np.abs(values) <= LARGEST_NUMBER) | is_missing).all():
            return pd.Series(values, index=cells.index, name=cells.name)
    texts = with_points(as_texts(cells), SURE_DECIMAL_COMMA)
    codes, uniques = pd.factorize(texts)
    is_number = np.array([is_number_text(text) for text in uniques], dtype=bool)
    numbers = np.array(
        [float(text) if ok else np.nan for text, ok in zip(uniques, is_number, strict=True)], dtype=np.float64
    )
    if is_number.all():
        return pd.Series(np.append(numbers, np.nan)[codes], index=cells.index, name=cells.name)
    written = [
        number_as_text(number) if is_a_number else str(text)
        for text, number, is_a_number in zip(uniques, numbers, is_number, strict=True)
    ]
    spread = np.array([*written, None], dtype=object)[codes]
    return pd.Series(spread, index=cells.index, name=cells.name, dtype=TEXT)


def derive_config_ids(learners: pd.Series, hyperparameters: pd.DataFrame) -> pd.Series:
    """Derive the identity of each row's configuration from its learner and active hyperparameters.

    Sixteen hexadecimal digits of a SHA-256 hash, the same on every task, in every log and for any other
    columns. Floats count with twelve significant digits.

    Parameters
    ----------
    learners
        Text, one per row.
    hyperparameters
        Columns of :func:`tidy_hyperparameter`, NaN where inactive.
    """
    parts = [_written(LEARNER, learners)]
    parts += [_written(name, hyperparameters[name]) for name in sorted(map(str, hyperparameters))]
    identities = ["".join(row) for row in zip(*parts, strict=True)]
    codes, uniques = pd.factorize(np.array(identities, dtype=object))
    hashes = np.array(
        [hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH] for text in uniques], dtype=object
    )
    return pd.Series(hashes[codes], index=learners.index, dtype=TEXT)


def choose_config_ids(
    name: str, task_ids: pd.Series, given: pd.Series | None, derived: pd.Series
) -> pd.Series:
    """Keep the given identities of configurations if each means one everywhere, else take the derived ones.

    Parameters
    ----------
    name
        Of the log, for the messages.
    task_ids
        Task of each row.
    given
        Column ``config_id`` as text, or None.
    derived
        Made by :func:`derive_config_ids`.
    """
    if given is None:
        return derived
    pairs = pd.DataFrame({"task_id": task_ids, "given": given, "derived": derived})
    n_meanings = pairs.groupby("given")["derived"].nunique()
    ambiguous = n_meanings.index[n_meanings > 1]
    if len(ambiguous):
        logger.warning(
            "%s: config_id stands for different configurations (%s): derived from learner and "
            "hyperparameters instead",
            name,
            quoted(ambiguous),
        )
        return derived
    is_shared = pairs.groupby("derived")["given"].transform("nunique") > 1
    n_on_a_task = pairs[is_shared].groupby(["task_id", "derived"])["given"].nunique()
    if len(n_on_a_task) and n_on_a_task.max() == 1:
        logger.warning(
            "%s: one configuration has several config_ids, each on other tasks: derived from learner and "
            "hyperparameters instead",
            name,
        )
        return derived
    return given


def useful_hyperparameters(name: str, hyperparameters: pd.DataFrame, max_categories: int) -> Sequence[str]:
    """Select the columns that distinguish configurations, and report the others.

    Text columns with more than ``max_categories`` values are left out. ``name`` is the log's, for messages.
    """
    kept: list[str] = []
    same: list[str] = []
    for column in hyperparameters:
        values = hyperparameters[column]
        n_values = values.nunique()
        if n_values + values.isna().any() <= 1:
            same.append(str(column))
        elif not is_numeric_dtype(values.dtype) and (n_texts := _count_texts(values)) > max_categories:
            logger.warning(
                "%s: %s holds %d different texts, more than logs.max_categories = %d: dropped",
                name,
                column,
                n_texts,
                max_categories,
            )
        else:
            kept.append(str(column))
    if same:
        logger.info(
            "%s: %s without two different values dropped: %s",
            name,
            counted(len(same), "hyperparameter"),
            quoted(same),
        )
    return kept


def _written(name: str, values: pd.Series) -> list[str]:
    """Write name and value of each row, nothing where it is inactive."""
    codes, uniques = pd.factorize(values)
    write = number_as_text if is_numeric_dtype(values.dtype) else _quote_unless_number
    key = json.dumps(name)
    written = [f"{key}:{write(value)}\n" for value in uniques]
    spread: list[str] = np.array([*written, ""], dtype=object)[codes].tolist()
    return spread


def _quote_unless_number(text: str) -> str:
    # 3 in a column of texts equals the 3 in a column of numbers
    return text if is_number_text(text) else json.dumps(text)


def _count_texts(values: pd.Series) -> int:
    return sum(not is_number_text(text) for text in values.dropna().unique())
