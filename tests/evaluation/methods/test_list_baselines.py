"""Baselines whose list follows from the scores of known tasks alone."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foretune.evaluation.methods.best_average import BestAverage
from foretune.evaluation.methods.greedy_portfolio import GreedyPortfolio, greedy_portfolio
from foretune.evaluation.methods.library_default import LibraryDefault
from foretune.evaluation.methods.random_search import RandomSearch
from foretune.evaluation.methods.ranking import order_by_merit
from foretune.evaluation.regret import best_found, normalised_regret
from foretune.meta_model.meta_dataset import MetaDataset

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from foretune.evaluation.fold import EvaluationFold
    from foretune.evaluation.held_out_task import HeldOutTask

    MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]

score_tables = arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(2, 6)),
    elements=st.integers(0, 20).map(lambda value: value / 20),
)


def test_library_default_follows_the_order_of_the_learners(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {"a": [0.1, 0.2, 0.3, 0.4], "b": [0.1, 0.2, 0.3, 0.4], "new": [0.1, 0.2, 0.3, 0.4]},
        defaults=["c00", "c01", "c03"],
        learners=["linear", "svm", "svm", "forest"],
    )
    assert LibraryDefault(["svm", "forest"]).search(fold, task, 5, 0).tolist() == [1, 3, 0]
    assert LibraryDefault([]).search(fold, task, 2, 0).tolist() == [3, 0]


def test_library_default_is_left_out_where_no_default_is_known(
    make_table: Callable[..., pd.DataFrame],
) -> None:
    scores = {"a": [0.1, 0.2], "b": [0.1, 0.2]}
    method = LibraryDefault([])
    assert not method.is_applicable(MetaDataset.from_table(make_table(scores)))
    assert method.is_applicable(MetaDataset.from_table(make_table(scores, defaults=["c01"])))


def test_random_search_averages_to_the_exact_expectation(make_fold: MakeFold) -> None:
    scores = [0.0, 0.1, 0.4, 0.5, 0.9, 1.0]
    fold, task = make_fold({"a": scores, "b": scores, "new": scores})
    n_orders = 20_000
    for n_trials in (1, 2, 4):
        orders = RandomSearch(n_orders).search(fold, task, n_trials, seed=1)
        found = best_found(np.array(scores), orders, [n_trials])[:, 0]
        regret = normalised_regret(found, np.array(scores))
        subsets = combinations(scores, n_trials)
        expected = 1 - sum(max(subset) for subset in subsets) / comb(len(scores), n_trials)
        assert regret.mean() == pytest.approx(expected, abs=4 * regret.std() / n_orders**0.5)


def test_random_search_without_replacement_covers_a_small_pool(make_fold: MakeFold) -> None:
    fold, task = make_fold({"a": [0.1, 0.2, 0.3], "b": [0.1, 0.2, 0.3], "new": [0.1, 0.2, 0.3]})
    orders = RandomSearch(4).search(fold, task, 50, seed=0)
    np.testing.assert_array_equal(np.sort(orders, axis=1), [[0, 1, 2]] * 4)


def test_best_average_is_the_mean_of_relative_scores(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {
            "a": [0.0, 1.0, 0.8, 0.2],
            # On another scale, the same weight: 0, 0.5, 0.6, 1
            "b": [100.0, 150.0, 160.0, 200.0],
            "new": [0.1, 0.2, 0.3, 0.4],
        }
    )
    # Means: 0, 0.75, 0.7, 0.6
    assert BestAverage().search(fold, task, 3, 0).tolist() == [1, 2, 3]


def test_lists_read_completed_surfaces(make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch) -> None:
    fold, task = make_fold(
        {"a": [0.0, 1.0, 0.6, 0.0], "b": [0.0, 0.4, 1.0, 0.0], "new": [0.1, 0.2, 0.3, 0.4]},
        unknown=[("b", "c01"), ("a", "c03"), ("b", "c03")],
    )
    surfaces = np.array([[0.0, 1.0, 0.6, 0.9], [0.0, 0.1, 1.0, 0.9]])
    monkeypatch.setattr(
        fold, "surfaces", lambda ids: surfaces if list(ids) == ["c00", "c01", "c02", "c03"] else None
    )
    # Means 0, 0.55, 0.8, 0.9; after the best one c01 gains 0.1 on one task and c02 on the other
    assert BestAverage().search(fold, task, 4, 0).tolist() == [3, 2, 1, 0]
    assert GreedyPortfolio().search(fold, task, 4, 0).tolist() == [3, 2, 1, 0]


def test_greedy_portfolio_prefers_a_complement_to_the_second_best(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {
            "a": [1.0, 0.95, 0.0, 0.1],
            "b": [1.0, 0.95, 0.0, 0.1],
            "c": [0.0, 0.1, 1.0, 0.2],
            "new": [0.1, 0.2, 0.3, 0.4],
        }
    )
    assert BestAverage().search(fold, task, 2, 0).tolist() == [0, 1]
    # After c00 and c02 every known task is solved: the best on average comes next
    assert GreedyPortfolio().search(fold, task, 4, 0).tolist() == [0, 2, 1, 3]


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
