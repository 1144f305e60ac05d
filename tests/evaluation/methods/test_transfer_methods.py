"""Sequential methods that learn from known tasks and from the task at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import norm

from foretune.evaluation.methods.cold_gaussian_process import ColdGaussianProcess
from foretune.evaluation.methods.ndcg_ranking import NdcgRanking
from foretune.evaluation.methods.optuna_tpe import OptunaTpe
from foretune.evaluation.methods.quantile_transfer import QuantileTransfer, quantile_prior
from foretune.evaluation.methods.rgpe import (
    RankingWeightedEnsemble,
    ensemble_weights,
    left_out_loss,
    newest_loss,
)
from foretune.evaluation.methods.tst_r import (
    OWN_WEIGHT,
    TwoStageTransferWithRankings,
    epanechnikov,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from foretune.evaluation.fold import EvaluationFold
    from foretune.evaluation.held_out_task import HeldOutTask
    from foretune.evaluation.methods.method import Method

    MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]

NAN = float("nan")
TRANSFER = [RankingWeightedEnsemble(), TwoStageTransferWithRankings(), QuantileTransfer()]
SEQUENTIAL = [*TRANSFER, ColdGaussianProcess(), OptunaTpe()]


def _named(method: Method) -> str:
    return method.name


@pytest.fixture
def twin_among_strangers(make_fold: MakeFold) -> tuple[EvaluationFold, HeldOutTask]:
    """One known task is the new one on another scale, seven others agree on something else."""
    rng = np.random.default_rng(3)
    n = 30
    new = rng.uniform(size=n)
    common = rng.uniform(size=n)
    scores = {f"stranger {number}": list(common + rng.normal(0, 0.03, n)) for number in range(7)}
    scores |= {"twin": list(100 + 7 * new), "new": list(new)}
    return make_fold(scores)


@pytest.mark.parametrize("method", TRANSFER[:2], ids=_named)
def test_the_known_task_that_ranks_alike_is_followed(
    twin_among_strangers: tuple[EvaluationFold, HeldOutTask], method: Method
) -> None:
    fold, task = twin_among_strangers
    best = int(task.reveal_all().argmax())
    found = [method.search(fold, task, 12, seed).tolist().index(best) for seed in range(5)]
    # A list that did not look at the scores would come to it later
    average = fold.surfaces(task.candidates.index).mean(axis=0)
    assert max(found) < 10
    assert max(found) < int((average > average[best]).sum())


@pytest.mark.parametrize("method", TRANSFER, ids=_named)
def test_the_first_trial_is_the_best_by_what_is_known(make_fold: MakeFold, method: Method) -> None:
    fold, task = make_fold(
        {
            "a": [0.0, 0.2, 0.9, 1.0],
            "b": [0.0, 0.1, 1.0, 0.8],
            "c": [0.1, 0.0, 1.0, 0.9],
            "new": [0.4, 0.3, 0.2, 0.1],
        }
    )
    assert [int(method.search(fold, task, 3, seed)[0]) for seed in range(4)] == [2] * 4


@pytest.mark.parametrize("method", SEQUENTIAL, ids=_named)
@pytest.mark.parametrize(
    "scores",
    [[0.1, 0.4, 0.3, 0.2], [NAN, NAN, 0.3, NAN], [0.5] * 4, [0.7]],
    ids=["plain", "failing", "flat", "one"],
)
def test_every_candidate_once_and_the_same_again(
    make_fold: MakeFold, method: Method, scores: list[float]
) -> None:
    n = len(scores)
    fold, task = make_fold(
        {"a": [0.3, 0.3, 0.9, NAN][:n], "b": [0.5] * n, "c": [0.1, 0.2, 0.3, 0.4][:n], "new": scores}
    )
    order = method.search(fold, task, 50, 7)
    assert sorted(order) == list(range(n))
    assert method.search(fold, task, 50, 7).tolist() == order.tolist()
    assert method.search(fold, task, 2, 7).tolist() == order[:2].tolist()


@pytest.mark.parametrize("method", SEQUENTIAL, ids=_named)
def test_where_nothing_is_known_no_position_is_favoured(make_fold: MakeFold, method: Method) -> None:
    fold, task = make_fold({"a": [0.5] * 4, "b": [0.5] * 4, "new": [0.5] * 4})
    first = np.bincount([int(method.search(fold, task, 1, seed)[0]) for seed in range(40)], minlength=4)
    assert first.min() >= 2


@pytest.mark.parametrize("method", TRANSFER, ids=_named)
def test_ragged_pools_are_completed(make_fold: MakeFold, method: Method) -> None:
    fold, task = make_fold(
        {"a": [0.1, 0.2, 0.3, 0.4], "b": [0.4, 0.2, 0.3, 0.1], "new": [0.1, 0.2, 0.3, 0.4]},
        unknown=[("a", "c00"), ("b", "c00"), ("b", "c02")],
    )
    assert sorted(method.search(fold, task, 4, 0)) == [0, 1, 2, 3]


def test_the_kernel_of_epanechnikov() -> None:
    np.testing.assert_allclose(epanechnikov(np.array([0.0, 0.5, 1.0, 2.0])), [0.75, 0.5625, 0, 0])
    assert epanechnikov(np.zeros(1))[0] == OWN_WEIGHT


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


def test_ndcg_ranking_is_the_order_of_its_model(make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch) -> None:
    fold, task = make_fold({"a": [0.1, 0.2, 0.3], "b": [0.3, 0.2, 0.1], "new": [0.1, 0.2, 0.3]})
    asked = []

    def prediction(held_out: HeldOutTask, seed: int, model: str) -> np.ndarray:
        asked.append((held_out.task_id, seed, model))
        return np.array([0.2, -1.0, 3.0])

    monkeypatch.setattr(fold, "prediction", prediction)
    assert NdcgRanking().search(fold, task, 2, 5).tolist() == [2, 0]
    assert asked == [("new", 5, "ndcg")]
    assert NdcgRanking.models == ("ndcg",)
