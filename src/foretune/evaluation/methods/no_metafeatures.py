"""Control method: Foretune without metafeatures."""

from __future__ import annotations

from typing import ClassVar

from foretune.evaluation.methods.foretune import Foretune
from foretune.meta_model import NO_METAFEATURES, MetaDataset


class NoMetafeatures(Foretune):
    """Foretune with a prior that ignores metafeatures: the mean surface and the variation of surfaces.

    This is close to Gaussian process transfer with a kernel learnt from other tasks.
    """

    name = "no_metafeatures"
    model: ClassVar[str] = NO_METAFEATURES
    models: ClassVar[tuple[str, ...]] = (NO_METAFEATURES,)

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether there are metafeatures to leave out."""
        return not meta_dataset.metafeatures.empty
