"""Evaluates the shared design on every task, in parallel; what the ledger knows is not evaluated again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foretune.hpo.design import design_configurations
from foretune.hpo.folds import make_folds
from foretune.hpo.ledger.key import Setting, trial_key
from foretune.hpo.paths import evaluate_group, group_by_path
from foretune.hpo.trials import collect_trials, trial_row
from foretune.parameters import TASK_TYPES
from foretune.seeds import derive_seed
from foretune.tasks.task import content_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from foretune.hpo.configuration import Configuration
    from foretune.hpo.evaluation import Trial
    from foretune.hpo.ledger.ledger import Ledger
    from foretune.hpo.parameters import HpoParameters
    from foretune.tasks.task import Task

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """The configurations of one learner on one task: the unit of parallel work."""

    task: Task
    learner: str
    configurations: list[Configuration]
    setting: Setting

    def trial_keys(self) -> list[str]:
        """Keys of the trials, in the order of the configurations."""
        return [trial_key(self.setting, configuration) for configuration in self.configurations]


def run_hpo(
    tasks: Mapping[str, Task],
    parameters: HpoParameters,
    seed: int,
    n_workers: int = 1,
    on_progress: Callable[[str, int, int], None] | None = None,
    ledger: Ledger | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate every learner's default and Sobol configurations on every task.

    Parameters
    ----------
    tasks
        Tasks by ``task_id``.
    parameters
        Learners, spaces, folds and metrics.
    seed
        The same seed gives the same trials, whatever the number of workers and whatever is known.
    n_workers
        Worker processes; -1 takes one per core.
    on_progress
        Called after every batch with its label, the batches done and their number.
    ledger
        Trials that are known already; each batch is added to it as soon as it is done, so that a run that is
        interrupted goes on where it was.

    Returns
    -------
    trials : pandas.DataFrame
        One row per task, learner and configuration, sorted; see :mod:`foretune.hpo.trials`.
    costs : pandas.DataFrame
        ``task_id, learner, config_id, fit_seconds``: kept apart because time is never the same twice.
    """
    batches = list(_make_batches(tasks, parameters, seed))
    keys = [key for batch in batches for key in batch.trial_keys()]
    known = {} if ledger is None else ledger.lookup(keys)
    pending = [batch for batch in (_without_known(batch, known) for batch in batches) if batch.configurations]
    if known:
        logger.info("%d trials are known from the ledger, %d batches are left", len(known), len(pending))
    done = 0
    try:
        for batch, trials in zip(pending, _run_batches(pending, parameters, n_workers), strict=True):
            known |= _record(batch, trials, ledger)
            done += 1
            if on_progress is not None:
                on_progress(f"{batch.task.task_id} {batch.learner}", done, len(pending))
    except KeyboardInterrupt:
        kept = "lost: there is no ledger" if ledger is None else "kept: the same command goes on from there"
        logger.warning("interrupted: %d of %d batches are done and %s", done, len(pending), kept)
        raise
    rows = [
        trial_row(batch.task, configuration, known[key], parameters)
        for batch in batches
        for key, configuration in zip(batch.trial_keys(), batch.configurations, strict=True)
    ]
    return collect_trials(rows)


def evaluate_batch(batch: Batch, parameters: HpoParameters) -> list[Trial]:
    """Evaluate a batch, failures included; the trials are in the order of its configurations."""
    from threadpoolctl import threadpool_limits

    setting = batch.setting
    by_id: dict[str, Trial] = {}
    # Workers share the cores: a second thread in each would only make them wait for one another
    with threadpool_limits(1):
        folds = make_folds(batch.task, parameters, setting.fold_seed)
        for group in group_by_path(batch.configurations):
            trials = evaluate_group(group, folds, setting.task_type, setting.learner_seed)
            by_id |= {one.config_id: trial for one, trial in zip(group, trials, strict=True)}
    return [by_id[configuration.config_id] for configuration in batch.configurations]


def _make_batches(tasks: Mapping[str, Task], parameters: HpoParameters, seed: int) -> Iterable[Batch]:
    designs = {
        task_type: design_configurations(parameters, task_type, seed)
        for task_type in TASK_TYPES
        if any(task.task_type == task_type for task in tasks.values())
    }
    for task_id in sorted(tasks):
        task = tasks[task_id]
        seeds = (derive_seed(seed, "folds", task_id), derive_seed(seed, "learner", task_id))
        setting = Setting.of(content_hash(task), task.task_type, parameters, *seeds)
        for learner in parameters.learners:
            configurations = [c for c in designs[task.task_type] if c.learner == learner]
            yield Batch(task, learner, configurations, setting)


def _without_known(batch: Batch, known: Mapping[str, Trial]) -> Batch:
    left = [c for key, c in zip(batch.trial_keys(), batch.configurations, strict=True) if key not in known]
    return Batch(batch.task, batch.learner, left, batch.setting)


def _record(batch: Batch, trials: list[Trial], ledger: Ledger | None) -> dict[str, Trial]:
    """Add a finished batch to the ledger; return its trials by key."""
    from foretune.hpo.ledger.ledger import LedgerEntry

    by_key = dict(zip(batch.trial_keys(), trials, strict=True))
    if ledger is not None:
        ledger.record(
            LedgerEntry(key, batch.task.task_id, batch.setting.task_hash, configuration, trial)
            for (key, trial), configuration in zip(by_key.items(), batch.configurations, strict=True)
        )
    return by_key


def _run_batches(batches: list[Batch], parameters: HpoParameters, n_workers: int) -> Iterable[list[Trial]]:
    from joblib import Parallel, delayed

    # A batch is a second or so of work: small enough to balance, large enough to send one at a time
    parallel: Any = Parallel(n_jobs=n_workers, return_as="generator", batch_size=1)
    results: Iterable[list[Trial]] = parallel(delayed(evaluate_batch)(batch, parameters) for batch in batches)
    return results
