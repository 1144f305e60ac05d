"""Import of somebody else's logs: from their tables to those that the meta-model and the evaluation read."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from foretune.base import TEXT
from foretune.logs.families import group_tasks
from foretune.logs.files import named_log, read_log
from foretune.logs.metafeatures import tidy_metafeatures
from foretune.logs.parameters import LogParameters
from foretune.logs.trials import tidy_trials
from foretune.meta_model import Memory, MetaTrainingParameters, TargetKind

logger = logging.getLogger(__name__)

PROVENANCE = "logged"
LEAST_DIFFERENT_SCORES = 3


@dataclass(frozen=True)
class LogTables:
    """Somebody else's logs in Foretune's own tables.

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
        """Join them; see :func:`foretune.meta_model.meta_dataset.build_meta_dataset`."""
        from foretune.meta_model import build_meta_dataset

        return build_meta_dataset(self.trials, self.metafeatures, self.task_catalogue, target)

    def train_memories(
        self, parameters: MetaTrainingParameters | None = None, seed: int = 0, n_workers: int = 1
    ) -> dict[str, Memory]:
        """Learn from them, as the pipeline ``meta_training`` does.

        Parameters
        ----------
        parameters
            The defaults if not given.
        seed
            Seed of everything random.
        n_workers
            Members trained at once; the result does not depend on it.

        Returns
        -------
        dict
            A surrogate for each task type; it can be the ``memory`` of a recommendation, and
            :func:`foretune.meta_model.artifact.save_memory` keeps it.
        """
        from foretune.meta_model import MetaTrainingParameters, train_memories, with_provenance

        parameters = parameters or MetaTrainingParameters()
        table = self.build_meta_dataset(parameters.target)
        return with_provenance(
            train_memories(table, parameters, seed, n_workers), self.trials, self.metafeatures
        )


def import_logs(
    trials: pd.DataFrame | str | Path,
    metafeatures: pd.DataFrame | str | Path | None = None,
    parameters: LogParameters | None = None,
) -> LogTables:
    """Import trials and metafeatures that somebody else measured.

    Parameters
    ----------
    trials
        Table, or the name of a CSV or Parquet file, with ``task_id``, ``score`` and ``param_*`` columns, and
        optionally ``learner, config_id, status, family, task_type, is_default, strategy, fit_seconds``. See
        ``docs/your-own-logs.md``. Tasks may have tried different configurations.
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
    parameters = parameters or LogParameters()
    log = named_log(_load(trials), "trials")
    tidy = tidy_trials(log, parameters)
    tasks = tidy.drop_duplicates("task_id").set_index("task_id")
    described = None if metafeatures is None else named_log(_load(metafeatures), "metafeatures")
    tidy_described = tidy_metafeatures(described, tasks.index.tolist())
    hashes = _content_hashes(tidy)
    # With one or two different scores tasks are equal by chance
    n_scores = tidy.groupby("task_id")["score"].nunique()
    telling = hashes.where(n_scores >= LEAST_DIFFERENT_SCORES)
    groups = group_tasks(tidy_described, tasks["family"], telling, parameters.family_threshold)
    logger.info(
        "imported %d trials of %d configurations on %d tasks, %d metafeatures",
        len(tidy),
        tidy["config_id"].nunique(),
        len(tasks),
        tidy_described.shape[1] - 1,
    )
    return LogTables(
        trials=tidy.drop(columns=["task_type", "family"]),
        metafeatures=tidy_described,
        task_catalogue=_catalogue(tasks, groups, hashes, str(log.attrs["log_name"])),
        task_groups=groups,
    )


def _load(table: pd.DataFrame | str | Path) -> pd.DataFrame:
    return read_log(table) if isinstance(table, str | Path) else table


def _content_hashes(trials: pd.DataFrame) -> pd.Series:
    """Fingerprint of each task's trials: which configurations, and how they scored."""
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
