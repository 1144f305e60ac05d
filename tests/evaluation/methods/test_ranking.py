from __future__ import annotations

import numpy as np

from foretune.evaluation.methods.ranking import mean_of_known, order_by_merit

NAN = float("nan")


def test_mean_of_known_ignores_nan_and_keeps_empty_columns_unknown() -> None:
    values = np.array([[1.0, NAN, NAN], [3.0, 5.0, NAN]])
    np.testing.assert_array_equal(mean_of_known(values), [2.0, 5.0, NAN])


def test_ties_go_to_the_next_merit_and_unknown_comes_last() -> None:
    first = np.array([0.5, 0.5, NAN, 0.9, NAN])
    second = np.array([0.1, 0.2, 0.3, 0.0, 0.4])
    order = order_by_merit(np.random.default_rng(0), first, second)
    assert order.tolist() == [3, 1, 0, 4, 2]


def test_what_stays_tied_is_in_seeded_random_order() -> None:
    unknown = np.full(20, NAN)
    orders = [order_by_merit(np.random.default_rng(seed), unknown).tolist() for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(20))
