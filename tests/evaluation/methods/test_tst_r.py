from __future__ import annotations

from collections.abc import Callable

import numpy as np

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.tst_r import OWN_WEIGHT, TwoStageTransferWithRankings, epanechnikov

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]


def test_the_known_task_that_ranks_alike_is_followed(
    twin_among_strangers: tuple[EvaluationFold, HeldOutTask],
) -> None:
    fold, task = twin_among_strangers
    best = int(task.reveal_all().argmax())
    found = [
        TwoStageTransferWithRankings().search(fold, task, 12, seed).tolist().index(best) for seed in range(5)
    ]
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
    assert [int(TwoStageTransferWithRankings().search(fold, task, 3, seed)[0]) for seed in range(4)] == [
        2
    ] * 4


def test_the_kernel_of_epanechnikov() -> None:
    np.testing.assert_allclose(epanechnikov(np.array([0.0, 0.5, 1.0, 2.0])), [0.75, 0.5625, 0, 0])
    assert epanechnikov(np.zeros(1))[0] == OWN_WEIGHT
