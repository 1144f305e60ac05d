"""Number of folds for small tables and classes."""

from __future__ import annotations

import numpy as np
import pytest

from foretune.recommendation.core.fold_count import count_folds


@pytest.mark.parametrize(
    ("sizes", "n_folds", "why"),
    [
        ([9, 5], 5, ""),
        ([9, 4], 4, "class '1' has 4 rows"),
        ([9, 1], 3, "class '1' has 1 row, so not every fold has one"),
        ([2, 2], 2, "class '0' has 2 rows"),
    ],
)
def test_a_small_class_makes_fewer_folds_but_not_fewer_than_three(
    sizes: list[int], n_folds: int, why: str
) -> None:
    assert count_folds(np.repeat(np.arange(len(sizes)), sizes), "classification") == (n_folds, why)


@pytest.mark.parametrize(("n_rows", "n_folds"), [(1_999, 5), (2_000, 3), (1_000_000, 3)])
def test_large_tables_have_three_folds_without_a_reason(n_rows: int, n_folds: int) -> None:
    assert count_folds(np.arange(float(n_rows)), "regression") == (n_folds, "")
    assert count_folds(np.arange(n_rows) % 3, "classification") == (n_folds, "")
    rare = np.append(np.zeros(n_rows - 2, dtype=int), [1, 1])
    why = "class '1' has 2 rows, so not every fold has one" if n_folds == 5 else ""
    assert count_folds(rare, "classification") == (3, why)


def test_a_short_target_makes_fewer_folds() -> None:
    assert count_folds(np.arange(10.0), "regression") == (5, "")
    assert count_folds(np.arange(7.0), "regression") == (3, "y has 7 rows")
