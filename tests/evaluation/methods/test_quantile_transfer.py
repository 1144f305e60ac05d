from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import norm

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.quantile_transfer import QuantileTransfer, quantile_prior

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]


def test_the_first_trial_is_the_best_by_what_is_known(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {
            "a": [0.0, 0.2, 0.9, 1.0],
            "b": [0.0, 0.1, 1.0, 0.8],
            "c": [0.1, 0.0, 1.0, 0.9],
            "new": [0.4, 0.3, 0.2, 0.1],
        }
    )
    assert [int(QuantileTransfer().search(fold, task, 3, seed)[0]) for seed in range(4)] == [2] * 4


def test_the_prior_is_the_mean_and_deviation_of_normal_scores() -> None:
    mean, deviation = quantile_prior(np.array([[0.1, 0.2], [10.0, 5.0], [0.0, 9.0]]))
    high = norm.ppf(0.75)
    np.testing.assert_allclose(mean, [-high / 3, high / 3])
    np.testing.assert_allclose(deviation, np.full(2, high * np.sqrt(8) / 3))
    _, floored = quantile_prior(np.array([[0.1, 0.2], [0.3, 0.4]]))
    assert floored.tolist() == [0.1, 0.1]


def test_a_new_task_that_contradicts_the_prior_turns_the_search(make_fold: MakeFold) -> None:
    # The known tasks like depth, the new one does not: after the disappointment at the deep end, shallow
    ladder = [number / 20 for number in range(20)]
    rng = np.random.default_rng(0)
    known = {f"known {at}": list(np.array(ladder) + rng.normal(0, 0.4, 20)) for at in range(6)}
    fold, task = make_fold(known | {"new": ladder[::-1]}, learners=["forest"] * 20)
    order = QuantileTransfer().search(fold, task, 8, 0)
    prior_order = np.argsort(-quantile_prior(fold.surfaces(task.candidates.index))[0])
    assert order[0] == prior_order[0]
    assert task.reveal_all()[order].max() > task.reveal_all()[prior_order[:8]].max()
