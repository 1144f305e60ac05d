from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.cold_gaussian_process import N_RANDOM, ColdGaussianProcess


def test_trials_become_better_than_chance(valley: tuple[EvaluationFold, HeldOutTask]) -> None:
    fold, task = valley
    # Share of the pool that is worse: one half by chance, which the first trials are
    shares = rankdata(task.reveal_all()) / len(task)
    orders = np.array([ColdGaussianProcess().search(fold, task, 40, seed) for seed in range(6)])
    assert shares[orders[:, 10:]].mean() > 0.75
    assert shares[orders[:, 10:]].max(axis=1).min() > 0.98


def test_the_gaussian_process_leaves_the_poor_learner_alone(
    valley: tuple[EvaluationFold, HeldOutTask],
) -> None:
    fold, task = valley
    order = ColdGaussianProcess().search(fold, task, 30, seed=1)
    assert (task.learners.to_numpy()[order[N_RANDOM:]] == "stump").sum() <= 4


def test_the_first_trials_are_random(valley: tuple[EvaluationFold, HeldOutTask]) -> None:
    fold, task = valley
    first = [int(ColdGaussianProcess().search(fold, task, 1, seed)[0]) for seed in range(60)]
    assert len(set(first)) > 40
