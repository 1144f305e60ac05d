"""Amount of work of a fit: how its time grows with the table and the hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from foretune.base import is_number
from foretune.spaces import Configuration

# Of boosters that choose it by early stopping: rounds times learning rate, and the range of the rounds
RATE_TIMES_ROUNDS, FEWEST_ROUNDS, MOST_ROUNDS = 30.0, 100.0, 2000.0
ROUNDS = ("n_estimators", "num_boost_round", "max_iter", "iterations")
RATES = ("learning_rate", "eta", "learning_rate_init")
LEAVES = ("num_leaves", "max_leaves", "max_leaf_nodes")
DEPTHS = ("max_depth", "depth")
COLUMN_SHARES = ("colsample_bytree", "colsample_bylevel", "feature_fraction", "rsm", "max_features")
ROW_SHARES = ("subsample", "bagging_fraction")
USUAL_DEPTH, DEEPEST, USUAL_TREES, USUAL_EPOCHS = 6.0, 30.0, 100.0, 200.0
# libsvm's steps, which our learners limit
MOST_SVM_STEPS = 20_000
# Solvers go on for longer where the penalty is weak
LEAST_PENALTY, MOST_PASSES = 1e-4, 1e4


class Size(NamedTuple):
    """Size of a table: rows, columns, and classes (1 for regression)."""

    n_rows: float
    n_columns: float
    n_classes: float

    @property
    def n_outputs(self) -> float:
        """Number of models of a learner that fits one for each class, of two classes only one."""
        return self.n_classes if self.n_classes > 2 else 1.0


Params = Mapping[str, Any]


def work(configuration: Configuration, n_rows: float, n_columns: float, n_classes: float = 1) -> float:
    """Return the units of work of one fit: cells that are looked at, times how often.

    Units of different learners do not compare. It grows with the rows, the columns and the classes.

    Parameters
    ----------
    configuration
        Learner and hyperparameters. An unknown learner looks at each cell once a round, if it has rounds.
    n_rows, n_columns, n_classes
        Size of the training part; 1 class for regression.
    """
    size = Size(max(float(n_rows), 1.0), max(float(n_columns), 1.0), max(float(n_classes), 1.0))
    estimate = _WORK.get(configuration.learner, _other)
    return max(float(estimate(configuration.params, size)), 1.0)


def _number(params: Params, names: tuple[str, ...], default: float) -> float:
    """Return the first of some hyperparameters that is a positive number."""
    values = (params[name] for name in names if name in params)
    return next((float(one) for one in values if is_number(one) and 0 < one < math.inf), default)


def _share(params: Params, names: tuple[str, ...]) -> float:
    return min(_number(params, names, 1.0), 1.0)


def _rounds(params: Params) -> float:
    """Return the boosting rounds, or those that early stopping is expected to choose."""
    expected = RATE_TIMES_ROUNDS / _number(params, RATES, RATE_TIMES_ROUNDS / FEWEST_ROUNDS)
    return _number(params, ROUNDS, min(max(expected, FEWEST_ROUNDS), MOST_ROUNDS))


def _levels(params: Params, size: Size, usual: float) -> float:
    """Return the number of levels of a tree, which every row passes."""
    most = min(math.log2(size.n_rows) + 1, DEEPEST)
    leaves = _number(params, LEAVES, math.inf)
    grown = math.log2(leaves + 1) + 1 if leaves < math.inf else usual
    return max(min(_number(params, DEPTHS, grown), most), 1.0)


def _boosting(params: Params, size: Size) -> float:
    # Histograms cost as many units as there are bins in a column, however few the rows
    rows = size.n_rows * _share(params, ROW_SHARES) + 256
    cells = rows * (1 + size.n_columns * _share(params, COLUMN_SHARES))
    return _rounds(params) * size.n_outputs * _levels(params, size, USUAL_DEPTH) * cells


def _sorting_boosting(params: Params, size: Size) -> float:
    cells = size.n_rows * _share(params, ROW_SHARES) * (1 + size.n_columns * _share(params, COLUMN_SHARES))
    return _rounds(params) * size.n_outputs * _levels(params, size, 3.0) * cells * math.log2(size.n_rows + 1)


def _forest(params: Params, size: Size) -> float:
    columns = 1 + size.n_columns * _share(params, COLUMN_SHARES)
    sorting = math.log2(size.n_rows + 1)
    levels = _levels(params, size, DEEPEST)
    return _number(params, ROUNDS, USUAL_TREES) * size.n_rows * columns * sorting * levels


def _svm(params: Params, size: Size) -> float:
    # Rows that are compared; above the limit of steps only the kernel's columns of these
    steps = min(size.n_rows, MOST_SVM_STEPS)
    harder = math.sqrt(math.sqrt(min(max(_number(params, ("C",), 1.0), 1.0), 100.0)))
    return size.n_rows * steps * (1 + size.n_columns) * harder * math.sqrt(size.n_outputs)


def _neighbours(params: Params, size: Size) -> float:
    return size.n_rows * size.n_rows * (1 + size.n_columns)


def _linear(params: Params, size: Size) -> float:
    penalty = max(_number(params, ("alpha",), 1.0 / _number(params, ("C",), 1.0)), LEAST_PENALTY)
    passes = math.sqrt(math.sqrt(min(max(1.0 / penalty, 1.0), MOST_PASSES)))
    return size.n_rows * (1 + size.n_columns) * size.n_outputs * passes


def _network(params: Params, size: Size) -> float:
    width = _number(params, ("width", "hidden_units", "hidden_layer_sizes"), 100.0)
    layers = _number(params, ("n_layers", "layers"), 1.0)
    weights = width * (size.n_columns + (layers - 1) * width + size.n_classes)
    return _number(params, ROUNDS, USUAL_EPOCHS) * size.n_rows * weights


def _other(params: Params, size: Size) -> float:
    rounds = _number(params, ROUNDS, 1.0)
    return rounds * size.n_rows * (1 + size.n_columns) * size.n_outputs


_WORK: dict[str, Callable[[Params, Size], float]] = {
    "xgboost": _boosting,
    "lightgbm": _boosting,
    "hist_gradient_boosting": _boosting,
    "catboost": _boosting,
    "gradient_boosting": _sorting_boosting,
    "random_forest": _forest,
    "extra_trees": _forest,
    "svm": _svm,
    "k_nearest_neighbours": _neighbours,
    "linear": _linear,
    "mlp": _network,
    "realmlp": _network,
}
