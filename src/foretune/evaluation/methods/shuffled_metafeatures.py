"""A control: what Foretune is worth when the metafeatures say nothing true."""

from __future__ import annotations

from typing import ClassVar

from foretune.evaluation.methods.foretune import Foretune
from foretune.meta_model import SHUFFLED, MetaDataset


class ShuffledMetafeatures(Foretune):
    """Foretune after the metafeatures were dealt out anew among the tasks.

    If it does as well as Foretune, metafeatures do not earn their keep.
    """

    name = "shuffled_metafeatures"
    model: ClassVar[str] = SHUFFLED
    models: ClassVar[tuple[str, ...]] = (SHUFFLED,)

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether there are metafeatures."""
        return not meta_dataset.metafeatures.empty
