from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.spaces.encoding import ConfigurationEncoder
from foretune.understanding.forest_surface import ForestSurface
from foretune.understanding.hyperparameters import Space, describe_space
from foretune.understanding.parameters import SurfaceParameters

SMALL = SurfaceParameters(n_trees=3, n_levels=4)


def _nested_design(seed: int) -> pd.DataFrame:
    """``b`` is active where ``a`` is "on", ``c`` where ``b`` is "on" as well."""
    rng = np.random.default_rng(seed)
    a, b = rng.choice(["off", "on"], 80), rng.choice(["off", "on"], 80)
    return pd.DataFrame(
        {
            "param_a": a,
            "param_b": np.where(a == "on", b, None),
            "param_c": np.where((a == "on") & (b == "on"), rng.integers(0, 4, 80), np.nan),
            "param_d": rng.normal(size=80),
        }
    )


def _space(design: pd.DataFrame) -> Space:
    encoded = ConfigurationEncoder.from_trials(design).encode(design)
    return describe_space(encoded, np.zeros(len(design), dtype=bool), SMALL.n_levels)


def _as_configuration(space: Space, levels: tuple[int, ...]) -> np.ndarray:
    """Put levels together; what is inactive, or below something inactive, is not set."""
    row = np.zeros(space.values.shape[1])
    inactive: set[int] = set()
    for position in sorted(range(len(levels)), key=space.depth):
        hyperparameter = space.hyperparameters[position]
        condition = hyperparameter.condition
        if condition is not None and (
            condition.parent in inactive or not condition.active_levels[levels[condition.parent]]
        ):
            inactive.add(position)
        value = hyperparameter.missing if position in inactive else hyperparameter.levels[levels[position]]
        row[hyperparameter.columns] = value
    return row


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000))
def test_boxes_are_the_forest_on_every_point_of_the_grid(seed: int) -> None:
    design = _nested_design(seed)
    space = _space(design)
    assert [space.depth(position) for position in range(4)] == [0, 1, 2, 0]
    rng = np.random.default_rng(seed)
    surface = ForestSurface.fit(space.values, rng.normal(size=len(design)), SMALL, seed)
    boxes = surface.boxes(space)
    grid = list(itertools.product(*(range(len(each.levels)) for each in space.hyperparameters)))
    expected = surface.predict(np.array([_as_configuration(space, levels) for levels in grid]))
    found = [
        boxes.values[np.all([boxes.masks[at][:, level] for at, level in enumerate(levels)], axis=0)].sum()
        for levels in grid
    ]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_the_same_seed_gives_the_same_forest(svm_design: pd.DataFrame) -> None:
    space = _space(svm_design)
    scores = np.random.default_rng(0).normal(size=len(svm_design))
    first, again, other = (ForestSurface.fit(space.values, scores, SMALL, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.predict(space.values), again.predict(space.values))
    assert not np.array_equal(first.predict(space.values), other.predict(space.values))


def test_r2_is_measured_on_what_a_tree_has_not_seen() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((200, 2))
    many = SurfaceParameters(n_trees=16)
    assert ForestSurface.fit(values, values[:, 0], many, 0).r2 > 0.95
    assert ForestSurface.fit(values, rng.normal(size=200), many, 0).r2 < 0.1
    assert np.isnan(ForestSurface.fit(values, np.ones(200), many, 0).r2)


def test_predictions_are_means_of_trees() -> None:
    values = np.array([[0.0], [1.0]] * 20)
    surface = ForestSurface.fit(values, values[:, 0] * 3, SMALL, 0)
    assert surface.predict(np.array([[-5.0], [9.0]])).tolist() == pytest.approx([0, 3])
