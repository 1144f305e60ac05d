"""Small logs, as other people write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIGURATIONS: list[dict[str, Any]] = [
    {"learner": "svm", "param_C": 0.5, "param_kernel": "rbf"},
    {"learner": "svm", "param_C": 2.0, "param_kernel": "linear"},
    {"learner": "forest", "param_max_depth": "3", "param_bootstrap": "True"},
    {"learner": "forest", "param_max_depth": "None", "param_bootstrap": "False"},
    {"learner": "forest", "param_max_depth": "7", "param_bootstrap": "True"},
]


def make_trials(n_tasks: int = 4) -> pd.DataFrame:
    """Every task leaves out another configuration."""
    rng = np.random.default_rng(0)
    rows = [
        {"task_id": f"t{task}", **configuration, "score": float(rng.uniform())}
        for task in range(n_tasks)
        for number, configuration in enumerate(CONFIGURATIONS)
        if number != task % len(CONFIGURATIONS)
    ]
    return pd.DataFrame(rows)


def make_metafeatures(n_tasks: int = 4, n_columns: int = 3) -> pd.DataFrame:
    values = np.random.default_rng(1).lognormal(size=(n_tasks, n_columns))
    described = pd.DataFrame(values, columns=[f"m{number}" for number in range(n_columns)])
    described.insert(0, "task_id", [f"t{task}" for task in range(n_tasks)])
    return described


@pytest.fixture
def trials() -> pd.DataFrame:
    return make_trials()


@pytest.fixture
def metafeatures() -> pd.DataFrame:
    return make_metafeatures()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a text to a file; give its path."""

    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written
