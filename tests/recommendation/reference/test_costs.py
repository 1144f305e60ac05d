"""Costs written into a saved memory, of which nothing else changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from foretune.base import UserError
from foretune.meta_model.artifact import read_memory
from foretune.recommendation.reference.costs import NEEDED, add_costs
from foretune.spaces.configuration import Configuration

N_TRIALS = 30


@pytest.fixture
def folder(memory_folder: Path, tmp_path: Path) -> Path:
    """A folder with the memory of classification only."""
    shutil.copytree(memory_folder / "classification", tmp_path / "memory/classification")
    summary = {"files": {"classification/provenance.json": 0}, "bytes": 0}
    (tmp_path / "memory/summary.json").write_text(json.dumps(summary))
    return tmp_path / "memory"


@pytest.fixture
def trials() -> pd.DataFrame:
    """Trials of a linear learner on a task of the memory, as a ledger exports them."""
    configurations = [Configuration("linear", {"C": 0.1 + at}) for at in range(N_TRIALS)]
    return pd.DataFrame(
        {
            "task_id": "wine",
            "task_type": "classification",
            "learner": "linear",
            "config_id": [one.config_id for one in configurations],
            "strategy": "sobol",
            "params": [json.dumps(one.params) for one in configurations],
            "status": "ok",
            "fold_metrics": json.dumps({"accuracy": [0.9, 0.8, 0.7]}),
            "fit_seconds": [0.03 + 0.0001 * at for at in range(N_TRIALS)],
        }
    )


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_provenance_and_manifest_change(folder: Path, trials: pd.DataFrame) -> None:
    before = _content(folder / "classification")
    costs = add_costs(folder, trials)
    after = _content(folder / "classification")
    assert {name for name in before if before[name] != after[name]} == {"manifest.json", "provenance.json"}
    provenance = read_memory(folder / "classification").provenance
    assert provenance is not None
    assert provenance.costs == costs["classification"]
    assert set(provenance.costs.learners) == {"linear"}
    assert provenance.costs.predict(Configuration("linear", {"C": 1.0}), 60, 13, 3) == pytest.approx(
        0.01, rel=0.3
    )
    summary = json.loads((folder / "summary.json").read_text())
    size = (folder / "classification/provenance.json").stat().st_size
    assert summary == {"files": {"classification/provenance.json": size}, "bytes": size}


def test_what_has_no_times_of_the_memory_is_refused(folder: Path, trials: pd.DataFrame) -> None:
    for name in NEEDED:
        with pytest.raises(UserError, match=f"have no column '{name}'"):
            add_costs(folder, trials.drop(columns=name))
    for few in (trials.head(3), trials.assign(task_id="elsewhere"), trials.assign(fold_metrics=None).head(2)):
        with pytest.raises(UserError, match="no learner has 20 measured trials"):
            add_costs(folder, few)
    with pytest.raises(UserError, match="has no memory"):
        add_costs(folder / "classification", trials)
