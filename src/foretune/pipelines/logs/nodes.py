"""Nodes of the pipeline ``logs``."""

from __future__ import annotations

from foretune.logs import LogParameters
from foretune.pipelines.frames import pd


def import_logs(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, parameters: LogParameters
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Check logs and convert them; return trials, metafeatures, task catalogue and near-duplicates."""
    from foretune import logs
    from foretune.base import quote_formulas

    read = logs.import_logs(trials, metafeatures, parameters)
    # A CSV file to look at, with names that others chose
    return read.trials, read.metafeatures, read.task_catalogue, quote_formulas(read.task_groups)
