from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import xgboost as xgb

from foretune.meta_model import trees
from foretune.meta_model.boosting import fit_booster
from foretune.meta_model.parameters import DEEPEST_TREE, BoosterParameters
from foretune.meta_model.trees import TreeError, pack_trees, unpack_trees

N_FEATURES = 5
PARAMETERS = {"n_rounds": 12, "learning_rate": 0.3, "max_depth": 4, "subsample": 0.8, "colsample_bynode": 0.5}
Arrays = dict[str, npt.NDArray[Any]]


def _rows(n: int) -> npt.NDArray[np.float32]:
    rows = np.random.default_rng(1).normal(size=(n, N_FEATURES)).astype(np.float32)
    rows[::7, 2] = np.nan
    return rows


def _booster(offset: float = 0.0, **parameters: Any) -> xgb.Booster:
    rows = _rows(200)
    target = np.nan_to_num(rows[:, 0] * rows[:, 1] + rows[:, 2]) + offset
    return fit_booster(BoosterParameters(**(PARAMETERS | parameters)), rows, target, seed=3)


@pytest.fixture(scope="module")
def packed() -> Arrays:
    return pack_trees([_booster(), None, _booster(offset=1234.567)])


def test_boosters_come_back_with_the_same_predictions_and_shap_values() -> None:
    boosters = [
        _booster(),
        None,
        _booster(offset=-1e-3, max_depth=DEEPEST_TREE, min_child_weight=0),
        _booster(),
    ]
    restored = unpack_trees(pack_trees(boosters), N_FEATURES)
    assert [one is None for one in restored] == [one is None for one in boosters]
    data = xgb.DMatrix(_rows(300), nthread=1)
    for ours, theirs in zip(boosters, restored, strict=True):
        if ours is None or theirs is None:
            continue
        assert theirs.num_features() == N_FEATURES
        assert theirs.num_boosted_rounds() == ours.num_boosted_rounds()
        for kind in ({}, {"pred_contribs": True}, {"pred_leaf": True}):
            np.testing.assert_array_equal(ours.predict(data, **kind), theirs.predict(data, **kind))


def test_no_booster_at_all_is_no_array_element() -> None:
    packed = pack_trees([None, None])
    assert {name: len(values) for name, values in packed.items() if len(values)} == {
        "n_trees": 2,
        "base_score": 2,
    }
    assert unpack_trees(packed, N_FEATURES) == [None, None]


def test_trees_that_predict_otherwise_after_packing_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "_joined", lambda found, name: [0.5 for tree in found for _ in tree[name]])
    with pytest.raises(TreeError):
        pack_trees([_booster()])


def test_trees_of_another_kind_of_booster_are_an_error() -> None:
    data = xgb.DMatrix(_rows(60), label=np.arange(60) % 3, nthread=1)
    classes = xgb.train({"objective": "multi:softprob", "num_class": 3, "nthread": 1}, data, 2)
    with pytest.raises((TreeError, ValueError)):
        pack_trees([classes])


def _set(name: str, at: int, value: float) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name][at] = value

    return change


def _split_of_root(arrays: Arrays) -> None:
    """Both children of the root of the second tree become those of its first child."""
    start = int(arrays["n_nodes"][0])
    arrays["left"][start] = arrays["left"][start + 1]


def _without(name: str) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        del arrays[name]

    return change


def _shorter(name: str) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name] = arrays[name][:-1]

    return change


def _as(name: str, kind: str) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name] = arrays[name].astype(kind)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("left", 0, 10_000), "not after its parent in the same tree"),
        (_set("left", 0, 2**31 - 1), "not after its parent in the same tree"),
        (_set("left", 0, 0), "not after its parent in the same tree"),
        (_set("left", 0, -2), "not after its parent in the same tree"),
        (_set("left", 0, -1), "no parent or several"),
        (_split_of_root, "no parent or several"),
        (_set("feature", 0, N_FEATURES), "not on one of 5 features"),
        (_set("feature", 0, -1), "not on one of 5 features"),
        (_set("value", 3, np.nan), "not finite"),
        (_set("value", 3, np.inf), "not finite"),
        (_set("cover", 3, 0.0), "cover is not positive"),
        (_set("cover", 0, 1e9), "cover of children differs"),
        (_set("base_score", 0, np.inf), "base_score is not finite"),
        (_set("n_nodes", 0, 0), "empty or too large"),
        (_set("n_nodes", 0, 2**31 - 1), "empty or too large"),
        (_set("n_nodes", 0, 3), "not their number"),
        (_set("n_trees", 0, -1), "not their number"),
        (_set("n_trees", 0, 2**31 - 1), "not their number"),
        (_without("cover"), "lack cover"),
        (_shorter("cover"), "cover has another length"),
        (_shorter("base_score"), "base_score has another length"),
        (_shorter("n_nodes"), "not their number"),
        (_as("left", "i8"), "left is 1-dimensional of int64"),
        (_as("value", "f8"), "value is 1-dimensional of float64"),
    ],
)
def test_arrays_that_are_no_trees_never_reach_xgboost(
    packed: Arrays, monkeypatch: pytest.MonkeyPatch, change: Callable[[Arrays], None], reason: str
) -> None:
    arrays = {name: values.copy() for name, values in packed.items()}
    change(arrays)

    def refuse(_: bytes) -> None:
        raise AssertionError("XGBoost was asked to load it")

    monkeypatch.setattr(trees, "_load", refuse)
    with pytest.raises(TreeError, match=reason):
        unpack_trees(arrays, N_FEATURES)


def _chain(depth: int) -> Arrays:
    """One tree whose right children are leaves."""
    n = 2 * depth + 1
    left = np.full(n, -1, dtype="i4")
    left[[0, *range(1, n - 2, 2)]] = range(1, n, 2)
    cover = np.ones(n, dtype="f4")
    cover[[0, *range(1, n, 2)]] = np.arange(depth + 1, 0, -1)
    return {
        "n_trees": np.array([1], dtype="i4"),
        "base_score": np.zeros(1, dtype="f4"),
        "n_nodes": np.array([n], dtype="i4"),
        "left": left,
        "feature": np.zeros(n, dtype="i4"),
        "value": np.ones(n, dtype="f4"),
        "default_left": np.zeros(n, dtype=bool),
        "cover": cover,
    }


def test_a_tree_is_at_most_as_deep_as_training_makes_it() -> None:
    (booster,) = unpack_trees(_chain(DEEPEST_TREE), 1)
    assert booster is not None
    assert booster.predict(xgb.DMatrix(np.zeros((2, 1)), nthread=1)).tolist() == [1.0, 1.0]
    for depth in (DEEPEST_TREE + 1, 50_000):
        with pytest.raises(TreeError, match="deeper than 16"):
            unpack_trees(_chain(depth), 1)
