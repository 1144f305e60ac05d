"""Control method: Foretune without metafeatures."""

from __future__ import annotations

from typing import ClassVar

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.foretune import Foretune
from foretune.meta_model import MetaDataset, SurfacePrior


class NoMetafeatures(Foretune):
    """Foretune with a prior that ignores metafeatures: the mean surface and the variation of surfaces.

    What users get without metafeatures; it is close to Gaussian process transfer with a kernel learnt from
    other tasks.
    """

    name = "no_metafeatures"
    models: ClassVar[tuple[str, ...]] = ()

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether there are metafeatures to leave out."""
        return not meta_dataset.metafeatures.empty

    def prior(self, fold: EvaluationFold, task: HeldOutTask, seed: int) -> SurfacePrior:
        """Return the prior of a task that may be like any known one."""
        return fold.prior_without_metafeatures(task, seed)
