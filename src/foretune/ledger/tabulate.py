"""Tables of the trials in a ledger, and backups from which another ledger restores them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import first_line, require_package
from foretune.learners import STOPPED
from foretune.ledger.errors import BackupError
from foretune.ledger.ledger import Ledger
from foretune.ledger.row_checks import DamagedRowError
from foretune.ledger.stored_trial import COLUMNS, StoredTrial
from foretune.ledger.tables import ADDED_BY_2
from foretune.spaces import PARAM_PREFIX
from foretune.tables import one_type, write_table

BACKUP_BATCH = 1000
CONFIG_ID = "config_id"


def tabulate_trials(trials: Iterable[StoredTrial]) -> pd.DataFrame:
    """Tabulate trials, one row each, in their order.

    Returns
    -------
    pandas.DataFrame
        ``task_id, task_type, learner, config_id, strategy, fidelity, status, error, fit_seconds,
        engine_version, created_at``; ``n_rounds``, the boosting rounds, if early stopping chose them;
        ``metric_<name>``, the mean over the folds; ``fold_<i>_<name>``, the metric of each fold; ``params``
        as JSON; ``param_<name>``, empty where inactive. Metrics are empty where a trial failed; where a race
        stopped it, means and later folds are. Each metric has its own direction: none is the score.
    """
    table = pd.DataFrame([_row(trial) for trial in trials])
    for name in [name for name in table.columns if name.startswith(PARAM_PREFIX)]:
        table[name] = one_type(table[name])
    groups = ("metric_", "fold_", "params", PARAM_PREFIX)
    head = [name for name in table.columns if not name.startswith(groups)]
    tail = [name for prefix in groups for name in sorted(table.columns) if name.startswith(prefix)]
    return table[head + tail]


def write_backup(ledger: Ledger, file: Path, beside: Sequence[Path] = ()) -> int:
    """Back up all trials to a Parquet file from which :func:`restore_backup` restores them to the last bit.

    Parameters
    ----------
    ledger, file
        The ledger, and the file to write.
    beside
        Earlier backups, whose trials are left out: a ledger that grows is backed up in parts.

    Returns
    -------
    int
        How many were written.

    Raises
    ------
    BackupError
        If the file is not named ``.parquet``.
    WritingError
        If the system cannot write it.
    """
    if file.suffix != ".parquet":
        raise BackupError(
            f"{file} must end in .parquet, from which it can be restored; foretune ledger export writes CSV"
        )
    known = {trial.key for earlier in beside for trial in _read_backup(earlier)}
    rows = [trial.to_row() for trial in ledger.rows() if trial.key not in known]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    write_table(table, file)
    return len(table)


def restore_backup(ledger: Ledger, file: Path) -> int:
    """Restore the trials of a backup that the ledger does not have, or has only of the first folds.

    Returns
    -------
    int
        How many were recorded.

    Raises
    ------
    BackupError
        If the file is no backup of a ledger, or one of its rows is no trial; nothing is recorded then.
    """
    trials = _read_backup(file)
    recorded = 0
    for start in range(0, len(trials), BACKUP_BATCH):
        batch = trials[start : start + BACKUP_BATCH]
        known = ledger.lookup(trial.key for trial in batch)
        recorded += ledger.record(trial for trial in batch if _adds(trial, known.get(trial.key)))
    return recorded


def _adds(trial: StoredTrial, known: StoredTrial | None) -> bool:
    """Whether a trial is new, or complete where a race stopped the one that is known."""
    return known is None or (known.trial.status == STOPPED and trial.trial.status == "ok")


def _read_backup(file: Path) -> list[StoredTrial]:
    rows = _read_rows(file)
    try:
        trials = [StoredTrial.from_row(row) for row in rows]
    except DamagedRowError as error:
        raise BackupError(f"{file} cannot be restored, {error}") from None
    if len({trial.key for trial in trials}) < len(trials):
        raise BackupError(f"{file} cannot be restored, it has two trials with one key")
    return trials


def _read_rows(file: Path) -> list[tuple[Any, ...]]:
    """Read the values of a backup, of whatever type they are."""
    require_package("a Parquet file", "pyarrow")
    try:
        table = pd.read_parquet(file)
        names = [str(name) for name in table.columns]
        # Texts that are not UTF-8 are found only here
        values = [table.iloc[:, position].tolist() for position in range(len(names))]
    except Exception as error:  # whatever a damaged file makes of its reader
        raise BackupError(f"{file} is no backup of a ledger: {first_line(error)}") from error
    if len(set(names)) < len(names):
        raise BackupError(f"{file} is no backup of a ledger: it has two columns of one name")
    # Backups of the first versions have no config_id, and later ones neither rounds nor context
    none = [None] * len(table)
    columns = dict.fromkeys((CONFIG_ID, *ADDED_BY_2), none) | dict(zip(names, values, strict=True))
    for name in ADDED_BY_2:
        columns[name] = [None if _is_missing(one) else one for one in columns[name]]
    if missing := [name for name in COLUMNS if name not in columns]:
        raise BackupError(f"{file} is no backup of a ledger: it has no column {missing[0]}")
    return list(zip(*(columns[name] for name in COLUMNS), strict=True))


def _is_missing(value: object) -> bool:
    """Whether it is what pandas makes of a text that is missing among others."""
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _row(trial: StoredTrial) -> dict[str, Any]:
    configuration, outcome = trial.configuration, trial.trial
    return {
        "task_id": trial.task_id,
        "task_type": trial.task_type,
        "learner": configuration.learner,
        "config_id": configuration.config_id,
        "strategy": configuration.strategy,
        "fidelity": trial.fidelity,
        "status": outcome.status,
        "error": outcome.error,
        "fit_seconds": outcome.fit_seconds,
        "engine_version": trial.engine_version,
        "created_at": trial.created_at,
        **({} if outcome.rounds is None else {"n_rounds": outcome.rounds.chosen}),
        **_metric_columns(outcome.fold_metrics, is_complete=outcome.status != STOPPED),
        "params": json.dumps(configuration.params),
        **{f"{PARAM_PREFIX}{name}": value for name, value in configuration.params.items()},
    }


def _metric_columns(fold_metrics: list[dict[str, float]], *, is_complete: bool) -> dict[str, float]:
    names = fold_metrics[0] if fold_metrics else {}
    # A mean of the first folds does not compare with that of all
    means = {
        f"metric_{name}": float(np.mean([fold[name] for fold in fold_metrics])) if is_complete else np.nan
        for name in names
    }
    folds = {
        f"fold_{i}_{name}": value
        for i, measured in enumerate(fold_metrics)
        for name, value in measured.items()
    }
    return means | folds
