from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretune.base.seeds import derive_seed


@given(st.integers(0, 2**32 - 1), st.lists(st.text(), max_size=3))
def test_a_seed_fits_every_library(seed: int, names: list[str]) -> None:
    derived = derive_seed(seed, *names)
    assert 0 <= derived < 2**32
    assert derived == derive_seed(seed, *names)


def test_parts_do_not_run_into_one_another() -> None:
    seeds = {
        derive_seed(0, "a", "bc"),
        derive_seed(0, "ab", "c"),
        derive_seed(0, "abc"),
        derive_seed(1, "abc"),
    }
    assert len(seeds) == 4


def test_it_is_the_same_on_every_machine() -> None:
    assert derive_seed(0, "folds", "iris") == 1788716452
