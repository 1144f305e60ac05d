"""A small meta-dataset in which metafeatures say which configurations are good."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.meta_dataset import build_meta_dataset
from foretune.meta_model.parameters import MetaTrainingParameters

N_TASKS = 30
BOOSTER = {"n_rounds": 60, "learning_rate": 0.2, "max_depth": 3}


@pytest.fixture
def training() -> MetaTrainingParameters:
    settings = {"surrogate": BOOSTER, "main_effect": BOOSTER, "level": BOOSTER}
    return MetaTrainingParameters.model_validate({"target": "zscore", "n_members": 12, **settings})


@pytest.fixture
def quick(training: MetaTrainingParameters) -> MetaTrainingParameters:
    """Fewer and smaller members, for tests that do not look at how good they are."""
    few = training.surrogate.model_copy(update={"n_rounds": 10})
    return training.model_copy(update={"surrogate": few, "main_effect": few, "level": few, "n_members": 6})


@pytest.fixture
def trials() -> pd.DataFrame:
    """Score of C on task t: best where log10(C) equals the task's optimum, levels and spreads differ."""
    rows = []
    for t in range(N_TASKS):
        for c, C in enumerate([0.01, 0.1, 1.0, 10.0, 100.0]):
            for kernel in ("linear", "rbf"):
                distance = abs(np.log10(C) - (t % 5 - 2))
                rows.append(
                    {
                        "task_id": f"t{t:02d}",
                        "learner": "svm",
                        "config_id": f"{c}{kernel}",
                        "strategy": "default" if C == 1 and kernel == "rbf" else "sobol",
                        "score": 0.5 + 0.01 * t - 0.05 * distance + 0.01 * (kernel == "rbf"),
                        "status": "ok",
                        "param_C": C,
                        "param_kernel": kernel,
                        "param_gamma": 0.1 if kernel == "rbf" else np.nan,
                    }
                )
    return pd.DataFrame(rows)


@pytest.fixture
def metafeatures() -> pd.DataFrame:
    tasks = range(N_TASKS)
    return pd.DataFrame(
        {
            "task_id": [f"t{t:02d}" for t in tasks],
            "simple.optimum": [float(t % 5) for t in tasks],
            "simple.level": [float(t) for t in tasks],
            "simple.constant": 1.0,
        }
    )


@pytest.fixture
def task_catalogue() -> pd.DataFrame:
    ids = [f"t{t:02d}" for t in range(N_TASKS)]
    return pd.DataFrame(
        {
            "task_id": ids,
            "task_type": "classification",
            "family": ids,
            "provenance": "real",
            "content_hash": [f"hash of {task_id}" for task_id in ids],
        }
    )


@pytest.fixture
def table(trials: pd.DataFrame, metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame) -> pd.DataFrame:
    return build_meta_dataset(trials, metafeatures, task_catalogue, "zscore")
