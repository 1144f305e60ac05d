from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.residuals import compute_residuals, pairs_of_groups
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.surrogate import train_surrogate

if TYPE_CHECKING:
    from collections.abc import Callable

    from foretune.meta_model.parameters import MetaTrainingParameters


@pytest.mark.parametrize("n_families", [3, 4, 11])
def test_every_two_families_are_left_out_together_and_never_all(n_families: int) -> None:
    families = pd.Series([f"family {number}" for number in range(n_families)] * 2)
    pairs = pairs_of_groups(families, 5, seed=0)
    for two in combinations(families.unique(), 2):
        assert any(unseen >= set(two) for unseen in pairs)
    assert all(len(unseen) < n_families for unseen in pairs)
    assert len(pairs) == min(n_families, 5) * (min(n_families, 5) - 1) / 2


def test_residuals_come_from_a_surrogate_that_has_not_seen_the_tasks(
    random_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    meta_dataset = MetaDataset.from_table(random_table(6))
    unseen = frozenset({"family of cla1", "family of cla4"})
    block = compute_residuals(meta_dataset, unseen, meta_training, seed=3)
    assert block.task_ids.tolist() == ["cla1", "cla4"]

    surrogate = train_surrogate(meta_dataset.select(["cla0", "cla2", "cla3", "cla5"]), meta_training, seed=3)
    scores = meta_dataset.scores_of("cla4")
    truth = (scores - scores.min()) / (scores.max() - scores.min())
    predicted = surrogate.predict_target(
        meta_dataset.metafeatures.loc["cla4"], meta_dataset.configurations.loc[scores.index]
    )
    np.testing.assert_allclose(block.values[1], truth - predicted)
