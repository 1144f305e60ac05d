"""Tables of trials for people and other tools, and exact copies of them for another ledger."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import TEXT
from foretune.ledger.imported_trial import ImportedTrial, average_repeats
from foretune.ledger.ledger import Ledger
from foretune.ledger.stored_trial import COLUMNS, StoredTrial
from foretune.spaces import Configuration

COPY_BATCH = 1000


def tabulate_trials(trials: Iterable[StoredTrial]) -> pd.DataFrame:
    """Put trials into a table, one row each, in their order.

    Returns
    -------
    pandas.DataFrame
        ``task_id, task_type, learner, config_id, strategy, fidelity, status, error, fit_seconds,
        engine_version, created_at``; ``metric_<name>``, the mean over the folds; ``fold_<i>_<name>``, the
        metric of each fold; ``params`` as JSON; ``param_<name>``, empty where inactive. Metrics are empty
        where a trial failed, and each has its own direction: none is the score.
    """
    return _tabulate([_own_row(trial) for trial in trials])


def tabulate_imported(trials: Iterable[ImportedTrial]) -> pd.DataFrame:
    """Put trials from elsewhere into a table that can be imported as a log.

    Returns
    -------
    pandas.DataFrame
        As :func:`tabulate_trials` with ``source`` and ``score`` (higher is better); one row per task, learner
        and configuration, the mean where several sources have it.
    """
    return _tabulate([_imported_row(trial) for trial in average_repeats(trials)])


def write_table(table: pd.DataFrame, file: Path) -> None:
    """Write a table as ``.parquet`` or ``.csv``.

    Raises
    ------
    ValueError
        If the file's name ends otherwise.
    """
    if file.suffix not in (".parquet", ".csv"):
        raise ValueError(f"{file} must end in .parquet or .csv")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".csv":
        table.to_csv(file, index=False)
    else:
        table.to_parquet(file, index=False, compression="zstd")


def write_copy(ledger: Ledger, file: Path) -> int:
    """Write all trials to a Parquet file from which :func:`read_copy` restores them to the last bit.

    Returns
    -------
    int
        How many there are.
    """
    table = pd.DataFrame([trial.to_row() for trial in ledger.rows()], columns=list(COLUMNS))
    write_table(table, file)
    return len(table)


def read_copy(ledger: Ledger, file: Path) -> int:
    """Record the trials of a copy that the ledger does not have.

    Returns
    -------
    int
        How many were recorded.

    Raises
    ------
    ValueError
        If the file is no copy of a ledger.
    """
    try:
        table = pd.read_parquet(file)
    except ValueError as error:
        raise ValueError(f"{file} is no copy of a ledger: {str(error).splitlines()[0]}") from error
    if missing := [name for name in COLUMNS if name not in table]:
        raise ValueError(f"{file} is no copy of a ledger: it has no column {missing[0]}")
    rows = table[list(COLUMNS)].itertuples(index=False, name=None)
    recorded = 0
    while batch := [StoredTrial.from_row(row) for row in islice(rows, COPY_BATCH)]:
        known = ledger.lookup(trial.key for trial in batch)
        recorded += ledger.record(trial for trial in batch if trial.key not in known)
    return recorded


def _own_row(trial: StoredTrial) -> dict[str, Any]:
    return {
        "task_id": trial.task_id,
        "task_type": trial.task_type,
        **_identity(trial.configuration),
        "fidelity": trial.fidelity,
        "status": trial.trial.status,
        "error": trial.trial.error,
        "fit_seconds": trial.trial.fit_seconds,
        "engine_version": trial.engine_version,
        "created_at": trial.created_at,
        **_metric_columns(trial.trial.fold_metrics),
        **_param_columns(trial.configuration),
    }


def _imported_row(trial: ImportedTrial) -> dict[str, Any]:
    return {
        "task_id": trial.task_id,
        **_identity(trial.configuration),
        "source": trial.source,
        "status": trial.status,
        "error": trial.error,
        "score": trial.score,
        "fit_seconds": trial.fit_seconds,
        **_metric_columns(trial.fold_metrics),
        **_param_columns(trial.configuration),
    }


def _identity(configuration: Configuration) -> dict[str, str]:
    return {
        "learner": configuration.learner,
        "config_id": configuration.config_id,
        "strategy": configuration.strategy,
    }


def _metric_columns(fold_metrics: list[dict[str, float]]) -> dict[str, float]:
    names = fold_metrics[0] if fold_metrics else {}
    means = {f"metric_{name}": float(np.mean([fold[name] for fold in fold_metrics])) for name in names}
    folds = {
        f"fold_{i}_{name}": value
        for i, measured in enumerate(fold_metrics)
        for name, value in measured.items()
    }
    return means | folds


def _param_columns(configuration: Configuration) -> dict[str, Any]:
    params = {f"param_{name}": value for name, value in configuration.params.items()}
    return {"params": json.dumps(configuration.params), **params}


def _tabulate(rows: list[dict[str, Any]]) -> pd.DataFrame:

    table = pd.DataFrame(rows)
    for name in table.columns:
        if name.startswith("param_"):
            table[name] = _one_type(table[name])
    head = [name for name in table.columns if not name.startswith(("metric_", "fold_", "param"))]
    tail = [
        name
        for prefix in ("metric_", "fold_", "params", "param_")
        for name in sorted(table.columns)
        if name.startswith(prefix)
    ]
    return table[head + tail]


def _one_type(column: pd.Series) -> pd.Series:
    """Let a column hold numbers, booleans or texts only, as files want it; empty stays empty."""
    kinds = {type(value) for value in column.dropna()}
    if kinds <= {int, float}:
        return column.astype("float64" if float in kinds or column.isna().any() else "int64")
    if kinds == {bool}:
        return column.astype("boolean")
    return column.map(str, na_action="ignore").astype(TEXT)
