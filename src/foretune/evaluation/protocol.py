"""Leave-one-task-out, grouped by family: one fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.knowledge import Knowledge
from foretune.evaluation.regret import best_found, normalised_regret
from foretune.evaluation.surrogate_quality import average_quality, measure_quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from foretune.evaluation.method import Method
    from foretune.evaluation.residuals import ResidualBlock
    from foretune.meta_model.meta_dataset import MetaDataset
    from foretune.meta_model.parameters import MetaTrainingParameters

Record = dict[str, Any]
ABOUT = ["task_type", "family", "provenance"]


@dataclass(frozen=True)
class Protocol:
    """What happens in every fold.

    Attributes
    ----------
    methods
        Methods to compare.
    n_trials
        Increasing numbers of trials at which regret is read.
    seeds
        Seeds of the repetitions.
    meta_training
        Settings of the surrogate.
    """

    methods: Sequence[Method]
    n_trials: Sequence[int]
    seeds: Sequence[int]
    meta_training: MetaTrainingParameters

    def run_fold(
        self, meta_dataset: MetaDataset, family: str, residual_blocks: Sequence[ResidualBlock]
    ) -> tuple[list[Record], list[Record]]:
        """Hold out a family, fit on all others, and tune each of its tasks with every method and seed.

        Parameters
        ----------
        meta_dataset
            All tasks of one type.
        family
            The family to hold out.
        residual_blocks
            Residuals of surrogates that have not seen the family.

        Returns
        -------
        tuple of two lists of records
            Regret (one record per task, method, seed and number of trials) and quality of the surrogate (one
            per task). Tasks without one finite score are left out.
        """
        is_held_out = (meta_dataset.families == family).to_numpy()
        task_ids = meta_dataset.tasks.index
        memory = meta_dataset.select(task_ids[~is_held_out])
        knowledge = Knowledge(memory, self.meta_training, residual_blocks)
        regrets: list[Record] = []
        qualities: list[Record] = []
        for task_id in task_ids[is_held_out]:
            task = HeldOutTask.from_meta_dataset(meta_dataset, task_id)
            if not np.isfinite(task.reveal_all()).any():
                continue
            about = {"task_id": task_id} | meta_dataset.tasks.loc[task_id, ABOUT].to_dict()
            regrets += [about | record for record in self._tune(knowledge, task)]
            qualities.append(about | self._judge_surrogate(knowledge, task))
        return regrets, qualities

    def _tune(self, knowledge: Knowledge, task: HeldOutTask) -> list[Record]:
        records: list[Record] = []
        scores = task.reveal_all()
        for method in self.methods:
            for seed in self.seeds:
                chosen = method.search(knowledge, task, self.n_trials[-1], seed)
                found = best_found(scores, _checked_orders(chosen, len(task), method.name), self.n_trials)
                regret = normalised_regret(found, scores).mean(axis=0)
                records += [
                    {"method": method.name, "seed": seed, "n_trials": n_trials, "regret": at, "score": score}
                    for n_trials, at, score in zip(self.n_trials, regret, _mean_score(found), strict=True)
                ]
        return records

    def _judge_surrogate(self, knowledge: Knowledge, task: HeldOutTask) -> Record:
        return average_quality(
            [measure_quality(knowledge.surrogate(seed), knowledge.memory, task) for seed in self.seeds]
        )


def _mean_score(found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Average the scores of the orders that have found any."""
    known = np.isfinite(found)
    total = np.where(known, found, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def _checked_orders(chosen: npt.NDArray[np.intp], n_candidates: int, name: str) -> npt.NDArray[np.intp]:
    orders = np.atleast_2d(chosen)
    ordered = np.sort(orders, axis=1)
    is_repeated = (np.diff(ordered, axis=1) == 0).any()
    if orders.size and (is_repeated or ordered.min() < 0 or ordered.max() >= n_candidates):
        msg = f"{name} must choose distinct positions from 0 to {n_candidates - 1}"
        raise ValueError(msg)
    return orders
