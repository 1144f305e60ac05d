"""Evaluates the shared design on every task, in parallel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foretune.hpo.design import design_configurations
from foretune.hpo.folds import make_folds
from foretune.hpo.paths import evaluate_group, group_by_path
from foretune.hpo.trials import trial_row
from foretune.parameters import TASK_TYPES
from foretune.seeds import derive_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from foretune.hpo.configuration import Configuration
    from foretune.hpo.parameters import HpoParameters
    from foretune.tasks.task import Task


@dataclass(frozen=True)
class Batch:
    """The configurations of one learner on one task: the unit of parallel work."""

    task: Task
    learner: str
    configurations: list[Configuration]


def run_hpo(
    tasks: Mapping[str, Task],
    parameters: HpoParameters,
    seed: int,
    n_workers: int = 1,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate every learner's default and Sobol configurations on every task.

    Parameters
    ----------
    tasks
        Tasks by ``task_id``.
    parameters
        Learners, spaces, folds and metrics.
    seed
        The same seed gives the same trials, whatever the number of workers.
    n_workers
        Worker processes; -1 takes one per core.
    on_progress
        Called after every batch with its label, the batches done and their number.

    Returns
    -------
    trials : pandas.DataFrame
        One row per task, learner and configuration, sorted; see :mod:`foretune.hpo.trials`.
    costs : pandas.DataFrame
        ``task_id, learner, config_id, fit_seconds``: kept apart because time is never the same twice.
    """
    from foretune.hpo.trials import collect_trials

    batches = list(_make_batches(tasks, parameters, seed))
    rows: list[dict[str, Any]] = []
    for done, (batch, result) in enumerate(
        zip(batches, _run_batches(batches, parameters, seed, n_workers), strict=True), start=1
    ):
        rows += result
        if on_progress is not None:
            on_progress(f"{batch.task.task_id} {batch.learner}", done, len(batches))
    return collect_trials(rows)


def evaluate_batch(batch: Batch, parameters: HpoParameters, seed: int) -> list[dict[str, Any]]:
    """Evaluate a batch; the rows of :func:`foretune.hpo.trials.trial_row`, failures among them."""
    from threadpoolctl import threadpool_limits

    task = batch.task
    seed_of_learner = derive_seed(seed, "learner", task.task_id)
    # Workers share the cores: a second thread in each would only make them wait for one another
    with threadpool_limits(1):
        folds = make_folds(task, parameters, derive_seed(seed, "folds", task.task_id))
        return [
            trial_row(task, configuration, trial, parameters)
            for group in group_by_path(batch.configurations)
            for configuration, trial in zip(
                group, evaluate_group(group, folds, task.task_type, seed_of_learner), strict=True
            )
        ]


def _make_batches(tasks: Mapping[str, Task], parameters: HpoParameters, seed: int) -> Iterable[Batch]:
    designs = {
        task_type: design_configurations(parameters, task_type, seed)
        for task_type in TASK_TYPES
        if any(task.task_type == task_type for task in tasks.values())
    }
    for task_id in sorted(tasks):
        task = tasks[task_id]
        for learner in parameters.learners:
            yield Batch(task, learner, [c for c in designs[task.task_type] if c.learner == learner])


def _run_batches(
    batches: list[Batch], parameters: HpoParameters, seed: int, n_workers: int
) -> Iterable[list[dict[str, Any]]]:
    from joblib import Parallel, delayed

    # A batch is a second or so of work: small enough to balance, large enough to send one at a time
    parallel = Parallel(n_jobs=n_workers, return_as="generator", batch_size=1)
    return parallel(delayed(evaluate_batch)(batch, parameters, seed) for batch in batches)  # type: ignore[no-any-return]
