"""Tasks that are searched one trial after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset
from foretune.meta_model.parameters import MetaTrainingParameters


@pytest.fixture
def valley(meta_training: MetaTrainingParameters) -> tuple[EvaluationFold, HeldOutTask]:
    """Two learners; the better one has its best score in one corner of a logarithmic plane."""
    rng = np.random.default_rng(0)
    rows = [
        {"learner": "svm", "param_C": 10**c, "param_gamma": 10**gamma, "score": 1 - (c - 2) ** 2 - gamma**2}
        for c, gamma in rng.uniform(-3, 3, size=(160, 2))
    ]
    rows += [{"learner": "stump", "param_depth": depth, "score": -9.0 - depth} for depth in range(1, 41)]
    trials = pd.DataFrame(rows)
    trials["config_id"] = [f"c{number:03d}" for number in rng.permutation(len(trials))]
    tasks = ["a", "new"]
    trials = pd.concat([trials.assign(task_id=task) for task in tasks]).assign(strategy="sobol")
    catalogue = pd.DataFrame({"task_id": tasks, "task_type": "regression", "family": tasks})
    catalogue = catalogue.assign(provenance="real", content_hash="0")
    table = build_meta_dataset(trials, pd.DataFrame({"task_id": tasks}), catalogue, "minmax")
    meta_dataset = MetaDataset.from_table(table)
    fold = EvaluationFold(meta_dataset, "new", meta_training)
    return fold, HeldOutTask.from_meta_dataset(meta_dataset, "new")


@pytest.fixture
def twin_among_strangers(
    make_fold: Callable[..., tuple[EvaluationFold, HeldOutTask]],
) -> tuple[EvaluationFold, HeldOutTask]:
    """One known task is the new one on another scale, seven others agree on something else."""
    rng = np.random.default_rng(3)
    n = 30
    new = rng.uniform(size=n)
    common = rng.uniform(size=n)
    scores = {f"stranger {number}": list(common + rng.normal(0, 0.03, n)) for number in range(7)}
    scores |= {"twin": list(100 + 7 * new), "new": list(new)}
    return make_fold(scores)
