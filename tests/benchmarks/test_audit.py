"""The guard on all tasks of the reference memory, each as if its family had never been met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit import audit_suggestions, count_harm, default_errors, measured_scores
from foretune.recommendation import load_memory, reference_folder

LEDGER = Path(__file__).parents[2] / "data/01_raw/reference_ledger.parquet"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (reference_folder() / "classification").is_dir() or not LEDGER.is_file(),
        reason="the reference memory or its trials are not there",
    ),
]


@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_first_suggestions_do_no_harm(task_type: Any) -> None:
    memory, trials = load_memory(task_type), pd.read_parquet(LEDGER)
    audit = audit_suggestions(memory, measured_scores(trials, memory))
    assert audit["task_id"].nunique() >= 79
    assert len(audit) > 380
    harm = count_harm(audit, default_errors(trials, memory))
    assert harm["best_score"] < 0.05
    # Stricter: without the default's own help, and the first alone
    assert harm["best_other_score"] < 0.1
    assert harm["first_score"] < 0.1
    assert (audit["first_score"] - audit["default_score"]).mean() > 0.02
