"""Boosted trees as plain arrays, checked before XGBoost loads them."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from foretune.base import one_thread
from foretune.meta_model.parameters import DEEPEST_TREE

Arrays = Mapping[str, npt.NDArray[Any]]

LEAF = -1
# Parent of a root in XGBoost's format
NO_PARENT = 2**31 - 1
MOST_NODES = 2**17
# XGBoost sums single-precision weights in another order
COVER_PRECISION = 1e-3
LAYOUT = [3, 2, 0]
READINGS: tuple[dict[str, bool], ...] = ({}, {"pred_contribs": True})


class TreeError(ValueError):
    """Arrays that are no trees, or trees of an XGBoost release that have no such arrays."""


class Trees(NamedTuple):
    """Trees of several boosters, one after another.

    Attributes
    ----------
    n_trees, base_score
        By booster: number of trees (0 for none, without booster) and constant added to their sum.
    n_nodes
        By tree: number of nodes.
    left
        By node: position in its tree of the left child, which the right one follows; -1 for a leaf.
    feature, value, default_left
        By node: feature and threshold of the split (of a leaf its prediction), and whether missing values go
        to the left.
    cover
        By node: weight of the training rows, which SHAP values need.
    """

    n_trees: npt.NDArray[np.int32]
    base_score: npt.NDArray[np.float32]
    n_nodes: npt.NDArray[np.int32]
    left: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    value: npt.NDArray[np.float32]
    default_left: npt.NDArray[np.bool_]
    cover: npt.NDArray[np.float32]


TYPES = dict(zip(Trees._fields, ("i4", "f4", "i4", "i4", "i4", "f4", "?", "f4"), strict=True))


def pack_trees(boosters: Sequence[xgb.Booster | None]) -> dict[str, npt.NDArray[Any]]:
    """Convert boosters of one output to the arrays of :class:`Trees`, by name.

    Raises
    ------
    TreeError
        If this release of XGBoost describes its trees otherwise, so that they would predict otherwise.
    """
    models = [None if one is None else json.loads(one.save_raw("json"))["learner"] for one in boosters]
    each = [[] if one is None else one["gradient_booster"]["model"]["trees"] for one in models]
    trees = [tree for of_booster in each for tree in of_booster]
    columns = {
        "n_trees": [len(one) for one in each],
        "base_score": [0.0 if one is None else _base_score(one) for one in models],
        "n_nodes": [len(tree["left_children"]) for tree in trees],
        "left": _joined(trees, "left_children"),
        "feature": _joined(trees, "split_indices"),
        "value": _joined(trees, "split_conditions"),
        "default_left": _joined(trees, "default_left"),
        "cover": _joined(trees, "sum_hessian"),
    }
    arrays = {name: np.array(values, dtype=TYPES[name]) for name, values in columns.items()}
    features = [None if one is None else one.num_features() for one in boosters]
    restored = unpack_trees(arrays, max((n for n in features if n is not None), default=0))
    if not all(map(_predict_the_same, boosters, restored)):
        raise TreeError(f"XGBoost {xgb.__version__} has trees of another kind")
    return arrays


def unpack_trees(arrays: Arrays, n_features: int) -> list[xgb.Booster | None]:
    """Check the arrays of :class:`Trees`, and load them into XGBoost.

    Nothing but checked numbers reaches XGBoost, which trusts its files: a child outside of its tree makes it
    read and write other memory.

    Parameters
    ----------
    arrays
        The arrays by name.
    n_features
        Number of features of every booster.

    Returns
    -------
    list of xgboost.Booster or None
        One for each element of ``n_trees``.

    Raises
    ------
    TreeError
        If an array is missing, of another type or length, or these are no trees over so many features.
    """
    trees = _typed(arrays)
    _check_lengths(trees)
    _check_values(trees, n_features)
    parents = _find_parents(trees)
    _check_depth(trees, parents)
    _check_cover(trees, parents)
    encoded = _encode_trees(trees, parents, n_features)
    return [
        None if n == 0 else _load(_encode_booster([next(encoded) for _ in range(n)], score, n_features))
        for n, score in zip(trees.n_trees.tolist(), trees.base_score, strict=True)
    ]


def _joined(trees: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    return [value for tree in trees for value in tree[name]]


def _base_score(model: Mapping[str, Any]) -> float:
    (score,) = json.loads(model["learner_model_param"]["base_score"])
    return float(score)


def _predict_the_same(first: xgb.Booster | None, second: xgb.Booster | None) -> bool:
    if first is None or second is None:
        return first is second
    values = np.random.default_rng(0).random((64, first.num_features()))
    values[::5] = np.nan
    rows = xgb.DMatrix(values, nthread=1)
    return all(np.array_equal(first.predict(rows, **kind), second.predict(rows, **kind)) for kind in READINGS)


def _typed(arrays: Arrays) -> Trees:
    for name, kind in TYPES.items():
        if name not in arrays:
            raise TreeError(f"they lack {name}")
        if arrays[name].dtype != np.dtype(kind) or arrays[name].ndim != 1:
            raise TreeError(f"{name} is {arrays[name].ndim}-dimensional of {arrays[name].dtype}")
    return Trees(**{name: arrays[name] for name in TYPES})


def _check_lengths(trees: Trees) -> None:
    n_boosters, n_trees, n_nodes = (len(one) for one in (trees.n_trees, trees.n_nodes, trees.left))
    _check(len(trees.base_score) == n_boosters, "base_score has another length than n_trees")
    _check(
        (trees.n_trees >= 0).all() and trees.n_trees.sum(dtype=np.int64) == n_trees,
        "n_trees is not their number",
    )
    sizes = trees.n_nodes
    _check(((sizes >= 1) & (sizes <= MOST_NODES)).all(), "a tree is empty or too large")
    _check(sizes.sum(dtype=np.int64) == n_nodes, "n_nodes is not their number")
    for name in ("feature", "value", "default_left", "cover"):
        _check(len(getattr(trees, name)) == n_nodes, f"{name} has another length than left")


def _check_values(trees: Trees, n_features: int) -> None:
    _check(np.isfinite(trees.base_score).all(), "base_score is not finite")
    _check(np.isfinite(trees.value).all(), "a threshold or a leaf is not finite")
    feature = trees.feature[trees.left != LEAF]
    _check(((feature >= 0) & (feature < n_features)).all(), f"a split is not on one of {n_features} features")


def _find_parents(trees: Trees) -> npt.NDArray[np.int64]:
    """Return the parent of each node in all nodes, -1 for roots; each other node must be one child."""
    sizes = trees.n_nodes.astype(np.int64)
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    size = np.repeat(sizes, sizes)
    node = np.arange(len(trees.left))
    split = np.flatnonzero(trees.left != LEAF)
    left = trees.left[split].astype(np.int64)
    is_after = (left > (node - start)[split]) & (left + 1 < size[split])
    _check(is_after.all(), "a child is not after its parent in the same tree")
    children = start[split] + left
    parents = np.full(len(node), -1)
    parents[children] = parents[children + 1] = split
    is_root = node == start
    n_parents = np.bincount(np.concatenate([children, children + 1]), minlength=len(node))
    _check((n_parents == ~is_root).all(), "a node has no parent or several")
    return parents


def _check_depth(trees: Trees, parents: npt.NDArray[np.int64]) -> None:
    """Bound the recursion of XGBoost, whose SHAP values take the square of the depth."""
    at = parents.copy()
    for _ in range(DEEPEST_TREE):
        at = at[at >= 0]
        at = parents[at]
    _check((at < 0).all(), f"a tree is deeper than {DEEPEST_TREE}")


def _check_cover(trees: Trees, parents: npt.NDArray[np.int64]) -> None:
    """Check that training rows went to the left or to the right, by whose weights SHAP values divide."""
    _check((np.isfinite(trees.cover) & (trees.cover > 0)).all(), "cover is not positive")
    child = np.flatnonzero(parents >= 0)
    total = np.bincount(parents[child], trees.cover[child], minlength=len(parents))
    split = trees.left != LEAF
    _check(np.allclose(total[split], trees.cover[split], rtol=COVER_PRECISION), "cover of children differs")


def _check(holds: Any, otherwise: str) -> None:
    if not holds:
        raise TreeError(otherwise)


def _encode_trees(trees: Trees, parents: npt.NDArray[np.int64], n_features: int) -> Iterator[bytes]:
    """Encode each tree in XGBoost's binary JSON."""
    sizes = trees.n_nodes.astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    first = np.repeat(starts, sizes)
    is_leaf = trees.left == LEAF
    nothing = np.zeros(len(trees.left))
    columns = {
        "base_weights": ("d", nothing),
        "default_left": ("U", trees.default_left),
        "left_children": ("l", trees.left),
        "loss_changes": ("d", nothing),
        "parents": ("l", np.where(parents < 0, NO_PARENT, parents - first)),
        "right_children": ("l", np.where(is_leaf, LEAF, trees.left + 1)),
        "split_conditions": ("d", trees.value),
        "split_indices": ("l", np.where(is_leaf, 0, trees.feature)),
        "split_type": ("U", nothing),
        "sum_hessian": ("d", trees.cover),
    }
    empty = {"categories": "l", "categories_nodes": "l", "categories_segments": "L", "categories_sizes": "L"}
    raw = [
        (
            _key(name) + _array_head(code),
            np.dtype(WIDTHS[code]).itemsize,
            values.astype(WIDTHS[code]).tobytes(),
        )
        for name, (code, values) in columns.items()
    ]
    same = _members({name: _array_head(code) + _length(0) for name, code in empty.items()})
    numbers = [number for n in trees.n_trees.tolist() for number in range(n)]
    for number, start, size in zip(numbers, starts.tolist(), sizes.tolist(), strict=True):
        length = _length(size)
        arrays = [head + length + part[start * width : (start + size) * width] for head, width, part in raw]
        sizes_of = _texts(num_deleted=0, num_feature=n_features, num_nodes=size, size_leaf_vector=1)
        numbered = _members({"id": _integer(number), "tree_param": sizes_of})
        yield b"".join([b"{", same, *arrays, numbered, b"}"])


def _encode_booster(trees: Sequence[bytes], base_score: np.float32, n_features: int) -> bytes:
    """Encode a booster of one output by squared error in XGBoost's binary JSON."""
    n_trees = len(trees)
    model = {
        "gbtree_model_param": _texts(num_parallel_tree=1, num_trees=n_trees),
        "iteration_indptr": _list([_integer(one) for one in range(n_trees + 1)]),
        "tree_info": _list([_integer(0)] * n_trees),
        "trees": _list(trees),
    }
    learner = {
        "attributes": _object({}),
        "feature_names": _list([]),
        "feature_types": _list([]),
        "gradient_booster": _object({"model": _object(model), "name": _text("gbtree")}),
        "learner_model_param": _texts(
            base_score=f"[{base_score:.9E}]",
            boost_from_average=1,
            num_class=0,
            num_feature=n_features,
            num_target=1,
        ),
        "objective": _object(
            {"name": _text("reg:squarederror"), "reg_loss_param": _texts(scale_pos_weight=1)}
        ),
    }
    return _object({"learner": _object(learner), "version": _list([_integer(one) for one in LAYOUT])})


def _load(content: bytes) -> xgb.Booster:
    booster = xgb.Booster({"nthread": 1})
    # Threads make loading slower, and a process forked later could deadlock on them
    with one_thread():
        booster.load_model(bytearray(content))
    return booster


# Universal Binary JSON: big-endian, with a letter for each type
WIDTHS = {"d": ">f4", "l": ">i4", "L": ">i8", "U": "u1"}


def _length(number: int) -> bytes:
    return b"L" + struct.pack(">q", number)


def _integer(number: int) -> bytes:
    return b"l" + struct.pack(">i", number)


def _text(text: str) -> bytes:
    return b"S" + _length(len(text)) + text.encode("ascii")


def _texts(**values: Any) -> bytes:
    return _object({name: _text(str(value)) for name, value in values.items()})


@cache
def _key(name: str) -> bytes:
    return _length(len(name)) + name.encode("ascii")


def _members(values: Mapping[str, bytes]) -> bytes:
    return b"".join([_key(name) + value for name, value in values.items()])


def _object(values: Mapping[str, bytes]) -> bytes:
    return b"{" + _members(values) + b"}"


def _list(values: Sequence[bytes]) -> bytes:
    return b"".join([b"[#", _length(len(values)), *values])


def _big_endian(values: npt.NDArray[Any], dtype: str) -> tuple[int, bytes]:
    converted = values.astype(dtype)
    return converted.itemsize, converted.tobytes()


def _array_head(code: str) -> bytes:
    return b"[$" + code.encode("ascii") + b"#"
