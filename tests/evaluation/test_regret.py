from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.evaluation.regret import best_found, best_in_time, normalised_regret

NAN = float("nan")

pools = st.lists(
    st.one_of(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), st.just(NAN)), min_size=1, max_size=12
).filter(lambda scores: bool(np.isfinite(scores).any()))


def _orders(*orders: list[int]) -> np.ndarray:
    return np.array(orders, dtype=np.intp).reshape(len(orders), -1)


def test_best_found_is_the_best_revealed_so_far() -> None:
    scores = np.array([0.5, 0.9, NAN, 0.7])
    found = best_found(scores, _orders([2, 0, 3, 1], [1, 2, 0, 3]), [1, 2, 4])
    np.testing.assert_array_equal(found, [[NAN, 0.5, 0.9], [0.9, 0.9, 0.9]])


def test_after_a_short_list_the_best_so_far_stays() -> None:
    np.testing.assert_array_equal(
        best_found(np.array([1.0, 2.0]), _orders([0]), [1, 2, 50]), [[1.0, 1.0, 1.0]]
    )


def test_an_empty_list_finds_nothing() -> None:
    assert np.isnan(best_found(np.array([1.0, 2.0]), _orders([]), [1, 5])).all()


@pytest.mark.parametrize(
    ("found", "pool", "regret"),
    [
        (0.9, [0.5, 0.9, 0.7], 0.0),
        (0.5, [0.5, 0.9, 0.7], 1.0),
        (0.7, [0.5, 0.9, 0.7], 0.5),
        (0.7, [0.7, 0.7], 0.0),
        (NAN, [0.7, NAN], 1.0),
        (NAN, [0.5, 0.9, NAN], 1.0),
    ],
)
def test_normalised_regret(found: float, pool: list[float], regret: float) -> None:
    assert normalised_regret(np.array([found]), np.array(pool))[0] == pytest.approx(regret)


@given(pools, st.randoms(use_true_random=False))
def test_regret_is_a_share_that_never_rises_and_ends_at_zero(scores: list[float], random: object) -> None:
    pool = np.array(scores)
    order = list(range(len(pool)))
    random.shuffle(order)  # type: ignore[attr-defined]
    regret = normalised_regret(best_found(pool, _orders(order), range(1, len(pool) + 1)), pool)[0]
    assert ((regret >= 0) & (regret <= 1)).all()
    assert (np.diff(regret) <= 0).all()
    assert regret[-1] == 0


def test_in_time_a_trial_counts_when_it_has_ended() -> None:
    scores, seconds = np.array([0.2, NAN, 0.9, 0.5]), np.array([1.0, 2.0, 4.0, 0.1])
    orders = np.array([[0, 1, 2], [1, 3, 0]])
    found, n_trials = best_in_time(scores, seconds, orders, np.array([0.5, 1.0, 2.1, 6.99, 7.0, 100.0]))
    np.testing.assert_array_equal(n_trials, [[0, 1, 1, 2, 3, 3], [0, 0, 2, 3, 3, 3]])
    np.testing.assert_array_equal(found, [[NAN, 0.2, 0.2, 0.2, 0.9, 0.9], [NAN, NAN, 0.5, 0.5, 0.5, 0.5]])


def test_a_sum_of_seconds_that_is_rounded_up_is_in_time() -> None:
    seconds = np.full(10, 0.1)
    assert np.cumsum(seconds)[2] > 0.3
    order = np.arange(10)[None]
    _, n_trials = best_in_time(np.zeros(10), seconds, order, np.array([0.3, 1.0]))
    assert n_trials.tolist() == [[3, 10]]


def test_in_time_without_any_trial_nothing_is_found() -> None:
    none = np.empty((1, 0), dtype=np.intp)
    found, n_trials = best_in_time(np.ones(2), np.ones(2), none, np.array([1.0, 2.0]))
    assert n_trials.tolist() == [[0, 0]]
    assert np.isnan(found).all()
