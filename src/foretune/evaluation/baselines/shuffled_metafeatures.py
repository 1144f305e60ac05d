"""A control: what the surrogate is worth when the metafeatures say nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from foretune.evaluation.method import Method
from foretune.evaluation.ranking import order_by_merit
from foretune.meta_model.surrogate import train_surrogate

if TYPE_CHECKING:
    import numpy.typing as npt

    from foretune.evaluation.held_out_task import HeldOutTask
    from foretune.evaluation.knowledge import Knowledge
    from foretune.meta_model.meta_dataset import MetaDataset
    from foretune.meta_model.surrogate import Surrogate


class ShuffledMetafeatures(Method):
    """Surrogate ranking after the metafeatures were dealt out anew among the known tasks.

    If it does as well as the surrogate ranking, metafeatures do not earn their keep.
    """

    name = "shuffled_metafeatures"

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether there are metafeatures."""
        return not meta_dataset.metafeatures.empty

    def search(
        self, knowledge: Knowledge, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the configurations of highest prediction by a surrogate trained on shuffled metafeatures."""
        surrogate = knowledge.fit_once((self.name, seed), lambda: _train_shuffled(knowledge, seed))
        predicted = surrogate.predict_target(task.metafeatures, task.candidates)
        return order_by_merit(task.rng(seed), predicted)[:n_trials]


def shuffle_metafeatures(memory: MetaDataset, rng: np.random.Generator) -> MetaDataset:
    """Return the meta-dataset with whole rows of metafeatures permuted between tasks."""
    shuffled = memory.metafeatures.iloc[rng.permutation(len(memory.metafeatures))]
    return replace(memory, metafeatures=shuffled.set_axis(memory.metafeatures.index))


def _train_shuffled(knowledge: Knowledge, seed: int) -> Surrogate:
    shuffled = shuffle_metafeatures(knowledge.memory, np.random.default_rng(seed))
    return train_surrogate(shuffled, knowledge.meta_training, seed, with_level=False)
