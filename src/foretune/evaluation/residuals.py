"""Held-out residuals: what a surrogate gets wrong on tasks that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foretune.meta_model.surrogate import train_surrogate
from foretune.meta_model.targets import normalise_scores

if TYPE_CHECKING:
    import numpy.typing as npt

    from foretune.meta_model.meta_dataset import MetaDataset
    from foretune.meta_model.parameters import MetaTrainingParameters


@dataclass(frozen=True)
class ResidualBlock:
    """Residuals of one surrogate on all tasks that it has not seen.

    Attributes
    ----------
    seed
        Seed of the surrogate and of the groups.
    unseen
        Families that the surrogate has not seen.
    task_ids, config_ids
        Index of the rows and columns of ``values``.
    values
        Truth minus prediction in the unit of the target, shape (n_tasks, n_configurations); NaN where a task
        has no finite score.
    """

    seed: int
    unseen: frozenset[str]
    task_ids: pd.Index
    config_ids: pd.Index
    values: npt.NDArray[np.float64]


def pairs_of_groups(families: pd.Series, n_groups: int, seed: int) -> list[frozenset[str]]:
    """Deal the families into groups and return the union of every two groups.

    For any two families some pair of groups holds both, so leaving out every pair once gives, for each
    held-out family, honest residuals of all others. That takes ``n_groups * (n_groups - 1) / 2`` fits in all
    instead of several in every fold.

    Parameters
    ----------
    families
        Family of each task.
    n_groups
        Number of groups; no more than there are families.
    seed
        Seed of the deal.
    """
    names = np.random.default_rng(seed).permutation(sorted(families.unique()))
    groups = [frozenset(map(str, names[start::n_groups])) for start in range(min(n_groups, len(names)))]
    return [first | second for first, second in combinations(groups, 2)]


def compute_residuals(
    meta_dataset: MetaDataset, unseen: frozenset[str], meta_training: MetaTrainingParameters, seed: int
) -> ResidualBlock:
    """Train a surrogate without some families and compare it with the truth on their tasks.

    Raises
    ------
    ValueError
        If no family is left to train on.
    """
    families = meta_dataset.families
    is_unseen = families.isin(unseen).to_numpy()
    known = meta_dataset.select(families.index[~is_unseen])
    surrogate = train_surrogate(known, meta_training, seed, with_level=False)
    rows: dict[str, pd.Series] = {}
    for task_id in families.index[is_unseen]:
        scores = meta_dataset.scores_of(task_id)
        truth = normalise_scores(scores.to_numpy(dtype=np.float64), meta_training.target).targets
        predicted = surrogate.predict_target(
            meta_dataset.metafeatures.loc[task_id], meta_dataset.configurations.loc[scores.index]
        )
        rows[task_id] = pd.Series(truth - predicted, index=scores.index)
    table = pd.DataFrame(rows).T
    return ResidualBlock(seed, unseen, table.index, table.columns, table.to_numpy(dtype=np.float64))
