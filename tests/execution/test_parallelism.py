"""The rule that gives threads to the learner or to the fits."""

from __future__ import annotations

import pytest

from foretune.execution.parallelism import CELLS_WORTH_THREADS, count_threads

LARGE, SMALL = CELLS_WORTH_THREADS, CELLS_WORTH_THREADS - 1


@pytest.mark.parametrize(
    ("n_workers", "n_fits", "n_cells", "n_cores", "expected"),
    [
        # One worker is one thread, whatever the fit
        (1, 1, LARGE, 8, 1),
        # A large fit alone gets all, one of two half of them
        (2, 1, LARGE, 8, 2),
        (8, 1, LARGE, 8, 8),
        (8, 2, LARGE, 8, 4),
        (8, 3, LARGE, 8, 2),
        # As many fits as workers, or more, take one each
        (8, 8, LARGE, 8, 1),
        (8, 30, LARGE, 8, 1),
        # A small one gains nothing
        (8, 1, SMALL, 8, 1),
        # No more than there are cores
        (16, 1, LARGE, 4, 4),
        (16, 3, LARGE, 4, 1),
        (2, 0, LARGE, 2, 1),
    ],
)
def test_few_large_fits_get_the_threads(
    n_workers: int, n_fits: int, n_cells: float, n_cores: int, expected: int
) -> None:
    assert count_threads(n_workers, n_fits, n_cells, n_cores) == expected
