from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.contents import count_by_learner, count_by_size, largest_by_learner, tabulate_tasks
from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.training import train_memory, with_provenance

ROWS = [1_000, 1_001, 4_000, 20_000, 20_001, 500_000]


@pytest.fixture
def memory(
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    quick: MetaTrainingParameters,
) -> Memory:
    few = [f"t{number:02d}" for number in range(6)]
    trials = trials[trials["task_id"].isin(few)].reset_index(drop=True)
    # Another learner on two of the tasks
    trials.loc[trials["task_id"].isin(few[:2]) & trials["config_id"].eq("0rbf"), "learner"] = "linear"
    trials.loc[trials["learner"].eq("linear"), "config_id"] = "linear"
    metafeatures = metafeatures[metafeatures["task_id"].isin(few)].assign(
        **{"simple.log_n_rows": np.log(ROWS)}
    )
    task_catalogue = task_catalogue.assign(family=task_catalogue["family"].replace("t01", "t00"))
    table = build_meta_dataset(trials, metafeatures, task_catalogue, "zscore")
    memory = train_memory(MetaDataset.from_table(table), quick.model_copy(update={"n_members": 2}), seed=0)
    return with_provenance({"classification": memory}, trials, metafeatures)["classification"]


def test_tasks_have_rows_families_and_evaluations(memory: Memory) -> None:
    tasks = tabulate_tasks(memory)
    assert tasks["task_id"].tolist() == [f"t{number:02d}" for number in range(6)]
    assert tasks["family"].tolist()[:3] == ["t00", "t00", "t02"]
    assert tasks["n_rows"].tolist() == ROWS
    assert tasks["n_evaluations"].tolist() == [10] * 6


def test_learners_are_counted_by_configurations_tasks_and_trials(memory: Memory) -> None:
    counted = count_by_learner(memory).set_index("learner")
    assert counted.loc["linear"].tolist() == [1, 2, 2]
    assert counted.loc["svm"].tolist() == [10, 6, 58]
    assert count_by_learner(replace(memory, provenance=None)).empty


def test_a_configuration_that_the_provenance_lacks_has_no_name(memory: Memory) -> None:
    assert memory.provenance is not None
    known = {name: one for name, one in memory.provenance.configurations.items() if one.learner == "svm"}
    counted = count_by_learner(replace(memory, provenance=replace(memory.provenance, configurations=known)))
    assert counted.set_index("learner").loc["(no name)"].tolist() == [1, 2, 2]


def test_the_largest_table_of_each_learner_is_known_where_sizes_are(memory: Memory) -> None:
    assert largest_by_learner(memory).empty
    names = ("simple.log_n_rows", "simple.log_n_features")
    sized = memory.training_set.metafeatures[:, [0, 0]]
    sized[:] = np.log(np.column_stack([ROWS, [10, 20, 5, 2, 1, 1]]))
    known = replace(
        memory,
        surrogate=replace(memory.surrogate, metafeatures=names),
        training_set=memory.training_set._replace(metafeatures=sized),
    )
    assert largest_by_learner(known).to_dict() == {"linear": 20_020, "svm": 500_000}
    assert largest_by_learner(replace(known, provenance=None)).empty


def test_sizes_are_counted_by_class(memory: Memory) -> None:
    assert count_by_size(memory).to_numpy().tolist() == [
        ["up to 1,000", 1, 1, 10],
        ["1,000 to 4,000", 2, 2, 20],
        ["4,000 to 20,000", 1, 1, 10],
        ["above 20,000", 2, 2, 20],
    ]


def test_without_the_metafeature_sizes_are_unknown(memory: Memory) -> None:
    names = tuple(name.replace("log_n_rows", "other") for name in memory.metafeatures)
    unnamed = replace(memory, surrogate=replace(memory.surrogate, metafeatures=names))
    assert tabulate_tasks(unnamed)["n_rows"].isna().all()
    assert count_by_size(unnamed).iloc[-1].tolist() == ["unknown", 6, 5, 60]
