"""Protocol of one fold of the leave-one-family-out evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from foretune.evaluation.evidence import Evidence
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.method import Method
from foretune.evaluation.regret import best_found, best_in_time, normalised_regret
from foretune.evaluation.surrogate_quality import measure_calibration, measure_quality
from foretune.meta_model import SURROGATE, MetaDataset, MetaTrainingParameters

Record = dict[str, Any]
ABOUT = ["task_type", "family", "provenance"]


class FoldResult(NamedTuple):
    """Records of one fold and one seed."""

    regret: list[Record]
    quality: list[Record]
    calibration: list[Record]
    seconds: dict[str, float]
    regret_in_time: list[Record]


@dataclass(frozen=True)
class Protocol:
    """Evaluation of all methods in one fold.

    Attributes
    ----------
    methods
        Methods to compare.
    n_trials
        Increasing numbers of trials at which regret is computed.
    meta_training
        Parameters of the surrogate.
    times
        Increasing times at which regret is computed, in mean trials of the task.
    """

    methods: Sequence[Method]
    n_trials: Sequence[int]
    meta_training: MetaTrainingParameters
    times: Sequence[float] = ()

    def run_folds(
        self, meta_dataset: MetaDataset, families: Sequence[str], evidence: Evidence
    ) -> list[FoldResult]:
        """Run several folds, whose shared data is sent to a worker once."""
        return [self.run_fold(meta_dataset, family, evidence) for family in families]

    def run_fold(self, meta_dataset: MetaDataset, family: str, evidence: Evidence) -> FoldResult:
        """Hold out a family and tune each of its tasks with every method.

        Parameters
        ----------
        meta_dataset
            All tasks of one type.
        family
            The family to hold out.
        evidence
            Ensembles of one seed; the fold uses members not trained on the family.

        Returns
        -------
        FoldResult
            Regret (one record per task, method and number of trials), regret in time (per task with times,
            method and time), quality and calibration of the surrogate (per task), seconds of each method's
            searches. Tasks without a finite score are left out.
        """
        seed = evidence.seed
        fold = EvaluationFold(
            meta_dataset, family, self.meta_training, {seed: evidence}, truth=evidence.truth
        )
        result = FoldResult([], [], [], dict.fromkeys((method.name for method in self.methods), 0.0), [])
        for task_id in meta_dataset.tasks.index[(meta_dataset.families == family).to_numpy()]:
            task = HeldOutTask.from_meta_dataset(meta_dataset, task_id, evidence.truth.seconds)
            if not np.isfinite(task.reveal_all()).any():
                continue
            if self.times and task.has_times:
                task = task.with_time(self.times[-1])
            about = {"task_id": task_id} | meta_dataset.tasks.loc[task_id, ABOUT].to_dict()
            for method in self.methods:
                start = perf_counter()
                by_trials, by_time = self._tune(fold, task, method, seed)
                result.seconds[method.name] += perf_counter() - start
                result.regret.extend(about | record for record in by_trials)
                result.regret_in_time.extend(about | record for record in by_time)
            if SURROGATE in evidence.out_of_bag:
                prior = fold.prior(task, seed)
                result.quality.append(about | measure_quality(prior, fold, task))
                result.calibration.extend(about | record for record in measure_calibration(prior, task))
        return result

    def _tune(
        self, fold: EvaluationFold, task: HeldOutTask, method: Method, seed: int
    ) -> tuple[list[Record], list[Record]]:
        """Return the regret after numbers of trials, and in time."""
        in_time = bool(self.times) and task.has_times

        def search(n_trials: int) -> npt.NDArray[np.intp]:
            chosen = method.search(fold, task, n_trials, seed)
            return _checked_orders(chosen, len(task), method.name)

        about: Record = {"method": method.name, "seed": seed}
        if method.is_timed:
            return [], self._read_in_time(about, task, search(len(task))) if in_time else []
        orders, scores = search(self.n_trials[-1]), task.reveal_all()
        found = best_found(scores, orders, self.n_trials)
        regret = normalised_regret(found, scores).mean(axis=0)
        by_trials = [
            about | {"n_trials": n_trials, "regret": at, "score": score}
            for n_trials, at, score in zip(self.n_trials, regret, _mean_score(found), strict=True)
        ]
        if not in_time:
            return by_trials, []
        asked, seconds = self.n_trials[-1], task.reveal_seconds()
        # A method that ends by itself has nothing more to try
        while asked == orders.shape[1] < len(task) and (seconds[orders].sum(axis=1) < task.until).any():
            asked = min(2 * asked, len(task))
            orders = search(asked)
        return by_trials, self._read_in_time(about, task, orders)

    def _read_in_time(self, about: Record, task: HeldOutTask, orders: npt.NDArray[np.intp]) -> list[Record]:
        """Return the regret at each time, of a search that went on until the last one."""
        scores, seconds = task.reveal_all(), task.reveal_seconds()
        budgets = np.asarray(self.times) * seconds.mean()
        found, n_trials = best_in_time(scores, seconds, orders, budgets)
        regret = normalised_regret(found, scores).mean(axis=0)
        read = zip(self.times, budgets, n_trials.mean(axis=0), regret, _mean_score(found), strict=True)
        return [
            about | {"time": time, "seconds": budget, "n_trials": number, "regret": at, "score": score}
            for time, budget, number, at, score in read
        ]


def _mean_score(found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Average the best scores over the orders that found any."""
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
