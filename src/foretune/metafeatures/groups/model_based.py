"""Model-based metafeatures: the shape of an unpruned decision tree fitted to the task."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup, summarise
from foretune.metafeatures.groups.encoding import encode_all
from foretune.metafeatures.groups.trees import fit_tree, make_tree, many_classes_allowed


class TreeShape(NamedTuple):
    """Arrays over the nodes of a fitted tree, shape (n_nodes,) each; parents come before children.

    Attributes
    ----------
    depth
        Number of splits above the node.
    feature
        Column of the node's split, -1 for a leaf.
    n_rows
        Number of training rows in the node.
    """

    depth: NDArray[np.int64]
    feature: NDArray[np.int64]
    n_rows: NDArray[np.int64]

    @property
    def is_leaf(self) -> NDArray[np.bool_]:
        """Whether the node is a leaf."""
        return self.feature < 0


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; undefined without columns, with a single class or a constant target."""
    if np.unique(task.target_levels).size < 2 or task.n_features == 0:
        return dict.fromkeys(GROUP.keys([task.task_type]), math.nan)
    encoded = encode_all(task)
    tree = grow_tree(task, encoded)
    shape = tree_shape(tree)
    values = _size(shape, encoded.shape[1]) | _leaves(shape) | _splits(shape, tree, encoded.shape[1])
    if task.task_type == "classification":
        values |= summarise("class_leaf_share", _class_leaf_shares(tree, shape), "sd", "max")
    return values


def grow_tree(task: TaskDescription, encoded: NDArray[np.float64]) -> Any:
    """Fit an unpruned tree to the encoded columns, shape (n_rows, n_encoded)."""
    classify = task.task_type == "classification"
    target = task.classes if classify else task.target_moments.standardised[:, 0]
    # With a column of zeros the tree is only a root
    rows = encoded if encoded.shape[1] else np.zeros((task.n_rows, 1))
    with many_classes_allowed():
        return fit_tree(make_tree(task.task_type, task.random_state), rows, target)


def tree_shape(tree: Any) -> TreeShape:
    """Return the shape of a fitted scikit-learn tree."""
    fitted = tree.tree_
    depth = np.zeros(fitted.node_count, dtype=np.int64)
    for left, right, node in zip(
        fitted.children_left.tolist(), fitted.children_right.tolist(), range(depth.size), strict=True
    ):
        if left >= 0:
            depth[left] = depth[right] = depth[node] + 1
    return TreeShape(depth, np.maximum(fitted.feature, -1), fitted.n_node_samples)


def _size(shape: TreeShape, n_columns: int) -> dict[str, float]:
    n_splits = int((~shape.is_leaf).sum())
    return {
        "log_leaves": math.log(int(shape.is_leaf.sum())),
        "splits_per_row": n_splits / int(shape.n_rows[0]),
        "log_splits_per_column": math.log1p(n_splits / max(n_columns, 1)),
        **summarise("node_depth", shape.depth, "mean", "sd"),
    }


def _leaves(shape: TreeShape) -> dict[str, float]:
    depth = shape.depth[shape.is_leaf].astype(np.float64)
    arrival = np.exp2(-depth)
    levels, n_leaves = np.unique(arrival, return_counts=True)
    imbalance = np.exp2(-levels * n_leaves)
    below_root = depth[depth > 0]
    homogeneity = math.log(depth.size) - np.log(below_root) + below_root * math.log(2)
    return {
        **summarise("leaf_depth", depth, "mean", "sd", "max"),
        **summarise("leaf_share", shape.n_rows[shape.is_leaf] / shape.n_rows[0], "sd", "max"),
        **summarise("leaf_shape", arrival * depth, "mean", "sd"),
        **summarise("log_leaf_homogeneity", homogeneity, "mean"),
        **summarise("imbalance", -imbalance * np.log2(imbalance), "mean", "sd"),
    }


def _splits(shape: TreeShape, tree: Any, n_columns: int) -> dict[str, float]:
    splits = ~shape.is_leaf
    width = np.bincount(shape.depth[splits])
    uses = np.bincount(shape.feature[splits])
    importance = tree.feature_importances_ if splits.any() else np.empty(0)
    return {
        **summarise("log_level_width", np.log(width), "mean", "max"),
        **summarise("log_column_uses", np.log(uses[uses > 0]), "mean", "max"),
        "share_used": float((uses > 0).sum() / max(n_columns, 1)),
        **summarise("importance", importance, "sd", "max"),
    }


def _class_leaf_shares(tree: Any, shape: TreeShape) -> NDArray[np.float64]:
    """Return the share of leaves that predict each class, without classes of no leaf."""
    classes = tree.tree_.value[shape.is_leaf, 0].argmax(axis=1)
    counts = np.bincount(classes)
    shares: NDArray[np.float64] = counts[counts > 0] / classes.size
    return shares


_PENG = "Peng et al. 2002"
_BENSUSAN = "Bensusan et al. 2000"

GROUP = MetafeatureGroup(
    name="model_based",
    compute=compute,
    version="1",
    cost="n log n p",
    caps=Caps(max_rows=2_000),
    entries=(
        Metafeature("log_leaves", "natural logarithm of the number of leaves", 0, source=_PENG),
        Metafeature("splits_per_row", "splits / rows", 0, 1, source=_BENSUSAN),
        Metafeature(
            "log_splits_per_column", "natural logarithm of 1 + splits / encoded columns", 0, source=_BENSUSAN
        ),
        Metafeature("node_depth", "splits above a node", 0, source=_PENG, summaries=("mean", "sd")),
        Metafeature("leaf_depth", "splits above a leaf", 0, source=_PENG, summaries=("mean", "sd", "max")),
        Metafeature("leaf_share", "rows in a leaf / rows", 0, 1, source=_BENSUSAN, summaries=("sd", "max")),
        Metafeature(
            "leaf_shape",
            "d / 2^d for a leaf below d splits: how likely a random walk arrives there, times its bits",
            0,
            0.5,
            source=_BENSUSAN,
            summaries=("mean", "sd"),
        ),
        Metafeature(
            "log_leaf_homogeneity",
            "natural logarithm of the number of leaves / leaf_shape",
            source=_BENSUSAN,
            summaries=("mean",),
        ),
        Metafeature(
            "imbalance",
            "-a log2(a) with a = 2^-(m / 2^d) for every depth d that has leaves, m of them",
            0,
            0.5308,
            source=_BENSUSAN,
            summaries=("mean", "sd"),
        ),
        Metafeature(
            "log_level_width",
            "natural logarithm of the number of splits at a depth",
            0,
            source=_PENG,
            summaries=("mean", "max"),
        ),
        Metafeature(
            "log_column_uses",
            "natural logarithm of the number of splits on an encoded column that is split",
            0,
            source=_BENSUSAN,
            summaries=("mean", "max"),
        ),
        Metafeature("share_used", "encoded columns that are split / encoded columns", 0, 1, source=_PENG),
        Metafeature(
            "importance",
            "impurity that the splits on an encoded column take away / impurity that all take away",
            0,
            1,
            source="Breiman et al. 1984; Bensusan et al. 2000",
            summaries=("sd", "max"),
        ),
        Metafeature(
            "class_leaf_share",
            "leaves that predict a class / leaves",
            0,
            1,
            source=_BENSUSAN,
            summaries=("sd", "max"),
            task_types=("classification",),
        ),
    ),
)
