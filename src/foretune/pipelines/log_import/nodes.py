"""Nodes of the pipeline ``log_import``."""

from __future__ import annotations

from foretune.meta_model.imports.parameters import ImportParameters
from foretune.pipelines.frames import pd


def import_logs(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, parameters: ImportParameters
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Check somebody else's logs; return trials, metafeatures, task catalogue and near-duplicates."""
    from foretune.meta_model import imports

    logs = imports.import_logs(trials, metafeatures, parameters)
    return logs.trials, logs.metafeatures, logs.task_catalogue, logs.task_groups
