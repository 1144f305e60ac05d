from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kendalltau

from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.discordance import newest_discordance, standardise_rows
from foretune.evaluation.methods.search_history import SearchHistory

if TYPE_CHECKING:
    import numpy.typing as npt

NAN = float("nan")


def _task(scores: npt.ArrayLike) -> HeldOutTask:
    import pandas as pd

    values = np.asarray(scores, dtype=np.float64)
    empty = pd.Series(dtype=np.float64)
    return HeldOutTask("new", empty, pd.DataFrame(index=range(len(values))), empty, empty, np.nan, values)


def _total(surfaces: npt.NDArray[np.float64], scores: npt.ArrayLike, order: list[int]) -> list[float]:
    history = SearchHistory(_task(scores), len(order), 0)
    total = np.zeros(len(surfaces))
    for position in order:
        history.reveal(position)
        total += newest_discordance(surfaces, history).sum(axis=1)
    return total.tolist()


def test_pairs_that_known_tasks_order_otherwise() -> None:
    surfaces = np.array([[0.0, 0.5, 1.0], [1.0, 0.5, 0.0], [0.0, 0.0, 1.0]])
    # Same order, reversed order, one tie
    assert _total(surfaces, [0.1, 0.2, 0.3], [2, 0, 1]) == [0.0, 3.0, 0.5]


def test_a_failed_trial_is_worse_than_all_others_and_ties_with_failures() -> None:
    surfaces = np.array([[0.0, 0.2, 1.0], [0.0, 0.0, 1.0]])
    assert _total(surfaces, [NAN, NAN, -5.0], [0, 1, 2]) == [0.5, 0.0]


@settings(max_examples=30, deadline=None)
@given(arrays(np.float64, (2, 6), elements=st.floats(0, 1, width=16), unique=True))
def test_without_ties_it_is_kendalls_tau(values: npt.NDArray[np.float64]) -> None:
    (total,) = _total(values[:1], values[1], [4, 1, 0, 5, 3, 2])
    n_pairs = len(list(combinations(range(6), 2)))
    np.testing.assert_allclose(1 - 2 * total / n_pairs, kendalltau(values[0], values[1]).statistic)


def test_rows_are_standardised_and_constant_ones_say_nothing() -> None:
    standardised = standardise_rows(np.array([[0.0, 2.0], [5.0, 5.0]]))
    assert standardised.tolist() == [[-1.0, 1.0], [0.0, 0.0]]
