from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.understanding.functional_anova import Boxes


def _table_as_boxes(table: np.ndarray, weights: list[np.ndarray] | None = None) -> Boxes:
    """One box per cell of a function on a grid."""
    cells = list(np.ndindex(table.shape))
    masks = [np.array([np.arange(n) == cell[at] for cell in cells]) for at, n in enumerate(table.shape)]
    values = np.array([table[cell] for cell in cells])
    return Boxes(masks, values, weights or [np.full(n, 1 / n) for n in table.shape])


def test_the_shares_of_an_additive_function_are_those_of_its_terms() -> None:
    a, b = np.array([0.0, 2.0]), np.array([0.0, 1.0])
    found = _table_as_boxes(a[:, None, None] + b[None, :, None] + np.zeros(3)[None, None, :]).decompose()
    assert found.variance == pytest.approx(1.25)
    np.testing.assert_allclose(found.main, [0.8, 0.2, 0.0], atol=1e-12)
    np.testing.assert_allclose(found.interactions, 0, atol=1e-12)


def test_exclusive_or_is_all_interaction() -> None:
    found = _table_as_boxes(np.array([[0.0, 1.0], [1.0, 0.0]])).decompose()
    np.testing.assert_allclose(found.main, 0, atol=1e-12)
    assert found.pairs == [(0, 1)]
    np.testing.assert_allclose(found.interactions, 1)


def test_a_flat_function_has_no_shares() -> None:
    found = _table_as_boxes(np.full((2, 3), 0.7)).decompose()
    assert found.variance == 0
    assert np.isnan(found.main).all()
    assert np.isnan(found.interactions).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_boxes=st.integers(1, 25))
def test_equal_to_brute_force_on_overlapping_boxes(seed: int, n_boxes: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (3, 4, 2)
    boxes = Boxes(
        [rng.random((n_boxes, n)) < 0.6 for n in shape],
        rng.normal(size=n_boxes),
        [weight / weight.sum() for weight in (rng.random(n) + 0.1 for n in shape)],
    )
    function = np.zeros(shape)
    for cell in itertools.product(*(range(n) for n in shape)):
        inside = np.all([boxes.masks[at][:, level] for at, level in enumerate(cell)], axis=0)
        function[cell] = boxes.values[inside].sum()
    weight = np.einsum("i,j,k->ijk", *boxes.weights)
    mean = (weight * function).sum()
    variance = (weight * (function - mean) ** 2).sum()
    found = boxes.decompose()
    assert found.variance == pytest.approx(variance, abs=1e-9)
    first = np.einsum("ijk,j,k->i", function, boxes.weights[1], boxes.weights[2])
    np.testing.assert_allclose(boxes.marginal(0), first, atol=1e-9)
    if variance > 1e-6:
        assert found.main[0] == pytest.approx(boxes.weights[0] @ (first - mean) ** 2 / variance, abs=1e-7)
        shares = found.main.sum() + found.interactions.sum()
        assert -1e-9 <= shares <= 1 + 1e-7
