"""The whole evaluation: every task held out once, every method tried on it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from joblib import Parallel, delayed

from foretune.evaluation.baselines import create_methods
from foretune.evaluation.protocol import ABOUT, Protocol
from foretune.evaluation.residuals import compute_residuals, pairs_of_groups
from foretune.evaluation.surrogate_quality import MEASURES
from foretune.meta_model.meta_dataset import MetaDataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pandas as pd

    from foretune.evaluation.method import Method
    from foretune.evaluation.parameters import EvaluationParameters
    from foretune.evaluation.protocol import Record
    from foretune.evaluation.residuals import ResidualBlock
    from foretune.meta_model.parameters import MetaTrainingParameters

    Progress = Callable[[str, int, int], None]

logger = logging.getLogger(__name__)

SMALLEST_NUMBER_OF_FAMILIES = 3
_TASK = ["task_id", *ABOUT]
REGRET_COLUMNS = [*_TASK, "method", "seed", "n_trials", "regret", "score"]
QUALITY_COLUMNS = [*_TASK, "n_configurations", *MEASURES, *(f"trivial_{measure}" for measure in MEASURES)]


def evaluate_methods(
    meta_dataset_table: pd.DataFrame,
    parameters: EvaluationParameters,
    meta_training: MetaTrainingParameters,
    seed: int,
    n_workers: int,
    learner_order: Sequence[str] | None = None,
    on_progress: Progress | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare methods by leave-one-task-out, grouped by family, each task type apart.

    Parameters
    ----------
    meta_dataset_table
        Flat table made by :func:`foretune.meta_model.meta_dataset.build_meta_dataset`. A task type with fewer
        than three families is skipped with a warning.
    parameters
        Methods, numbers of trials and repetitions.
    meta_training
        Settings of the surrogate, refitted in every fold.
    seed
        First seed; repetition ``i`` uses ``seed + i``.
    n_workers
        Folds that run at once. The result does not depend on it.
    learner_order
        Order in which a user would try the learners' defaults; by name if not given.
    on_progress
        Called after each unit of work with a label, the number done and the total.

    Returns
    -------
    regret : pandas.DataFrame
        ``task_id, task_type, family, provenance, method, seed, n_trials, regret, score``, sorted by task
        type, task, method, seed and number of trials. ``regret`` is normalised to the task's own pool,
        ``score`` is the best score found (for random search both are means over its orders).
    surrogate_quality : pandas.DataFrame
        One row per task: ``rmse, mae, r2, spearman, kendall`` of the surrogate, averaged over the seeds, and
        the same of a trivial predictor.
    """
    import pandas as pd

    regrets: list[Record] = []
    qualities: list[Record] = []
    for task_type in sorted(meta_dataset_table["task_type"].unique()):
        table = meta_dataset_table[meta_dataset_table["task_type"] == task_type]
        n_families = table["family"].nunique()
        if n_families < SMALLEST_NUMBER_OF_FAMILIES:
            _warn_of_too_few(task_type, n_families)
            continue
        meta_dataset = MetaDataset.from_table(table)
        methods = _applicable(create_methods(parameters, learner_order or ()), meta_dataset, task_type)
        seeds = [seed + offset for offset in parameters.seed_offsets]
        protocol = Protocol(methods, parameters.n_trials, seeds, meta_training)
        run = _Run(meta_dataset, protocol, task_type, n_workers, on_progress)
        regret, quality = run(parameters.n_family_groups)
        regrets += regret
        qualities += quality
    by = ["task_type", "task_id", "method", "seed", "n_trials"]
    return (
        pd.DataFrame(regrets, columns=REGRET_COLUMNS).sort_values(by, ignore_index=True),
        pd.DataFrame(qualities, columns=QUALITY_COLUMNS).sort_values(by[:2], ignore_index=True),
    )


def _warn_of_too_few(task_type: str, n_families: int) -> None:
    if n_families:
        logger.warning(
            "%s is not evaluated: %d families of tasks are too few to hold one out, at least %d are needed",
            task_type,
            n_families,
            SMALLEST_NUMBER_OF_FAMILIES,
        )


def _applicable(methods: list[Method], meta_dataset: MetaDataset, task_type: str) -> list[Method]:
    applicable = [method for method in methods if method.is_applicable(meta_dataset)]
    left_out = [method.name for method in methods if method not in applicable]
    if left_out:
        logger.warning(
            "%s: left out for lack of defaults or metafeatures: %s", task_type, ", ".join(left_out)
        )
    return applicable


class _Run:
    """The two rounds of parallel work of one task type."""

    def __init__(
        self,
        meta_dataset: MetaDataset,
        protocol: Protocol,
        task_type: str,
        n_workers: int,
        on_progress: Progress | None,
    ) -> None:
        self.meta_dataset = meta_dataset
        self.protocol = protocol
        self.task_type = task_type
        self.n_workers = n_workers
        self.on_progress = on_progress

    def __call__(self, n_family_groups: int) -> tuple[list[Record], list[Record]]:
        blocks = self._residual_blocks(n_family_groups)
        families = sorted(self.meta_dataset.families.unique())
        folds = (
            delayed(self.protocol.run_fold)(
                self.meta_dataset, family, [block for block in blocks if family in block.unseen]
            )
            for family in families
        )
        regrets: list[Record] = []
        qualities: list[Record] = []
        for regret, quality in self._in_parallel(folds, "held-out families", len(families)):
            regrets += regret
            qualities += quality
        return regrets, qualities

    def _residual_blocks(self, n_family_groups: int) -> list[ResidualBlock]:
        if not any(method.needs_residuals for method in self.protocol.methods):
            return []
        jobs = [
            (unseen, seed)
            for seed in self.protocol.seeds
            for unseen in pairs_of_groups(self.meta_dataset.families, n_family_groups, seed)
        ]
        fits = (
            delayed(compute_residuals)(self.meta_dataset, unseen, self.protocol.meta_training, seed)
            for unseen, seed in jobs
        )
        return list(self._in_parallel(fits, "residuals", len(jobs)))

    def _in_parallel(self, jobs: Iterable[Any], label: str, total: int) -> Iterator[Any]:
        # Processes: fits this small keep threads waiting for the GIL a quarter of the time
        parallel = Parallel(n_jobs=self.n_workers, prefer="processes", return_as="generator")
        for done, result in enumerate(cast("Iterator[Any]", parallel(jobs)), start=1):
            if self.on_progress:
                self.on_progress(f"{self.task_type} {label}", done, total)
            yield result
