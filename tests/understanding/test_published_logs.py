"""Somebody else's logs: ragged, without defaults, with conditions, with and without metafeatures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.meta_dataset import build_meta_dataset
from foretune.understanding.ablation import ablate_metafeatures
from foretune.understanding.hyperparameter_tables import study_hyperparameters
from foretune.understanding.parameters import UnderstandingParameters

PUBLISHED = Path(
    os.environ.get(
        "FORETUNE_PUBLISHED_LOGS", Path(__file__).resolve().parents[2].parent / "shared" / "metadata"
    )
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gcp_xgboost", "oboe", "pimp_random_forest"])
def test_published_logs(name: str) -> None:
    if not (PUBLISHED / name).is_dir():
        pytest.skip(f"no published logs in {PUBLISHED}")
    table = _read(name, n_tasks=9)
    raw: Any = {
        "surface": {"n_trees": 4, "max_trials": 100, "max_candidates": 50},
        "ablation": {"n_folds": 3, "max_rows": 500, "surrogate": {"n_rounds": 3, "learning_rate": 0.5}},
        "n_bootstrap": 100,
    }
    raw["ablation"]["surrogate"]["max_depth"] = 3
    parameters = UnderstandingParameters(**raw)
    importance, _, marginals, tunability, defaults = study_hyperparameters(table, parameters, 0)
    assert importance["mean"].between(0, 1 + 1e-9).all()
    assert (importance.groupby("learner")["mean"].sum() <= 1 + 1e-9).all()
    assert np.isfinite(marginals["effect"]).all()
    assert (tunability["mean_gain"] >= 0).all()
    assert all(json.loads(text) for text in defaults["parameters"])
    assert (defaults["mean_gain"] <= defaults["best_possible_gain"] + 1e-9).all()
    ablation = ablate_metafeatures(table, parameters, "copula", 0)
    assert ablation.empty == (name == "gcp_xgboost")


def _read(name: str, n_tasks: int) -> pd.DataFrame:
    trials = pd.read_parquet(PUBLISHED / name / "trials.parquet").assign(strategy="published")
    trials["task_id"] = trials["task_id"].astype(str)
    tasks = sorted(trials["task_id"].unique())[:n_tasks]
    trials = trials[trials["task_id"].isin(tasks)].groupby("task_id").head(300)
    if "config_id" not in trials:
        trials["config_id"] = [f"c{number:06d}" for number in range(len(trials))]
    metafeatures = pd.DataFrame({"task_id": tasks})
    if (PUBLISHED / name / "metafeatures.parquet").is_file():
        metafeatures = pd.read_parquet(PUBLISHED / name / "metafeatures.parquet")
        metafeatures["task_id"] = metafeatures["task_id"].astype(str)
    about = {"task_type": "classification", "provenance": "real", "content_hash": "0"}
    catalogue = pd.DataFrame({"task_id": tasks, "family": tasks}).assign(**about)
    return build_meta_dataset(trials, metafeatures, catalogue, "copula")
