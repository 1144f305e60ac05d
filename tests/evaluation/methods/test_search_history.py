from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from foretune.evaluation.methods.search_history import SearchHistory

if TYPE_CHECKING:
    from collections.abc import Callable

    from foretune.evaluation.fold import EvaluationFold
    from foretune.evaluation.held_out_task import HeldOutTask

    MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]

NAN = float("nan")


def _task(make_fold: MakeFold, scores: list[float]) -> HeldOutTask:
    return make_fold({"a": [0.1] * len(scores), "b": [0.2] * len(scores), "new": scores})[1]


def test_a_failed_trial_counts_as_the_worst_seen(make_fold: MakeFold) -> None:
    history = SearchHistory(_task(make_fold, [NAN, 2.0, 1.0, 9.0]), 3, 0)
    assert np.isnan(history.reveal(0))
    assert history.targets().tolist() == [0.0]
    assert history.reveal(1) == 2.0
    # Filled up 2, 2: nothing differs yet
    assert history.targets().tolist() == [0.0, 0.0]
    history.reveal(2)
    # Filled up 1, 2, 1
    np.testing.assert_allclose(history.targets(), np.array([-1, 2, -1]) / np.sqrt(2))
    assert history.is_over
    assert history.positions.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(history.scores, [NAN, 2.0, 1.0])


def test_no_longer_than_the_pool(make_fold: MakeFold) -> None:
    assert SearchHistory(_task(make_fold, [0.1, 0.2]), 50, 0).length == 2


def test_the_best_free_candidate_is_chosen(make_fold: MakeFold) -> None:
    history = SearchHistory(_task(make_fold, [0.0, 0.1, 0.2, 0.3]), 4, 0)
    history.reveal(3)
    merit = np.array([1.0, 2.0, 2.0, 9.0])
    assert history.choose(merit, np.array([0.0, 5.0, 6.0, 0.0])) == 2
    assert history.choose(merit, np.array([9.0, 6.0, 5.0, 0.0])) == 1


def test_chance_decides_between_equals(make_fold: MakeFold) -> None:
    task = _task(make_fold, [0.1, 0.2, 0.3, 0.4])
    chosen = [SearchHistory(task, 1, seed).choose(np.array([1.0, 0.0, 1.0, 1.0])) for seed in range(300)]
    counts = np.bincount(chosen, minlength=4)
    assert counts[1] == 0
    assert counts[[0, 2, 3]].min() > 60
    assert chosen == [
        SearchHistory(task, 1, seed).choose(np.array([1.0, 0.0, 1.0, 1.0])) for seed in range(300)
    ]


@pytest.mark.parametrize("scores", [[NAN, NAN], [0.5, 0.5]])
def test_nothing_to_tell_apart(make_fold: MakeFold, scores: list[float]) -> None:
    history = SearchHistory(_task(make_fold, [*scores, 1.0]), 2, 0)
    history.reveal(0)
    history.reveal(1)
    assert history.targets().tolist() == [0.0, 0.0]
