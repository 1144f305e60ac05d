from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.understanding.metafeature_groups import OTHERS, group_metafeatures


def _random(names: list[str], n_tasks: int = 20, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n_tasks, len(names))), columns=names)


def test_prefixes_are_groups() -> None:
    table = _random(["simple.n", "simple.p", "target.skew.max", "pca.first"])
    assert group_metafeatures(table, 12) == {
        "pca": ["pca.first"],
        "simple": ["simple.n", "simple.p"],
        "target": ["target.skew.max"],
    }


def test_what_is_constant_or_unknown_is_in_no_group() -> None:
    table = _random(["a.x", "b.y"]).assign(**{"c.same": 1.0, "d.gone": np.nan})
    assert set(group_metafeatures(table, 12)) == {"a", "b"}
    assert group_metafeatures(table[["c.same", "d.gone"]], 12) == {}
    assert group_metafeatures(pd.DataFrame(index=range(3)), 12) == {}


def test_a_value_that_is_known_for_some_tasks_tells_them_apart() -> None:
    table = pd.DataFrame({"a.known": [1.0, np.nan, 1.0], "b.x": [1.0, 2.0, 3.0]})
    assert set(group_metafeatures(table, 12)) == {"a", "b"}


def test_without_prefixes_near_copies_are_a_group() -> None:
    base = _random([f"base{number}" for number in range(10)])
    rng = np.random.default_rng(1)
    copies = {
        f"copy{number} of {name}": np.exp(base[name] + rng.normal(0, 0.01, len(base)))
        for name in ("base0", "base1")
        for number in range(3)
    }
    groups = group_metafeatures(base.assign(**copies), 12)
    assert len(groups) <= 8
    for name in ("base0", "base1"):
        (group,) = [columns for columns in groups.values() if name in columns]
        assert {column for column in base.assign(**copies) if name in column} <= set(group)


def test_few_columns_are_groups_of_their_own() -> None:
    assert group_metafeatures(_random(["n", "p"]), 12) == {"n": ["n"], "p": ["p"]}


def test_the_smallest_groups_are_put_together() -> None:
    names = [f"group{group}.{number}" for group in range(6) for number in range(group + 1)]
    groups = group_metafeatures(_random(names), 4)
    assert set(groups) == {"group5", "group4", "group3", OTHERS}
    assert len(groups[OTHERS]) == 1 + 2 + 3


@given(
    names=st.lists(st.text("ab.", min_size=1, max_size=4), min_size=0, max_size=25, unique=True),
    most=st.integers(2, 12),
)
def test_every_column_that_varies_is_in_one_group(names: list[str], most: int) -> None:
    table = _random(names)
    groups = group_metafeatures(table, most)
    assert len(groups) <= most
    assert sorted(column for columns in groups.values() for column in columns) == sorted(names)
    assert pytest.approx(len(names)) == sum(map(len, groups.values()))
