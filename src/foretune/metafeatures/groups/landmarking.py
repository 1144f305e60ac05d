"""Landmarkers: cross-validated scores of very fast learners."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.naive_bayes import GaussianNB

from foretune.base import TaskType
from foretune.metafeatures.caps import Caps
from foretune.metafeatures.description import TaskDescription
from foretune.metafeatures.group import Metafeature, MetafeatureGroup
from foretune.metafeatures.groups.encoding import EncodedFold, encode_fold
from foretune.metafeatures.groups.trees import (
    fit_tree,
    make_tree,
    many_classes_allowed,
    predict_at_depth,
    predict_tree,
)

Target = NDArray[np.float64]


# Class codes or standardised targets

_SHALLOW_DEPTH = 4
_N_RANDOM_NODES = 10
_N_NEIGHBOURS = 5
# Added to the diagonal of the within-class covariance of standardised columns
_LDA_SHRINKAGE = 0.01
_RIDGE_PENALTY = 1.0
# One-hot columns are often constant within a class: without a floor a single row would decide
_BAYES_SMOOTHING = 0.01
_WORST_R2 = -1.0


def compute(task: TaskDescription) -> dict[str, float]:
    """Compute the group; undefined without columns, with a single class or a constant target."""
    if np.unique(task.target_levels).size < 2 or task.n_features == 0:
        return dict.fromkeys(GROUP.keys([task.task_type]), math.nan)
    scores = _scores(task)
    return scores | {
        "neighbours_gain": scores["five_neighbours"] - scores["nearest_neighbour"],
        "depth_gain": scores["full_tree"] - scores["shallow_tree"],
        "linear_advantage": scores["linear"] - scores["full_tree"],
    }


def balanced_accuracy(truth: Target, predicted: Target) -> float:
    """Return the mean recall of the classes that occur."""
    classes = truth.astype(np.int64)
    counts = np.bincount(classes)
    hits = np.bincount(classes, weights=truth == predicted)
    return float((hits[counts > 0] / counts[counts > 0]).mean())


def clipped_r2(truth: Target, predicted: Target) -> float:
    """Return the coefficient of determination, clipped at -1, since bad extrapolations are unbounded."""
    error = float(((truth - predicted) ** 2).sum())
    return max(_WORST_R2, 1 - error / float(((truth - truth.mean()) ** 2).sum()))


def _scores(task: TaskDescription) -> dict[str, float]:
    """Score the pooled out-of-fold predictions of every learner."""
    classify = task.task_type == "classification"
    truth = task.classes.astype(np.float64) if classify else task.target_moments.standardised[:, 0]
    generator = task.generator("random nodes")
    n_nodes = min(_N_RANDOM_NODES, task.n_features)
    nodes = generator.choice(task.n_features, size=n_nodes, replace=False)
    folds = _assign_folds(task)
    predicted: dict[str, Target] = {}
    with many_classes_allowed():
        for fold in range(folds.max() + 1):
            train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            encoded = encode_fold(task, train, test)
            for name, values in _predict(encoded, truth[train], nodes, task).items():
                predicted.setdefault(name, np.empty_like(truth))[test] = values
    score = balanced_accuracy if classify else clipped_r2
    scores = {name: score(truth, values) for name, values in predicted.items()}
    nodes_alone = [scores.pop(f"node {feature}") for feature in nodes]
    return scores | {
        "best_node": max(nodes_alone),
        "random_node": float(np.mean(nodes_alone)),
        "worst_node": min(nodes_alone),
    }


def _assign_folds(task: TaskDescription) -> NDArray[np.int64]:
    """Assign rows to folds at random, stratified by class."""
    generator = task.generator("folds")
    groups = task.classes if task.task_type == "classification" else np.zeros(task.n_rows)
    order = np.lexsort((generator.random(task.n_rows), groups))
    folds = np.empty(task.n_rows, dtype=np.int64)
    folds[order] = np.arange(task.n_rows) % min(task.settings.n_folds, task.n_rows)
    return folds


def _predict(
    fold: EncodedFold, target: Target, nodes: NDArray[np.int64], task: TaskDescription
) -> dict[str, Target]:
    """Fit every learner on the training rows and predict the test rows."""
    seed = task.random_state
    predictions = _nearest(fold, target, task.task_type)
    if task.task_type == "classification":
        predictions["naive_bayes"] = _naive_bayes(fold, target)
        predictions["linear"] = _linear_discriminant(fold, target)
    else:
        predictions["linear"] = _ridge(fold, target)
    tree = make_tree(task.task_type, seed)
    predictions["full_tree"] = _grow_and_predict(tree, fold, target)
    rows = fold.test if fold.test.shape[1] else np.zeros((len(fold.test), 1))
    predictions["decision_stump"] = predict_at_depth(tree, rows, 1)
    predictions["shallow_tree"] = predict_at_depth(tree, rows, _SHALLOW_DEPTH)
    predictions["elite_neighbour"] = _elite_nearest(tree, fold, target)
    for feature in nodes:
        part = _only(fold, feature)
        predictions[f"node {feature}"] = _grow_and_predict(make_tree(task.task_type, seed, 1), part, target)
    return predictions


def _only(fold: EncodedFold, feature: int) -> EncodedFold:
    own = fold.owners == feature
    return fold._replace(train=fold.train[:, own], test=fold.test[:, own])


def _elite_nearest(tree: Any, fold: EncodedFold, target: Target) -> Target:
    """Predict with the nearest row by a single feature: the one of the tree's first split."""
    split = int(tree.tree_.feature[0])
    elite = _only(fold, fold.owners[split]) if split >= 0 and fold.train.shape[1] else fold
    return target[_nearest_rows(elite, 1)[:, 0]]


def _naive_bayes(fold: EncodedFold, target: Target) -> Target:
    if fold.train.shape[1] == 0:
        return _grow_and_predict(make_tree("classification", 0), fold, target)
    predicted: Target = GaussianNB(var_smoothing=_BAYES_SMOOTHING).fit(fold.train, target).predict(fold.test)
    return predicted


def _grow_and_predict(tree: Any, fold: EncodedFold, target: Target) -> Target:
    train, test = fold.train, fold.test
    if train.shape[1] == 0:
        # With a column of zeros every tree predicts the majority class or the mean
        train, test = np.zeros((len(train), 1)), np.zeros((len(test), 1))
    return predict_tree(fit_tree(tree, train, target), test)


def _nearest(fold: EncodedFold, target: Target, task_type: TaskType) -> dict[str, Target]:
    """Predict with one and with five nearest neighbours; the nearest class wins ties."""
    neighbours = _nearest_rows(fold, _N_NEIGHBOURS)
    values = target[neighbours]
    if task_type == "regression":
        return {"nearest_neighbour": values[:, 0], "five_neighbours": values.mean(axis=1)}
    votes = (values[:, :, None] == values[:, None, :]).sum(axis=2)
    # argmax returns the first, hence nearest, neighbour whose class has most votes
    winners = votes.argmax(axis=1)
    return {
        "nearest_neighbour": values[:, 0],
        "five_neighbours": values[np.arange(len(values)), winners],
    }


def _nearest_rows(fold: EncodedFold, k: int) -> NDArray[np.int64]:
    """Return the nearest training rows of every test row, shape (n_test, min(k, n_train))."""
    squares = (fold.train**2).sum(axis=1)
    # Without the squared norm of the test row, which is constant
    distances = squares - 2 * fold.test @ fold.train.T
    rows = np.arange(len(distances))
    neighbours = np.empty((rows.size, min(k, squares.size)), dtype=np.int64)
    for place in range(neighbours.shape[1]):
        # A few passes are faster than sorting; the first of equals is unambiguous
        neighbours[:, place] = distances.argmin(axis=1)
        distances[rows, neighbours[:, place]] = math.inf
    return neighbours


def _linear_discriminant(fold: EncodedFold, target: Target) -> Target:
    """Predict with linear discriminant analysis: pooled, slightly shrunk covariance and empirical priors."""
    present, classes, counts = np.unique(target, return_inverse=True, return_counts=True)
    membership = (classes[:, None] == np.arange(present.size)).astype(np.float64)
    means = membership.T @ fold.train / counts[:, None]
    residuals = fold.train - means[classes]
    within = residuals.T @ residuals / max(1, target.size - present.size)
    within[np.diag_indices_from(within)] += _LDA_SHRINKAGE
    coefficients = np.linalg.solve(within, means.T)
    offsets = np.log(counts / target.size) - 0.5 * (means.T * coefficients).sum(axis=0)
    predicted: Target = present[(fold.test @ coefficients + offsets).argmax(axis=1)]
    return predicted


def _ridge(fold: EncodedFold, target: Target) -> Target:
    """Predict with ridge regression on the encoded columns."""
    centre = fold.train.mean(axis=0)
    design = fold.train - centre
    gram = design.T @ design
    gram[np.diag_indices_from(gram)] += _RIDGE_PENALTY
    coefficients = np.linalg.solve(gram, design.T @ (target - target.mean()))
    predicted: Target = (fold.test - centre) @ coefficients + target.mean()
    return predicted


_SCORE = "(balanced accuracy, or R2 but at least -1, of the pooled out-of-fold predictions)"
_AT_MOST_10 = f", of at most 10 random ones {_SCORE}"
_PFAHRINGER = "Pfahringer et al. 2000"
_NODES = "Bensusan and Giraud-Carrier 2000"
_RELATIVE = "Fuernkranz and Petrak 2001 (relative landmarks)"

GROUP = MetafeatureGroup(
    name="landmarking",
    compute=compute,
    version="1",
    cost="n^2 p + n log n p + n c^2",
    caps=Caps(max_rows=2_000),
    entries=(
        Metafeature("nearest_neighbour", f"nearest neighbour {_SCORE}", -1, 1, source=_PFAHRINGER),
        Metafeature("five_neighbours", f"five nearest neighbours {_SCORE}", -1, 1),
        Metafeature(
            "naive_bayes",
            f"Gaussian naive Bayes {_SCORE}",
            0,
            1,
            source=_PFAHRINGER,
            task_types=("classification",),
        ),
        Metafeature(
            "linear", f"linear discriminant, or ridge regression {_SCORE}", -1, 1, source=_PFAHRINGER
        ),
        Metafeature(
            "decision_stump",
            f"tree with one split, the best node {_SCORE}",
            -1,
            1,
            source=_NODES,
        ),
        Metafeature(
            "elite_neighbour",
            f"nearest neighbour by the feature that the decision stump splits {_SCORE}",
            -1,
            1,
            source=_NODES,
        ),
        Metafeature(
            "best_node",
            f"best of the one-split trees on a single feature{_AT_MOST_10}",
            -1,
            1,
            source=_NODES,
        ),
        Metafeature(
            "random_node",
            f"mean of the one-split trees on a single feature{_AT_MOST_10}",
            -1,
            1,
            source=_NODES,
        ),
        Metafeature(
            "worst_node",
            f"worst of the one-split trees on a single feature{_AT_MOST_10}",
            -1,
            1,
            source=_NODES,
        ),
        Metafeature("shallow_tree", f"tree of depth at most 4 {_SCORE}", -1, 1, source="Peng et al. 2002"),
        Metafeature("full_tree", f"unpruned tree {_SCORE}", -1, 1, source="Peng et al. 2002"),
        Metafeature("neighbours_gain", "five_neighbours - nearest_neighbour: noise", -2, 2, source=_RELATIVE),
        Metafeature(
            "depth_gain", "full_tree - shallow_tree: interactions, or noise", -2, 2, source=_RELATIVE
        ),
        Metafeature("linear_advantage", "linear - full_tree: linearity", -2, 2, source=_RELATIVE),
    ),
)
