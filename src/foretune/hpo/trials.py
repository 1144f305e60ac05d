"""The table of trials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from foretune.hpo.configuration import Configuration
    from foretune.hpo.evaluation import Trial

KEYS = ["task_id", "learner", "config_id"]


def trial_row(task_id: str, configuration: Configuration, trial: Trial, n_folds: int) -> dict[str, Any]:
    """Put a trial into one flat row.

    ``param_*`` columns follow scikit-learn's ``cv_results_`` and are empty where inactive or left
    to the library; ``params`` holds the same as JSON, from which the configuration can be built again.
    """
    fold_scores = trial.fold_scores or [float("nan")] * n_folds
    return {
        "task_id": task_id,
        "learner": configuration.learner,
        "config_id": configuration.config_id,
        "strategy": configuration.strategy,
        "score": trial.score,
        "score_std": trial.score_std,
        **{f"metric_{name}": value for name, value in trial.metrics.items()},
        **{f"score_fold_{i}": score for i, score in enumerate(fold_scores)},
        "status": trial.status,
        "error": trial.error,
        "params": json.dumps(configuration.params),
        **{f"param_{name}": value for name, value in configuration.params.items()},
        "fit_seconds": trial.fit_seconds,
    }


def collect_trials(rows: list[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Gather rows to the tables of trials and of costs, sorted by task, learner and configuration.

    Parameters
    ----------
    rows
        As :func:`trial_row` makes them, in any order.

    Returns
    -------
    trials, costs
        ``param_*`` and metric columns are the union over all rows, in alphabetical order and last.
    """
    import pandas as pd

    table = pd.DataFrame(rows).sort_values(KEYS, ignore_index=True)
    head = [*KEYS, "strategy", "status", "error", "score", "score_std"]
    families = ("score_fold_", "metric_", "params", "param_")
    tail = [name for prefix in families for name in sorted(table.columns) if _belongs(name, prefix)]
    trials = table[head + tail].infer_objects()
    return trials, table[[*KEYS, "fit_seconds"]]


def _belongs(name: str, prefix: str) -> bool:
    return name == prefix if prefix == "params" else name.startswith(prefix)
