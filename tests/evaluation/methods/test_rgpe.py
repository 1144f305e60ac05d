from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods import rgpe
from foretune.evaluation.methods.rgpe import (
    RankingWeightedEnsemble,
    ensemble_weights,
    left_out_loss,
    newest_loss,
)

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]


def test_the_known_task_that_ranks_alike_is_followed(
    twin_among_strangers: tuple[EvaluationFold, HeldOutTask],
) -> None:
    fold, task = twin_among_strangers
    best = int(task.reveal_all().argmax())
    found = [RankingWeightedEnsemble().search(fold, task, 12, seed).tolist().index(best) for seed in range(5)]
    # A list that did not look at the scores would come to it later
    average = fold.surfaces(task.candidates.index).mean(axis=0)
    assert max(found) < 10
    assert max(found) < int((average > average[best]).sum())


def test_the_first_trial_is_the_best_by_what_is_known(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {
            "a": [0.0, 0.2, 0.9, 1.0],
            "b": [0.0, 0.1, 1.0, 0.8],
            "c": [0.1, 0.0, 1.0, 0.9],
            "new": [0.4, 0.3, 0.2, 0.1],
        }
    )
    assert [int(RankingWeightedEnsemble().search(fold, task, 3, seed)[0]) for seed in range(4)] == [2] * 4


def test_weights_are_shares_of_the_samples_won() -> None:
    losses = np.array([[0.0, 1.0, 2.0, 2.0], [0.0, 2.0, 1.0, 2.0], [5.0, 5.0, 5.0, 5.0]])
    # Before the own process can be judged: a shared win, one each, another shared win
    weights, own = ensemble_weights(losses, None)
    assert (weights.tolist(), own) == ([0.5, 0.5, 0.0], 0.0)
    # The own process wins the last sample
    weights, own = ensemble_weights(losses, np.array([4.0, 4.0, 4.0, 1.0]))
    assert (weights.tolist(), own) == ([0.375, 0.375, 0.0], 0.25)


def test_poor_tasks_are_dropped_even_where_they_win_by_chance() -> None:
    losses = np.array([[0.0, 9.0, 9.0, 9.0], [1.0, 1.0, 0.0, 1.0]])
    own = np.array([1.0, 2.0, 2.0, 2.0])
    weights, own_weight = ensemble_weights(losses, own)
    # The first one's median loss of 9 is above every loss of the process; the second ties in the first sample
    assert (weights.tolist(), own_weight) == ([0.0, 0.875], 0.125)
    weights, own_weight = ensemble_weights(losses, np.zeros(4))
    assert (weights.tolist(), own_weight) == ([0.0, 0.0], 1.0)


def test_losses_count_each_pair_as_often_as_both_trials_are_drawn() -> None:
    counts = np.array([[1.0, 2.0], [3.0, 0.0], [2.0, 1.0]])
    # Discordant with the first trial only, a tie with the second
    assert newest_loss(np.array([[1.0, 0.5]]), counts).tolist() == [[5.0, 2.0]]


def test_the_loss_of_leaving_one_out() -> None:
    targets = np.array([0.0, 1.0, 2.0])
    # The first is predicted above the second, the others where they are: half a pair
    loss = left_out_loss(targets, np.array([1.5, 1.2, 2.2]), np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 1.0]]))
    assert loss.tolist() == [0.5, 3.0]


def test_the_own_process_is_judged_from_three_trials_on(
    make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []

    def loss(targets: np.ndarray, left_out: np.ndarray, counts: np.ndarray) -> np.ndarray:
        judged.append(len(targets))
        return left_out_loss(targets, left_out, counts)

    monkeypatch.setattr(rgpe, "left_out_loss", loss)
    fold, task = make_fold({name: [0.1, 0.4, 0.3, 0.2, 0.6, 0.5] for name in ("a", "b", "new")})
    RankingWeightedEnsemble().search(fold, task, 6, 0)
    assert judged == [3, 4, 5]
