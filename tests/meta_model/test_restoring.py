from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from foretune.base import UserError
from foretune.meta_model.artifact import read_memory, save_memory
from foretune.meta_model.ensemble import task_levels
from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset
from foretune.meta_model.parameters import MetaTrainingParameters, TargetKind
from foretune.meta_model.restoring import restore_scores, restore_trials
from foretune.meta_model.training import train_memory, with_provenance
from foretune.recommendation.core.memory_files import reference_folder

KINDS: tuple[TargetKind, ...] = ("raw", "minmax", "zscore", "copula")


@pytest.fixture
def ragged(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials with ties, failures, other configurations on each task, and a task where all are equal."""
    rng = np.random.default_rng(0)
    trials = trials[rng.random(len(trials)) > 0.1].reset_index(drop=True)
    trials["score"] += rng.normal(0, 0.03, len(trials))
    trials.loc[trials["task_id"].eq("t03"), "score"] = 0.7
    trials.loc[trials["task_id"].eq("t04"), "score"] = [0.2, 0.2, *np.linspace(0.3, 0.9, 8)][
        : (trials["task_id"] == "t04").sum()
    ]
    trials.loc[rng.random(len(trials)) < 0.15, "score"] = np.nan
    return trials


def _train(
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    parameters: MetaTrainingParameters,
) -> tuple[Memory, MetaDataset]:
    table = build_meta_dataset(trials, metafeatures, task_catalogue, parameters.target)
    known = MetaDataset.from_table(table)
    memory = train_memory(known, parameters, seed=0)
    return with_provenance({"classification": memory}, trials, metafeatures)["classification"], known


@pytest.mark.parametrize("kind", KINDS)
def test_targets_of_restored_scores_are_those_of_the_memory(
    ragged: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    quick: MetaTrainingParameters,
    kind: TargetKind,
) -> None:
    parameters = quick.model_copy(update={"target": kind, "n_members": 2})
    memory, known = _train(ragged, metafeatures, task_catalogue, parameters)
    restored = restore_trials(memory).meta_dataset()
    np.testing.assert_allclose(restored.targets(kind), memory.residuals.target, atol=1e-6)
    np.testing.assert_allclose(task_levels(restored, kind), memory.residuals.level, rtol=1e-6)
    pd.testing.assert_frame_equal(restored.metafeatures, known.metafeatures.astype("f4").astype("f8"))
    pd.testing.assert_frame_equal(restored.configurations, known.configurations)
    assert list(restored.is_default) == list(known.is_default)
    # The order of the scores, and with it every target, survives; their size up to the shape's 161 points
    true, found = known.arrays.score, restored.arrays.score
    apart = np.abs(found - true)[np.isfinite(true) & np.isfinite(found)]
    assert np.quantile(apart, 0.9) < 0.01 * np.nanstd(true)
    if kind in ("zscore", "copula"):
        # Where all scores are equal, a failure is like them
        told = known.arrays.task != 3
        assert np.isnan(found[told]).sum() == np.isnan(true[told]).sum() > 20


def test_a_memory_from_a_file_is_restored_as_well(
    ragged: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    quick: MetaTrainingParameters,
    tmp_path: Path,
) -> None:
    parameters = quick.model_copy(update={"target": "copula", "n_members": 2})
    memory, _ = _train(ragged, metafeatures, task_catalogue, parameters)
    save_memory(memory, tmp_path)
    np.testing.assert_allclose(restore_scores(read_memory(tmp_path)), restore_scores(memory), atol=1e-5)


@pytest.mark.quick("regression")
@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_the_shipped_memory_can_be_restored(task_type: str) -> None:
    memory = read_memory(reference_folder() / task_type)
    trials = restore_trials(memory)
    restored = trials.meta_dataset()
    kind = memory.surrogate.target
    np.testing.assert_allclose(restored.targets(kind), memory.residuals.target, atol=1e-6)
    assert trials.evaluations["score"].isna().sum() > 1_000
    assert trials.tasks["n_rows"].between(20, 1_000_000).all()
    # Restored once more from what is restored, scores stay in order
    assert spearmanr(restored.arrays.score, restore_scores(memory), nan_policy="omit").statistic == 1


def test_trials_without_a_task_have_only_the_configurations_that_are_left(
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    quick: MetaTrainingParameters,
) -> None:
    alone = pd.DataFrame(
        [
            {
                **trials.iloc[0].to_dict(),
                "config_id": "alone",
                "param_C": 7.0,
                "score": 0.4,
                "strategy": "sobol",
            }
        ]
    )
    memory, _ = _train(pd.concat([trials, alone], ignore_index=True), metafeatures, task_catalogue, quick)
    kept = restore_trials(memory).without([alone["task_id"].iloc[0]])
    assert "alone" in restore_trials(memory).configurations
    assert "alone" not in kept.configurations
    assert alone["task_id"].iloc[0] not in kept.meta_dataset().tasks.index


def test_a_memory_without_configurations_is_one_line(
    table: pd.DataFrame, quick: MetaTrainingParameters
) -> None:
    memory = train_memory(MetaDataset.from_table(table), quick, seed=0)
    with pytest.raises(UserError, match="does not know its configurations: train it again"):
        restore_trials(replace(memory, provenance=None))
