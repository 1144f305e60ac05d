from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.hpo.parameters import HpoParameters
from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import build_meta_dataset
from foretune.meta_model.metric_memories import (
    metric_memory_name,
    train_metric_memories,
    with_metric_as_score,
)
from foretune.meta_model.parameters import MetaTrainingParameters


@pytest.fixture
def measured(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials of which the log loss is best where the score is worst."""
    return trials.assign(metric_log_loss=trials["score"], metric_balanced_accuracy=trials["score"])


def train(
    measured: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    parameters: MetaTrainingParameters,
    hpo: HpoParameters,
) -> dict[str, Memory]:
    table = build_meta_dataset(measured, metafeatures, task_catalogue, "zscore")
    return train_metric_memories(table, measured, metafeatures, parameters, hpo, seed=0)


def test_an_error_changes_its_sign_and_what_failed_stays_failed(
    measured: pd.DataFrame, metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame
) -> None:
    measured.loc[0, "score"] = np.nan
    measured.loc[0, "status"] = "failed"
    measured.loc[measured["task_id"] == "t03", "metric_log_loss"] = np.nan
    table = build_meta_dataset(measured, metafeatures, task_catalogue, "zscore")
    found = with_metric_as_score(table, measured, "classification", "log_loss")
    assert "t03" not in set(found["task_id"])
    merged = found.merge(measured[["task_id", "config_id", "metric_log_loss", "status"]])
    worked = merged["status"] == "ok"
    np.testing.assert_array_equal(merged.loc[worked, "score"], -merged.loc[worked, "metric_log_loss"])
    assert merged.loc[~worked, "score"].isna().all()
    assert (~worked).sum() == 1
    same = with_metric_as_score(table, measured, "classification", "balanced_accuracy")
    assert same["score"].equals(table["score"])


def test_each_further_metric_has_a_memory_that_ranks_by_it(
    measured: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    quick: MetaTrainingParameters,
    hpo_parameters: HpoParameters,
) -> None:
    metrics = {"classification": ["log_loss", "balanced_accuracy", "accuracy"], "regression": ["mae"]}
    parameters = quick.model_copy(update={"metrics": metrics})
    memories = train(measured, metafeatures, task_catalogue, parameters, hpo_parameters)
    # The score has a memory already, of accuracy there is no column, of regression no task
    assert list(memories) == [metric_memory_name("classification", "log_loss")]
    memory = memories["classification.log_loss"]
    assert memory.provenance is not None
    assert memory.provenance.score == "log_loss"
    # On task t00 the score falls with C, so that the loss does, too, and the best C is the largest
    targets = memory.residuals.target[memory.residuals.task == 0]
    configurations = [memory.training_set.config_ids[at] for at in memory.residuals.config]
    best = configurations[int(np.argmax(targets))]
    assert memory.provenance.configurations[best].params["C"] == 100.0


def test_without_further_metrics_there_is_none(
    measured: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    quick: MetaTrainingParameters,
    hpo_parameters: HpoParameters,
) -> None:
    assert train(measured, metafeatures, task_catalogue, quick, hpo_parameters) == {}


def test_a_metric_of_the_other_task_type_is_refused() -> None:
    with pytest.raises(ValueError, match="classification has no metric 'mae'; it has accuracy"):
        MetaTrainingParameters.model_validate({"metrics": {"classification": ["mae"]}})
