"""Random forest model of one learner's scores on one task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeRegressor

from foretune.understanding.functional_anova import Boxes
from foretune.understanding.hyperparameters import Condition, Hyperparameter, Space
from foretune.understanding.parameters import SurfaceParameters

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ForestSurface:
    """Random forest fitted to the trials of one learner on one task.

    Attributes
    ----------
    trees
        scikit-learn's ``Tree`` structures.
    r2
        Out-of-bag coefficient of determination; NaN if there are no out-of-bag trials.
    """

    trees: tuple[Any, ...]
    r2: float

    @classmethod
    def fit(cls, values: Floats, scores: Floats, parameters: SurfaceParameters, seed: int) -> ForestSurface:
        """Fit a forest to values, shape (n_trials, n_columns), and scores, shape (n_trials,), all finite."""
        rows = np.ascontiguousarray(values, dtype=np.float32)
        rng = np.random.default_rng(seed)
        samples = rng.integers(len(scores), size=(parameters.n_trees, len(scores)))
        # For such small forests, RandomForestRegressor would take most of the time to check its input
        trees = [
            DecisionTreeRegressor(
                max_leaf_nodes=parameters.max_leaves,
                min_samples_leaf=parameters.min_samples_leaf,
                random_state=int(tree_seed),
            )
            .fit(rows[sample], scores[sample], check_input=False)
            .tree_
            for sample, tree_seed in zip(samples, rng.integers(2**31, size=len(samples)), strict=True)
        ]
        return cls(tuple(trees), _out_of_bag_r2(trees, samples, rows, scores))

    def predict(self, values: Floats) -> Floats:
        """Predict scores, shape (n_rows,)."""
        rows = np.ascontiguousarray(values, dtype=np.float32)
        total: Floats = np.mean([tree.predict(rows)[:, 0] for tree in self.trees], axis=0)
        return total

    def boxes(self, space: Space) -> Boxes:
        """Convert the forest to a sum of constants on boxes over the levels of the hyperparameters.

        Conditions are respected: where a hyperparameter is inactive, the forest is evaluated with the code of
        "not set" for any value in the grid.
        """
        lower, upper, leaf_values = _leaves(self.trees, space.values.shape[1])

        def holds(hyperparameter: Hyperparameter, levels: Floats) -> Bools:
            low, high = lower[:, None, hyperparameter.columns], upper[:, None, hyperparameter.columns]
            seen = levels.astype(np.float32)  # as in the trees
            inside: Bools = np.all((seen > low) & (seen <= high), axis=2)
            return inside

        masks = [holds(each, each.levels) for each in space.hyperparameters]
        holds_missing = np.hstack([holds(each, each.missing[None, :]) for each in space.hyperparameters])
        splitter = _ConditionSplitter(masks, leaf_values, holds_missing)
        for position in sorted(range(len(masks)), key=space.depth):
            condition = space.hyperparameters[position].condition
            if condition is not None:
                splitter.split(position, condition, space.descendants(position))
        kept = np.all([mask.any(axis=1) for mask in splitter.masks], axis=0)
        return Boxes(
            [mask[kept] for mask in splitter.masks],
            splitter.values[kept] / len(self.trees),
            [each.weights for each in space.hyperparameters],
        )


class _ConditionSplitter:
    """Splits boxes in which a hyperparameter is active only for some levels of its parent."""

    def __init__(self, masks: list[Bools], values: Floats, holds_missing: Bools) -> None:
        self.masks = masks
        self.values = values
        self.holds_missing = holds_missing
        self.is_inactive = np.zeros_like(holds_missing)

    def split(self, position: int, condition: Condition, descendants: list[int]) -> None:
        """Split by one condition; parents must come before their children."""
        gone = [position, *descendants]
        parent = self.masks[condition.parent]
        is_open = ~self.is_inactive[:, position]
        # Except boxes in which an ancestor is already inactive
        active = parent & (condition.active_levels | ~is_open[:, None])
        inactive = parent & ~condition.active_levels
        kept = np.flatnonzero(active.any(axis=1))
        moved = np.flatnonzero(is_open & inactive.any(axis=1) & self.holds_missing[:, gone].all(axis=1))
        rows = np.concatenate([kept, moved])
        self.masks = [mask[rows] for mask in self.masks]
        self.masks[condition.parent] = np.concatenate([active[kept], inactive[moved]])
        self.values, self.holds_missing = self.values[rows], self.holds_missing[rows]
        self.is_inactive = self.is_inactive[rows]
        self.is_inactive[len(kept) :, gone] = True
        for each in gone:
            self.masks[each][len(kept) :] = True


def _leaves(trees: Sequence[Any], n_columns: int) -> tuple[Floats, Floats, Floats]:
    """Return bounds and value of every leaf of all trees; a leaf contains lower < x <= upper."""
    offsets = np.cumsum([0, *(tree.node_count for tree in trees)])
    shifts = list(zip(trees, offsets, strict=False))
    left = np.concatenate(
        [np.where(tree.children_left < 0, -1, tree.children_left + at) for tree, at in shifts]
    )
    right = np.concatenate([tree.children_right + at for tree, at in shifts])
    column = np.concatenate([tree.feature for tree in trees])
    threshold = np.concatenate([tree.threshold for tree in trees])
    lower = np.full((offsets[-1], n_columns), -np.inf)
    upper = np.full((offsets[-1], n_columns), np.inf)
    # All trees at once, depth by depth
    nodes = offsets[:-1]
    while len(nodes := nodes[left[nodes] >= 0]):
        for children in (left[nodes], right[nodes]):
            lower[children], upper[children] = lower[nodes], upper[nodes]
        upper[left[nodes], column[nodes]] = threshold[nodes]
        lower[right[nodes], column[nodes]] = threshold[nodes]
        nodes = np.concatenate([left[nodes], right[nodes]])
    is_leaf = left < 0
    values = np.concatenate([tree.value[:, 0, 0] for tree in trees])
    return lower[is_leaf], upper[is_leaf], values[is_leaf]


def _out_of_bag_r2(
    trees: Sequence[Any], samples: npt.NDArray[np.intp], rows: npt.NDArray[np.float32], scores: Floats
) -> float:
    total, count = np.zeros(len(scores)), np.zeros(len(scores))
    for tree, sample in zip(trees, samples, strict=True):
        unseen = np.ones(len(scores), dtype=bool)
        unseen[sample] = False
        total[unseen] += tree.predict(rows[unseen])[:, 0]
        count[unseen] += 1
    known = count > 0
    if not known.any():
        return float("nan")
    variance = float(np.var(scores[known]))
    error = float(np.mean((total[known] / count[known] - scores[known]) ** 2))
    return 1 - error / variance if variance > 0 else float("nan")
