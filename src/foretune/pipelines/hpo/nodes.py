"""Nodes of the pipeline ``hpo``."""

from __future__ import annotations

from typing import Any

from foretune.base import show_progress
from foretune.execution import ParallelParameters
from foretune.hpo import HpoParameters
from foretune.pipelines.frames import pd


def evaluate_configurations(
    tasks: dict[str, Any],
    task_catalogue: pd.DataFrame,
    trial_ledger: Any,
    parameters: HpoParameters,
    parallel: ParallelParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate the configurations that the ledger does not hold; return all trials and their costs."""
    from foretune.hpo import check_that_learners_work, run_hpo
    from foretune.recommendation.core import expect_trials
    from foretune.tasks import read_partitions

    # Within a budget of time nothing is started that is not expected to end in it
    has_limit = parameters.budget.seconds_total or parameters.budget.seconds_per_task
    expect = expect_trials(parameters.n_folds) if has_limit else None
    known_tasks = read_partitions(tasks, task_catalogue)
    with show_progress("hpo") as on_progress, trial_ledger as ledger:
        trials, costs = run_hpo(known_tasks, parameters, seed, parallel, on_progress, ledger, expect)
    check_that_learners_work(trials)
    return trials, costs
