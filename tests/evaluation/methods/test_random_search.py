from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.random_search import RandomSearch
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.regret import best_found, normalised_regret

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]


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


def test_it_is_created_with_the_number_of_orders() -> None:
    (method,) = RandomSearch.create(EvaluationParameters(n_random_orders=7), [])
    assert isinstance(method, RandomSearch)
    assert method.n_orders == 7
