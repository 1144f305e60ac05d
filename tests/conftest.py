"""What several test modules share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

from foretune.hpo.parameters import HpoParameters
from foretune.tasks.task import Task

if TYPE_CHECKING:
    from foretune.parameters import TaskType

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def hpo_parameters() -> HpoParameters:
    """Give the parameters of the default run, with fewer configurations."""
    raw: dict[str, Any] = yaml.safe_load((PROJECT / "conf/base/parameters_hpo.yml").read_text())["hpo"]
    # Without limits one worker is this very process
    return HpoParameters(**{**raw, "n_configurations": 4, "limits": {}})


@pytest.fixture(scope="session")
def mixed_tasks() -> dict[str, Task]:
    """Give one task per type, with numbers, categories, a boolean and missing values."""
    return {f"mixed_{kind}": make_mixed_task(kind) for kind in ("classification", "regression")}


def make_mixed_task(task_type: TaskType, n_rows: int = 90, seed: int = 0) -> Task:
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "length": rng.normal(10, 3, n_rows),
            "weight": np.where(rng.random(n_rows) < 0.2, np.nan, rng.lognormal(0, 1, n_rows)),
            "colour": pd.Categorical(rng.choice(["red", "green", "blue", None], n_rows)),
            "old": rng.random(n_rows) < 0.3,
        }
    )
    signal = features["length"] + 5 * features["old"] + 3 * (features["colour"] == "red")
    if task_type == "regression":
        return Task("mixed_regression", task_type, features, (signal * 1000).rename("target"))
    classes = pd.cut(signal + rng.normal(0, 1, n_rows), 3, labels=["a", "b", "c"])
    return Task("mixed_classification", task_type, features, classes.astype("str").astype("category"))
