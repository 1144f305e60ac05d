"""Control method: Foretune with shuffled metafeatures."""

from __future__ import annotations

from typing import ClassVar

from foretune.evaluation.methods.foretune import Foretune
from foretune.meta_model import SHUFFLED, MetaDataset


class ShuffledMetafeatures(Foretune):
    """Foretune with metafeatures permuted among the tasks.

    If it is as good as Foretune, metafeatures are useless.
    """

    name = "shuffled_metafeatures"
    model: ClassVar[str] = SHUFFLED
    models: ClassVar[tuple[str, ...]] = (SHUFFLED,)

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether there are metafeatures."""
        return not meta_dataset.metafeatures.empty
