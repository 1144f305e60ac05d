"""The guard on all tasks of the reference memory, each as if its family had never been met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.recommendation import load_memory, reference_folder
from foretune.recommendation.audit import audit_suggestions
from foretune.recommendation.reference_memory import load_reference_meta_dataset

LEDGER = Path(__file__).parents[2] / "data/01_raw/reference_ledger.parquet"
SCORES = {"classification": "balanced_accuracy", "regression": "r2"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (reference_folder() / "classification").is_dir() or not LEDGER.is_file(),
        reason="the reference memory or its trials are not there",
    ),
]


def _standard_errors(task_type: str) -> pd.DataFrame:
    columns = ["task_id", "task_type", "learner", "strategy", "fidelity", "status", "fold_metrics"]
    trials = pd.read_parquet(LEDGER, columns=columns)
    default = trials.query(f"strategy == 'default' and status == 'ok' and task_type == '{task_type}'")
    folds = [json.loads(text)[SCORES[task_type]] for text in default["fold_metrics"]]
    errors = [float(np.std(one) / np.sqrt(len(one))) for one in folds]
    return default[["task_id", "learner"]].assign(standard_error=errors)


@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_first_suggestions_do_no_harm(task_type: Any) -> None:
    table = load_reference_meta_dataset()
    scores = table[table["task_type"] == task_type][["task_id", "config_id", "score"]]
    audit = audit_suggestions(load_memory(task_type), scores).merge(_standard_errors(task_type))
    assert audit["task_id"].nunique() >= 79
    assert len(audit) > 380
    limit = audit["default_score"] - audit["standard_error"]

    def harmed(column: str) -> float:
        return float(((audit[column] < limit) | audit[column].isna()).mean())

    assert harmed("best_score") < 0.05
    # Stricter: without the default's own help, and the first alone
    assert harmed("best_other_score") < 0.1
    assert harmed("first_score") < 0.1
    assert (audit["first_score"] - audit["default_score"]).mean() > 0.02
