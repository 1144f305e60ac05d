"""Out-of-bag evaluation stands for a loop that fits the ensemble again for every family held out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from foretune.base.seeds import derive_seed
from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.regret import best_found, normalised_regret
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset
from foretune.meta_model.out_of_bag import NO_METAFEATURES, SURROGATE
from foretune.meta_model.parameters import BoosterParameters, MetaTrainingParameters
from foretune.meta_model.policy import Policy
from foretune.meta_model.prior import SurfacePrior
from foretune.meta_model.training import train_memory

N_TASKS, N_CONFIGURATIONS, N_FAMILIES = 20, 30, 14
N_TRIALS = (1, 2, 3, 4, 5)
FEW = BoosterParameters(n_rounds=15, learning_rate=0.25, max_depth=3)
TRAINING = MetaTrainingParameters(target="copula", n_members=10, surrogate=FEW, main_effect=FEW, level=FEW)


class Agreement(NamedTuple):
    """Predictions of all evaluations and regrets, shape (n_tasks, len(N_TRIALS)), of either way."""

    task: np.ndarray
    predicted: np.ndarray
    predicted_again: np.ndarray
    predicted_blindly: np.ndarray
    regret: np.ndarray
    regret_again: np.ndarray
    regret_by_chance: np.ndarray


def _meta_dataset() -> MetaDataset:
    """The best place for two hyperparameters is told by two metafeatures; a third one says nothing."""
    rng = np.random.default_rng(0)
    ids = [f"t{number:02d}" for number in range(N_TASKS)]
    described, configured = rng.uniform(size=(N_TASKS, 3)), rng.uniform(size=(N_CONFIGURATIONS, 2))
    distance = ((described[:, None, :2] - configured) ** 2).sum(axis=2)
    scores = 0.9 - 0.3 * distance + rng.normal(0, 0.01, distance.shape)
    task, config = np.divmod(np.arange(scores.size), N_CONFIGURATIONS)
    trials = pd.DataFrame(configured[config], columns=["param_x", "param_y"]).assign(
        task_id=np.array(ids)[task],
        config_id=[f"c{number:02d}" for number in config],
        score=scores.ravel(),
        learner="svm",
        strategy="sobol",
    )
    metafeatures = pd.DataFrame(described).add_prefix("made.").assign(task_id=ids)
    catalogue = pd.DataFrame({"task_id": ids, "task_type": "classification", "provenance": "real"})
    # Some tasks have a sibling
    catalogue["family"] = [f"f{number % N_FAMILIES}" for number in range(N_TASKS)]
    catalogue["content_hash"] = ids
    return MetaDataset.from_table(build_meta_dataset(trials, metafeatures, catalogue, "copula"))


def _regret(prior: SurfacePrior, task: HeldOutTask) -> np.ndarray:
    policy = Policy(prior, TRAINING.policy, task.rng(0))
    order = []
    for _ in range(N_TRIALS[-1]):
        order.append(policy.propose())
        policy.observe(order[-1], task.evaluate(order[-1]))
    scores = task.reveal_all()
    return np.asarray(normalised_regret(best_found(scores, np.array([order]), N_TRIALS), scores)[0])


def _by_chance(task: HeldOutTask) -> np.ndarray:
    scores = task.reveal_all()
    orders = np.array([task.rng(seed).permutation(len(task)) for seed in range(200)])
    return np.asarray(normalised_regret(best_found(scores, orders, N_TRIALS), scores).mean(axis=0))


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    meta_dataset = _meta_dataset()
    truth = Truth.from_meta_dataset(meta_dataset, TRAINING.target)
    evidence = Evidence.fit(meta_dataset, truth, TRAINING, [SURROGATE, NO_METAFEATURES], 0)
    predicted, again, blindly = (np.empty(len(truth.targets)) for _ in range(3))
    regrets: dict[str, list[np.ndarray]] = {}
    for family in sorted(meta_dataset.families.unique()):
        fold = EvaluationFold(meta_dataset, family, TRAINING, {0: evidence}, truth)
        # The plain way: as many members with as large a share, which never get the family to see at all
        refitted = train_memory(fold.known_tasks, TRAINING, derive_seed(0, family))
        for task_id in meta_dataset.tasks.index[meta_dataset.families == family]:
            task = HeldOutTask.from_meta_dataset(meta_dataset, task_id)
            rows = meta_dataset.rows_of(task_id)
            predicted[rows] = fold.prediction(task, 0)
            again[rows] = refitted.surrogate.predict_target(task.metafeatures, task.candidates)
            blindly[rows] = fold.prediction(task, 0, NO_METAFEATURES)
            prior_again = refitted.prior(task.metafeatures, task.candidates)
            regrets[task_id] = [
                _regret(fold.prior(task, 0), task),
                _regret(prior_again, task),
                _by_chance(task),
            ]
    by_task = np.array([regrets[task_id] for task_id in meta_dataset.tasks.index])
    return Agreement(
        meta_dataset.arrays.task, predicted, again, blindly, by_task[:, 0], by_task[:, 1], by_task[:, 2]
    )


def _correlations(task: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.array([spearmanr(one[task == each], other[task == each]).statistic for each in np.unique(task)])


@pytest.mark.slow
def test_predictions_rank_the_configurations_of_every_task_alike(agreement: Agreement) -> None:
    task, _, again, blindly, *_ = agreement
    correlations = _correlations(task, agreement.predicted, again)
    assert correlations.mean() > 0.9
    assert correlations.min() > 0.6
    # Which is not because there is but one order: without metafeatures it is another
    assert correlations.mean() > _correlations(task, blindly, again).mean() + 0.2


@pytest.mark.slow
def test_regrets_are_those_of_the_loop(agreement: Agreement) -> None:
    ours, again = agreement.regret.mean(axis=0), agreement.regret_again.mean(axis=0)
    by_chance = agreement.regret_by_chance.mean(axis=0)
    assert (by_chance > 0.08).all()
    # At every number of trials both are far from chance, and close to each other
    assert (ours < 0.5 * by_chance).all()
    np.testing.assert_allclose(ours, again, atol=0.03)
    np.testing.assert_array_less(np.abs(ours - again), 0.25 * by_chance)
