"""Conversion of logs to the tables that the meta-model and the evaluation read."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from foretune.base import PATH, TEXT, check_kind
from foretune.logs.errors import LogError
from foretune.logs.families import group_tasks
from foretune.logs.files import LOG_NAME, name_of, named_log, read_log
from foretune.logs.log_frame import combine_logs
from foretune.logs.metafeatures import tidy_metafeatures
from foretune.logs.parameters import LogParameters
from foretune.logs.trials import tidy_trials
from foretune.meta_model import (
    Memory,
    MetaTrainingParameters,
    TargetKind,
    build_meta_dataset,
    train_memories,
    with_provenance,
)

logger = logging.getLogger(__name__)

# A table of trials or metafeatures, or the name of its file
Log: TypeAlias = pd.DataFrame | str | Path
PROVENANCE = "logged"
LEAST_DIFFERENT_SCORES = 3


@dataclass(frozen=True)
class LogTables:
    """Logs as Foretune's own tables.

    Attributes
    ----------
    trials
        One row per task and configuration: ``task_id, learner, config_id, strategy, status, score, params,
        param_*``; ``params`` are the arguments of the estimator's constructor as JSON.
    metafeatures
        One row per described task: ``task_id`` and ``float64`` columns.
    task_catalogue
        One row per task: ``task_id, task_type, family, source, provenance, content_hash``.
    task_groups
        One row per task: ``task_id, family, n_in_family, nearest_task, distance``.
    """

    trials: pd.DataFrame
    metafeatures: pd.DataFrame
    task_catalogue: pd.DataFrame
    task_groups: pd.DataFrame

    def build_meta_dataset(self, target: TargetKind = "copula") -> pd.DataFrame:
        """Join the tables to a meta-dataset; see :func:`foretune.meta_model.build_meta_dataset`."""
        return build_meta_dataset(self.trials, self.metafeatures, self.task_catalogue, target)

    def train_memories(
        self,
        parameters: MetaTrainingParameters | None = None,
        seed: int = 0,
        n_workers: int = 1,
        on_progress: Callable[[str, int, int], None] | None = None,
    ) -> dict[str, Memory]:
        """Train a memory for each task type, as the pipeline ``meta_training`` does.

        The result does not depend on the number of workers; :func:`foretune.meta_model.save_memory` writes a
        memory to a folder. ``on_progress`` is called after each member with a label, the number done and the
        total.
        """
        parameters = parameters or MetaTrainingParameters()
        table = self.build_meta_dataset(parameters.target)
        return with_provenance(
            train_memories(table, parameters, seed, n_workers, on_progress), self.trials, self.metafeatures
        )


def import_logs(
    trials: Log | Sequence[Log],
    metafeatures: Log | None = None,
    parameters: LogParameters | None = None,
) -> LogTables:
    """Convert logs of trials and metafeatures to Foretune's tables.

    Parameters
    ----------
    trials
        Table, or the name of a CSV or Parquet file, with ``task_id``, ``score`` and ``param_*`` columns, and
        optionally ``learner, config_id, status, family, task_type, is_default, strategy, fit_seconds``; or a
        list of these. See ``docs/your-own-logs.md``. :func:`foretune.logs.trials_from_study` and
        :func:`foretune.logs.trials_from_cv_results` make such tables. Tasks may have tried different
        configurations.
    metafeatures
        Table, or the name of a file, with ``task_id`` and numeric columns. None, or a table without columns,
        for none.
    parameters
        The defaults if not given.

    Returns
    -------
    LogTables
        The order of rows and columns makes no difference.

    Raises
    ------
    LogError
        If a table breaks the contract: one line that names the file, the column and the row.
    """
    check_kind("parameters", parameters, LogParameters, "LogParameters(...)", optional=True)
    parameters = parameters or LogParameters()
    log = _load_trials(trials)
    tidy = tidy_trials(log, parameters)
    tasks = tidy.drop_duplicates("task_id").set_index("task_id")
    described = None if metafeatures is None else _load(metafeatures, "metafeatures")
    tidy_described = tidy_metafeatures(described, tasks.index.tolist())
    hashes = _content_hashes(tidy)
    # With one or two distinct scores tasks may be equal by chance
    n_scores = tidy.groupby("task_id")["score"].nunique()
    telling = hashes.where(n_scores >= LEAST_DIFFERENT_SCORES)
    groups = group_tasks(tidy_described, tasks["family"], telling, parameters.family_threshold)
    logger.info(
        "%d trials of %d configurations on %d tasks, %d metafeatures",
        len(tidy),
        tidy["config_id"].nunique(),
        len(tasks),
        tidy_described.shape[1] - 1,
    )
    return LogTables(
        trials=tidy.drop(columns=["task_type", "family"]),
        metafeatures=tidy_described,
        task_catalogue=_catalogue(tasks, groups, hashes, name_of(log)),
        task_groups=groups,
    )


def _load(log: Log, name: str) -> pd.DataFrame:
    check_kind(name, log, (pd.DataFrame, *PATH), "a table or the name of its file")
    return named_log(read_log(log) if isinstance(log, str | Path) else log, name)


def _load_trials(logs: Log | Sequence[Log]) -> pd.DataFrame:
    """Load one log or several, with rows numbered by log for messages."""
    if isinstance(logs, pd.DataFrame | str | Path):
        return _load(logs, "trials")
    check_kind("trials", logs, (list, tuple), "a table, the name of its file, or a list of them")
    named = [_load(log, f"log {number}") for number, log in enumerate(logs, start=1)]
    if not named:
        raise LogError("no log is given: name a file, or give a table of trials")
    # Files of one name in several folders, whose rows would be taken for the same
    counts = Counter(map(name_of, named))
    labels = [
        name_of(log) if counts[name_of(log)] == 1 else f"{name_of(log)} (log {number})"
        for number, log in enumerate(named, start=1)
    ]
    rows = [[f"{row} of {label}" for row in log.index] for log, label in zip(named, labels, strict=True)]
    log = combine_logs([log.set_axis(names) for log, names in zip(named, rows, strict=True)])
    log.attrs[LOG_NAME] = ", ".join(map(name_of, named))
    return log


def _content_hashes(trials: pd.DataFrame) -> pd.Series:
    """Return a fingerprint of each task's configurations and scores."""
    hashes: dict[str, str] = {}
    for task_id, rows in trials.groupby("task_id", sort=True):
        digest = hashlib.sha256("\n".join(rows["config_id"]).encode())
        digest.update(np.ascontiguousarray(rows["score"].to_numpy(dtype="<f8")).tobytes())
        hashes[str(task_id)] = digest.hexdigest()
    return pd.Series(hashes, dtype=TEXT)


def _catalogue(tasks: pd.DataFrame, groups: pd.DataFrame, hashes: pd.Series, source: str) -> pd.DataFrame:
    catalogue = groups[["task_id", "family"]].assign(
        task_type=tasks["task_type"].loc[groups["task_id"]].to_numpy(),
        source=source,
        provenance=PROVENANCE,
        content_hash=hashes.loc[groups["task_id"]].to_numpy(),
    )
    return catalogue[["task_id", "task_type", "family", "source", "provenance", "content_hash"]]
