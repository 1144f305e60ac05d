"""Control method: Foretune with the number of rows hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.foretune import Foretune
from foretune.meta_model import ROWS_HIDDEN, GuardedSearch, MetaDataset, SurfacePrior
from foretune.metafeatures import tells_rows


class RowsHidden(Foretune):
    """Foretune without the metafeatures that tell the number of rows, in training and on the new task.

    Its guard does not know the number of rows either. If it is as good as Foretune, knowing the size of a
    table is useless.
    """

    name = "rows_hidden"
    hides_rows = True
    model: ClassVar[str] = ROWS_HIDDEN
    models: ClassVar[tuple[str, ...]] = (ROWS_HIDDEN,)

    def is_applicable(self, meta_dataset: MetaDataset) -> bool:
        """Whether there are metafeatures to hide."""
        return any(tells_rows(str(name)) for name in meta_dataset.metafeatures)

    def start(self, fold: EvaluationFold, task: HeldOutTask, seed: int) -> GuardedSearch:
        """Begin a search on a held-out task of an unknown number of rows."""
        return super().start(fold, replace(task, n_rows=np.nan), seed)

    def prior(self, fold: EvaluationFold, task: HeldOutTask, seed: int) -> SurfacePrior:
        """Return the prior of a held-out task by the metafeatures that are left."""
        if fold.is_out_of_distribution(task, hide_rows=True):
            return fold.prior_without_metafeatures(task, seed)
        return fold.prior(task, seed, self.model)
