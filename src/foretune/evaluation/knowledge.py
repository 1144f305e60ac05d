"""What may be known before the first trial on a held-out task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from foretune.evaluation.ranking import mean_of_known
from foretune.meta_model.surrogate import train_surrogate

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    import numpy.typing as npt
    import pandas as pd

    from foretune.evaluation.held_out_task import HeldOutTask
    from foretune.evaluation.residuals import ResidualBlock
    from foretune.meta_model.meta_dataset import MetaDataset
    from foretune.meta_model.parameters import MetaTrainingParameters
    from foretune.meta_model.surrogate import Surrogate

Fitted = TypeVar("Fitted")


class Knowledge:
    """The memory of one fold and what is fitted on it, once for all methods and tasks of the fold.

    Parameters
    ----------
    memory
        Tasks of all other families.
    meta_training
        Settings of the surrogate.
    residual_blocks
        Held-out residuals of surrogates that saw no task of the held-out family.
    """

    def __init__(
        self,
        memory: MetaDataset,
        meta_training: MetaTrainingParameters,
        residual_blocks: Sequence[ResidualBlock] = (),
    ) -> None:
        self.memory = memory
        self.meta_training = meta_training
        self._residual_blocks = residual_blocks
        self._fitted: dict[Hashable, Any] = {}
        self._relative: tuple[pd.Index, npt.NDArray[np.float64]] | None = None

    def fit_once(self, key: Hashable, fit: Callable[[], Fitted]) -> Fitted:
        """Return what ``fit`` gave on the first call with this key: a method's own models live here."""
        if key not in self._fitted:
            self._fitted[key] = fit()
        return cast("Fitted", self._fitted[key])

    def surrogate(self, seed: int) -> Surrogate:
        """Return the surrogate trained on the memory with this seed."""
        return self.fit_once(
            ("surrogate", seed), lambda: train_surrogate(self.memory, self.meta_training, seed)
        )

    def relative_scores(self, config_ids: pd.Index) -> npt.NDArray[np.float64]:
        """Scores of the known tasks between 0 (worst of the task's own pool) and 1 (best).

        ``1 - relative score`` is the normalised regret of trying that configuration alone.

        Returns
        -------
        numpy.ndarray
            Shape (n_tasks, n_configurations). NaN where a task has not evaluated the configuration; a failed
            trial finds nothing and counts 0. On a task where all scores are equal every one is the best.
        """
        if self._relative is None or not self._relative[0].equals(config_ids):
            self._relative = config_ids, _relative_scores(self.memory, config_ids)
        return self._relative[1]

    def residuals(self, config_ids: pd.Index, seed: int) -> npt.NDArray[np.float64]:
        """Truth minus held-out prediction of the known tasks, in the unit of the surrogate's target.

        A task's residuals come from surrogates that saw neither its family nor the held-out one.

        Returns
        -------
        numpy.ndarray
            Shape (n_tasks, n_configurations), 0 where a residual is unknown.
        """
        shape = (len(self.memory.tasks), len(config_ids))
        total, count = np.zeros(shape), np.zeros(shape)
        for block in self._residual_blocks:
            if block.seed != seed:
                continue
            rows = self.memory.tasks.index.get_indexer(block.task_ids)
            columns = block.config_ids.get_indexer(config_ids)
            known_rows, known_columns = np.flatnonzero(rows >= 0), np.flatnonzero(columns >= 0)
            values = block.values[np.ix_(known_rows, columns[known_columns])]
            target = np.ix_(rows[known_rows], known_columns)
            total[target] += np.nan_to_num(values)
            count[target] += np.isfinite(values)
        return total / np.maximum(count, 1)

    # Stand-ins until the completed surfaces and the bagged models are here

    def surfaces(self, config_ids: pd.Index) -> npt.NDArray[np.float64]:
        """Relative scores of the known tasks, finite everywhere; shape (n_tasks, n_configurations)."""
        scores = self.relative_scores(config_ids)
        average = np.nan_to_num(mean_of_known(scores), nan=0.5)
        return np.where(np.isnan(scores), average, scores)

    def prediction(self, task: HeldOutTask, seed: int, model: str = "surrogate") -> npt.NDArray[np.float64]:
        """Prediction of a model that has seen no task of the family, shape (n_candidates,)."""
        return self.surrogate(seed).predict_target(task.metafeatures, task.candidates)


def _relative_scores(memory: MetaDataset, config_ids: pd.Index) -> npt.NDArray[np.float64]:
    import pandas as pd

    evaluations = memory.evaluations
    scores = evaluations.groupby("task_id", sort=False)["score"]
    low, high = scores.transform("min"), scores.transform("max")
    spread = (high - low).to_numpy(dtype=np.float64)
    above = (evaluations["score"] - low).to_numpy(dtype=np.float64)
    relative = np.divide(above, spread, out=np.ones_like(above), where=spread > 0)
    relative[evaluations["score"].isna()] = 0.0

    rows = memory.tasks.index.get_indexer(pd.Index(evaluations["task_id"]))
    columns = config_ids.get_indexer(pd.Index(evaluations["config_id"]))
    wanted = columns >= 0
    matrix = np.full((len(memory.tasks), len(config_ids)), np.nan)
    matrix[rows[wanted], columns[wanted]] = relative[wanted]
    return matrix
