from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.greedy_portfolio import GreedyPortfolio, greedy_portfolio
from foretune.evaluation.methods.ranking import order_by_merit

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]

score_tables = arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(2, 6)),
    elements=st.integers(0, 20).map(lambda value: value / 20),
)


def test_greedy_portfolio_prefers_a_complement_to_the_second_best(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {
            "a": [1.0, 0.95, 0.0, 0.1],
            "b": [1.0, 0.95, 0.0, 0.1],
            "c": [0.0, 0.1, 1.0, 0.2],
            "new": [0.1, 0.2, 0.3, 0.4],
        }
    )
    # After c00 and c02 every known task is solved: the best on average comes next
    assert GreedyPortfolio().search(fold, task, 4, 0).tolist() == [0, 2, 1, 3]


def test_what_is_not_evaluated_is_read_off_the_completed_surfaces(
    make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, task = make_fold(
        {"a": [0.0, 1.0, 0.6, 0.0], "b": [0.0, 0.4, 1.0, 0.0], "new": [0.1, 0.2, 0.3, 0.4]},
        unknown=[("b", "c01"), ("a", "c03"), ("b", "c03")],
    )
    surfaces = np.array([[0.0, 1.0, 0.6, 0.9], [0.0, 0.1, 1.0, 0.9]])
    monkeypatch.setattr(
        fold, "surfaces", lambda ids: surfaces if list(ids) == ["c00", "c01", "c02", "c03"] else None
    )
    # Means 0, 0.55, 0.8, 0.9; after the best one c01 gains 0.1 on one task and c02 on the other
    assert GreedyPortfolio().search(fold, task, 4, 0).tolist() == [3, 2, 1, 0]


@given(score_tables)
def test_greedy_portfolio_against_best_average_on_the_tasks_it_was_built_on(
    scores: npt.NDArray[np.float64],
) -> None:
    average = order_by_merit(np.random.default_rng(0), scores.mean(axis=0))
    greedy = greedy_portfolio(scores, scores.shape[1], average)
    assert sorted(greedy) == sorted(average)
    for length in range(1, scores.shape[1] + 1):
        of_greedy = scores[:, greedy[:length]].max(axis=1).mean()
        of_average = scores[:, average[:length]].max(axis=1).mean()
        # Never worse for one and two; later greedy keeps what submodularity promises against any list
        assert of_greedy >= of_average * (1 if length <= 2 else 1 - np.exp(-1)) - 1e-12


def test_the_list_is_no_longer_than_wanted_or_than_the_pool() -> None:
    scores = np.array([[0.2, 0.9, 0.1], [0.8, 0.1, 0.0]])
    assert greedy_portfolio(scores, 2, np.array([2, 1, 0])).tolist() == [1, 0]
    # Equal rises go by the fallback
    assert greedy_portfolio(np.zeros((2, 3)), 9, np.array([2, 0, 1])).tolist() == [2, 0, 1]
