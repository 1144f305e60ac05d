"""Nodes of the pipeline ``logs``."""

from __future__ import annotations

from foretune.logs import LogParameters
from foretune.pipelines.frames import pd


def import_logs(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, parameters: LogParameters
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Check logs and convert them; return trials, metafeatures, task catalogue and near-duplicates."""
    from foretune import logs

    read = logs.import_logs(trials, metafeatures, parameters)
    return read.trials, read.metafeatures, read.task_catalogue, read.task_groups
