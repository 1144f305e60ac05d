"""Tasks whose surfaces are known functions of the hyperparameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.meta_dataset import build_meta_dataset
from foretune.understanding.parameters import UnderstandingParameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Surface = Callable[[pd.DataFrame, float], pd.Series]


@pytest.fixture
def parameters() -> UnderstandingParameters:
    raw: dict[str, Any] = {
        "surface": {"n_trees": 8, "n_levels": 8},
        "shap_rows": 60,
        "ablation": {"n_folds": 3, "surrogate": {"n_rounds": 15, "learning_rate": 0.3, "max_depth": 4}},
        "n_bootstrap": 200,
    }
    return UnderstandingParameters(**raw)


@pytest.fixture
def make_table() -> Callable[..., pd.DataFrame]:
    return _make_table


@pytest.fixture
def svm_design() -> pd.DataFrame:
    """Give 60 configurations with a conditional hyperparameter under each of two kernels."""
    rng = np.random.default_rng(3)
    kernel = rng.choice(["linear", "poly", "rbf"], 60)
    return pd.DataFrame(
        {
            "param_C": 10 ** rng.uniform(-2, 2, 60),
            "param_degree": np.where(kernel == "poly", rng.integers(2, 4, 60), np.nan),
            "param_gamma": np.where(kernel == "rbf", 10 ** rng.uniform(-4, 0, 60), np.nan),
            "param_kernel": kernel,
        }
    )


def _make_table(
    design: pd.DataFrame | Mapping[str, pd.DataFrame],
    surface: Surface,
    *,
    qualities: Mapping[str, float] | None = None,
    families: Mapping[str, str] | None = None,
    metafeatures: pd.DataFrame | None = None,
    default: int | None = None,
    learner: str = "svm",
    task_type: str = "classification",
) -> pd.DataFrame:
    """Make the flat table of tasks that score ``surface(configurations, quality of the task)``.

    One design for all tasks, or one for each (ragged); ``default`` is the row of the library default.
    """
    qualities = qualities or {f"task{number}": number / 4 for number in range(4)}
    parts: list[pd.DataFrame] = []
    for task_id, quality in qualities.items():
        own = design if isinstance(design, pd.DataFrame) else design[task_id]
        ids = [f"{learner}-{hash_of(row)}" for row in own.itertuples(index=False)]
        strategy = np.where(np.arange(len(own)) == default, "default", "sobol")
        about = {"task_id": task_id, "learner": learner, "config_id": ids, "strategy": strategy}
        parts.append(own.assign(**about, score=surface(own, quality)))
    catalogue = pd.DataFrame(
        {
            "task_id": list(qualities),
            "task_type": task_type,
            "family": [(families or {}).get(task, task) for task in qualities],
            "provenance": "real",
            "content_hash": "0",
        }
    )
    described = pd.DataFrame({"task_id": list(qualities)}) if metafeatures is None else metafeatures
    return build_meta_dataset(pd.concat(parts, ignore_index=True), described, catalogue, "minmax")


def hash_of(row: tuple[Any, ...]) -> str:
    return "|".join(str(value) for value in row)
