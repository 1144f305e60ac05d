"""Table of trials: scores, statuses and configurations."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import LONGEST_MESSAGE, TaskType, UserError, shortened
from foretune.execution import shorten
from foretune.hpo.parameters import HpoParameters
from foretune.learners import METRICS, STOPPED, Trial
from foretune.ledger import STATUSES
from foretune.spaces import Configuration
from foretune.tasks import Task

MOST_REASONS = 3
LONGEST_REASON = 120
N_ROUNDS = "n_rounds"
# A trial that was stopped is no failure
WORKED = ("ok", STOPPED)
KEYS = ["task_id", "learner", "config_id"]


class NoTrialWorkedError(UserError):
    """All trials of a run, or of one learner, failed."""


def fold_scores_of(trial: Trial, task_type: TaskType, parameters: HpoParameters) -> list[float]:
    """Return the scores on the folds that ran, higher is better; an empty list if the trial failed."""
    name = parameters.score.of(task_type)
    sign = 1.0 if METRICS[task_type][name].higher_is_better else -1.0
    return [sign * measured[name] for measured in trial.fold_metrics]


def score_of(trial: Trial, task_type: TaskType, parameters: HpoParameters) -> float | None:
    """Return the mean score over the folds, higher is better; None if the trial failed or was stopped."""
    fold_scores = fold_scores_of(trial, task_type, parameters)
    is_usable = trial.status == "ok" and np.all(np.isfinite(fold_scores))
    return float(np.mean(fold_scores)) if is_usable else None


def trial_row(
    task: Task, configuration: Configuration, trial: Trial, parameters: HpoParameters
) -> dict[str, Any]:
    """Convert a trial to a flat row.

    ``param_*`` columns follow scikit-learn's ``cv_results_`` and are empty if inactive or left to the
    library; ``params`` holds the same as JSON, which restores the configuration. A trial whose score is not
    finite on every fold counts as failed. One that a race stopped has the scores of its first folds, but no
    means. ``n_rounds`` is there if early stopping chose the boosting rounds; each metric then is that of its
    own best number of rounds, ``n_rounds`` that of the score.
    """
    metrics = METRICS[task.task_type]
    fold_scores = fold_scores_of(trial, task.task_type, parameters)
    status, error = trial.status, trial.error
    if not np.all(np.isfinite(fold_scores)):
        score = parameters.score.of(task.task_type)
        status, error = "failed", f"score {score} is not finite on every fold: {fold_scores}"
    is_ok = status == "ok"
    means = {f"metric_{name}": _mean_of(trial, name) if is_ok else np.nan for name in metrics}
    seen = fold_scores if status in WORKED else []
    # Means are those of all folds that were to run, or none
    is_whole = is_ok and len(seen) == parameters.n_folds_to_run(len(task.y))
    fold_scores = [*seen, *[np.nan] * (parameters.n_folds - len(seen))]
    return {
        "task_id": task.task_id,
        "learner": configuration.learner,
        "config_id": configuration.config_id,
        "strategy": configuration.strategy,
        "score": float(np.mean(seen)) if is_whole else np.nan,
        "score_std": float(np.std(seen)) if is_whole and len(seen) > 1 else np.nan,
        **means,
        **{f"score_fold_{i}": value for i, value in enumerate(fold_scores)},
        **({} if trial.rounds is None else {N_ROUNDS: trial.rounds.chosen}),
        "status": status,
        "error": error,
        "params": json.dumps(configuration.params),
        **{f"param_{name}": value for name, value in configuration.params.items()},
        "fit_seconds": trial.fit_seconds,
    }


def _mean_of(trial: Trial, metric: str) -> float:
    """Return the mean of a metric over the folds, at its own best number of rounds if there are several."""
    if trial.rounds is not None and metric in trial.rounds.best:
        return float(trial.rounds.best[metric][0])
    return float(np.mean([measured[metric] for measured in trial.fold_metrics]))


def describe_statuses(rows: Sequence[Mapping[str, Any]]) -> str:
    """Describe in one line the number of trials by status and the most frequent errors."""
    statuses = Counter(row["status"] for row in rows)
    text = ", ".join(f"{statuses[status]} {status}" for status in STATUSES if statuses[status])
    reasons = Counter(f"{row['learner']}: {row['error']}" for row in rows if row["status"] not in WORKED)
    listed = "; ".join(f"{n} x {reason[:LONGEST_REASON]}" for reason, n in reasons.most_common(MOST_REASONS))
    return f"{text}; most often {listed}" if listed else text


def check_that_learners_work(trials: pd.DataFrame) -> None:
    """Check that each learner has a trial that worked.

    Raises
    ------
    NoTrialWorkedError
        If one has none; the message names it and the most frequent errors.
    """
    works = trials["status"].eq("ok").groupby(trials["learner"]).any()
    broken = [str(learner) for learner in works.index[~works]]
    if not broken:
        return
    names = ("learner", "status", "error")
    of_broken = trials[trials["learner"].isin(broken)]
    rows = [dict(zip(names, row, strict=True)) for row in of_broken[list(names)].to_numpy()]
    which = "no trial worked" if len(broken) == len(works) else f"no trial of {shorten(broken)} worked"
    raise NoTrialWorkedError(
        shortened(
            f"{which}: {describe_statuses(rows)}; mend the learner, or take it out of hpo.learners (what "
            f"worked is kept in the ledger)",
            LONGEST_MESSAGE,
        )
    )


def collect_trials(rows: list[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Combine rows to the tables of trials and costs, sorted by task, learner and configuration.

    Parameters
    ----------
    rows
        Rows of :func:`trial_row` in any order.

    Returns
    -------
    trials, costs
        ``param_*`` and metric columns are the union over all rows and come last, in alphabetical order.
    """
    table = pd.DataFrame(rows).sort_values(KEYS, ignore_index=True)
    head = [*KEYS, "strategy", "status", "error", "score", "score_std"]
    if N_ROUNDS in table:
        table[N_ROUNDS] = table[N_ROUNDS].astype("Int64")
        head.append(N_ROUNDS)
    families = ("score_fold_", "metric_", "params", "param_")
    tail = [name for prefix in families for name in sorted(table.columns) if _belongs(name, prefix)]
    trials = table[head + tail].infer_objects()
    return trials, table[[*KEYS, "fit_seconds"]]


def _belongs(name: str, prefix: str) -> bool:
    return name == prefix if prefix == "params" else name.startswith(prefix)
