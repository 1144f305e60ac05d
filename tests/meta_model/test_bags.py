from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.meta_model.bags import FEWEST_FAMILIES, draw_bags


@st.composite
def families_of_tasks(draw: st.DrawFn) -> pd.Series:
    n_families = draw(st.integers(FEWEST_FAMILIES, 40))
    sizes = draw(st.lists(st.integers(1, 4), min_size=n_families, max_size=n_families))
    families = np.repeat([f"family {number}" for number in range(n_families)], sizes)
    return pd.Series(draw(st.permutations(families.tolist())))


@settings(max_examples=25, deadline=None)
@given(families_of_tasks(), st.integers(2, 24), st.floats(0.05, 0.95), st.integers(0, 2**32))
def test_bags_keep_families_whole_and_leave_every_two_out_together(
    families: pd.Series, n_members: int, share: float, seed: int
) -> None:
    bags = draw_bags(families, n_members, share, seed)
    assert bags.dtype == bool
    assert bags.shape[0] >= n_members
    by_family = pd.DataFrame(bags.T).groupby(families.to_numpy())
    seen = by_family.any().to_numpy()
    np.testing.assert_array_equal(seen, by_family.all())
    # Somebody to learn from, and somebody to be judged by
    assert seen.any(axis=0).all()
    for first, second in combinations(range(len(seen)), 2):
        assert (~seen[first] & ~seen[second]).any()


@pytest.mark.parametrize(("share", "n_families", "expected"), [(0.65, 20, 13), (0.5, 10, 5), (0.9, 20, 18)])
def test_a_bag_holds_its_share_of_the_families(share: float, n_families: int, expected: int) -> None:
    bags = draw_bags(pd.Series([f"f{number}" for number in range(n_families)]), 400, share, seed=1)
    assert (bags.sum(axis=1) == expected).all()


def test_every_pair_is_left_out_about_equally_often() -> None:
    bags = draw_bags(pd.Series([f"f{number:02d}" for number in range(20)]), 64, 0.65, seed=0)
    out = (~bags).astype(int)
    together = (out.T @ out)[np.triu_indices(20, 1)]
    # 64 members, 21 of 190 pairs each
    assert together.mean() == pytest.approx(64 * 21 / 190)
    assert together.min() >= 3
    assert together.max() <= 12


def test_the_seed_decides() -> None:
    families = pd.Series([f"f{number}" for number in range(30)])
    one, again, other = (draw_bags(families, 16, 0.65, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert one.shape != other.shape or (one != other).any()


def test_the_order_of_the_tasks_changes_nothing() -> None:
    families = pd.Series([f"f{number % 11}" for number in range(30)])
    order = np.random.default_rng(0).permutation(30)
    np.testing.assert_array_equal(
        draw_bags(families, 16, 0.65, 0)[:, order], draw_bags(families.iloc[order], 16, 0.65, 0)
    )


def test_two_families_are_too_few() -> None:
    with pytest.raises(ValueError, match="at least 3 families of tasks, not 2"):
        draw_bags(pd.Series(["a", "b", "b"]), 4, 0.65, 0)
