from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.base.seeds import derive_seed
from foretune.hpo.parameters import HpoParameters
from foretune.learners.early_stopping import EarlyStopping
from foretune.meta_model.bags import draw_bags
from foretune.meta_model.ensemble import TrainingData, fit_member
from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.provenance import Provenance
from foretune.meta_model.training import train_memories, train_memory, with_provenance


@pytest.mark.slow
def test_the_seed_decides_when_rows_are_sampled(
    table: pd.DataFrame, training: MetaTrainingParameters
) -> None:
    raw = training.model_dump()
    raw["surrogate"]["subsample"] = 0.5
    parameters = MetaTrainingParameters.model_validate(raw)
    known = MetaDataset.from_table(table)
    predictions = [
        train_memory(known, parameters, seed).surrogate.predict(
            known.metafeatures.iloc[0], known.configurations
        )
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(predictions[0], predictions[1])
    assert not np.array_equal(predictions[0], predictions[2])


@pytest.mark.slow
def test_every_task_weighs_the_same(table: pd.DataFrame, training: MetaTrainingParameters) -> None:
    # Task t00 with each configuration ten times over must not count ten times
    copies = [
        table[table["task_id"] == "t00"].assign(config_id=lambda rows, i=i: rows["config_id"] + f"#{i}")
        for i in range(9)
    ]
    often = MetaDataset.from_table(pd.concat([table, *copies], ignore_index=True))
    once = MetaDataset.from_table(table)
    described, configurations = once.metafeatures.loc["t07"], once.configurations
    change = np.abs(
        train_memory(often, training, 0).surrogate.predict_target(described, configurations)
        - train_memory(once, training, 0).surrogate.predict_target(described, configurations)
    )
    assert change.mean() < 0.1


def test_nothing_to_learn_from_is_an_error(table: pd.DataFrame, training: MetaTrainingParameters) -> None:
    with pytest.raises(ValueError, match="no finite score"):
        train_memory(MetaDataset.from_table(table).select([]), training, seed=0)


def test_there_is_a_memory_for_each_task_type(table: pd.DataFrame, training: MetaTrainingParameters) -> None:
    both = pd.concat([table, table.assign(task_type="regression", task_id=table["task_id"] + "r")])
    memories = train_memories(both, training, seed=0)
    assert {name: memory.task_type for name, memory in memories.items()} == {
        "classification": "classification",
        "regression": "regression",
    }
    assert all(task_id.endswith("r") for task_id in memories["regression"].task_hashes)


def test_what_a_memory_remembers_is_that_of_the_meta_dataset(
    table: pd.DataFrame, quick: MetaTrainingParameters
) -> None:
    known = MetaDataset.from_table(table)
    told: list[tuple[int, int]] = []
    memory = train_memory(known, quick, 0, on_progress=lambda *one: told.append(one))
    assert memory.task_hashes == {f"t{at:02d}": f"hash of t{at:02d}" for at in range(30)}
    assert memory.metafeatures == tuple(known.metafeatures.columns)
    assert memory.policy == quick.policy
    assert memory.guard == quick.guard
    assert memory.training_set.families == tuple(known.families)
    assert memory.training_set.config_ids == tuple(known.configurations.index)
    np.testing.assert_array_equal(
        memory.training_set.seen, draw_bags(known.families, quick.n_members, quick.bag_share, 0)
    )
    n_members = len(memory.training_set.seen)
    assert len(memory.surrogate.members) == n_members
    assert told == [(at + 1, n_members) for at in range(n_members)]


def test_a_member_is_fitted_to_its_bag_by_a_seed_of_its_own(
    table: pd.DataFrame, quick: MetaTrainingParameters
) -> None:
    known = MetaDataset.from_table(table)
    memory = train_memory(known, quick, 3)
    data = TrainingData.from_meta_dataset(known, "zscore")
    for number in (0, 4):
        bag = memory.training_set.seen[number]
        member = fit_member(data, bag, quick, derive_seed(3, "member", number))
        np.testing.assert_array_equal(
            memory.surrogate.members[number].predict_unseen(data, bag), member.predict_unseen(data, bag)
        )


def test_residuals_are_of_members_that_have_not_seen_the_task(
    table: pd.DataFrame, quick: MetaTrainingParameters
) -> None:
    known = MetaDataset.from_table(table)
    memory = train_memory(known, quick, 0)
    residuals, (intercept, slope) = memory.residuals, memory.surrogate.line
    data = TrainingData.from_meta_dataset(known, "zscore")
    np.testing.assert_array_equal(residuals.target, data.target)
    held_out = [
        np.mean(
            [
                member.predict_unseen(data, bag)[at]
                for member, bag in zip(memory.surrogate.members, memory.training_set.seen, strict=True)
                if not bag[data.task[at]]
            ]
        )
        for at in range(0, len(data.target), 37)
    ]
    expected = data.target[::37] - (intercept + slope * np.array(held_out))
    np.testing.assert_allclose(residuals.residual[::37], expected, atol=1e-5)
    np.testing.assert_array_equal(residuals.level, data.level)
    assert np.abs(residuals.level_residual).mean() < np.abs(data.level - data.level.mean(axis=0)).mean()


def test_two_families_are_too_few_to_hold_one_out(table: pd.DataFrame, quick: MetaTrainingParameters) -> None:
    few = table[table["task_id"].isin(["t00", "t01"])]
    memory = train_memory(MetaDataset.from_table(few), quick, 0)
    assert memory.training_set.seen.all()
    assert memory.surrogate.line == (0.0, 1.0)
    np.testing.assert_array_equal(memory.residuals.residual, memory.residuals.target)
    assert memory.residuals.level_residual.sum(axis=0) == pytest.approx([0, 0], abs=1e-12)


@pytest.fixture
def memories(table: pd.DataFrame, quick: MetaTrainingParameters) -> dict[str, Memory]:
    return train_memories(table, quick.model_copy(update={"n_members": 1}), 0)


def test_a_memory_is_told_its_search(
    memories: dict[str, Memory],
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    hpo_parameters: HpoParameters,
) -> None:
    metafeatures.attrs["metafeature_settings"] = {"random_state": 5}
    score = hpo_parameters.score.classification
    scored = trials.assign(**{f"metric_{score}": 0.5})
    stopping = EarlyStopping(patience=9)
    given = hpo_parameters.model_copy(update={"early_stopping": stopping})
    told = with_provenance(memories, scored, metafeatures, given)["classification"].provenance
    assert told is not None
    assert set(told.configurations) == set(trials["config_id"])
    assert told.configurations["0rbf"].params == {"C": 0.01, "kernel": "rbf", "gamma": 0.1}
    assert told.score == score
    assert told.spaces == {"svm": hpo_parameters.spaces["svm"]}
    assert told.metafeature_settings == {"random_state": 5}
    assert told.preprocessing == hpo_parameters.preprocessing
    assert told.n_folds == hpo_parameters.n_folds
    assert told.early_stopping == stopping
    assert memories["classification"].provenance is None


def test_defaults_may_have_what_is_not_searched(
    memories: dict[str, Memory],
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    hpo_parameters: HpoParameters,
) -> None:
    # As the number of rounds of a booster, where early stopping chooses that of all others
    is_fixed = trials["strategy"].eq("default") | trials["config_id"].eq("0linear")
    scored = trials.assign(**{f"metric_{hpo_parameters.score.classification}": 0.5})
    scored.loc[is_fixed, "param_max_iter"] = 100
    searched = scored.assign(strategy=scored["strategy"].mask(scored["config_id"].eq("0linear"), "tuned"))
    for given, spaces in ((scored, {}), (searched, {"svm": hpo_parameters.spaces["svm"]})):
        told = with_provenance(memories, given, metafeatures, hpo_parameters)["classification"].provenance
        assert told is not None
        assert told.spaces == spaces


def test_what_does_not_fit_the_parameters_is_left_out(
    memories: dict[str, Memory],
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    hpo_parameters: HpoParameters,
) -> None:
    # No column of that metric: a log of somebody else, whose space is not known either
    other = with_provenance(memories, trials, metafeatures, hpo_parameters)["classification"].provenance
    assert other is not None
    assert other == Provenance(other.configurations)
    assert (other.score, other.preprocessing, other.n_folds) == (None, None, None)
    scored = trials.assign(**{f"metric_{hpo_parameters.score.classification}": 0.5, "param_depth": 3})
    strange = with_provenance(memories, scored, metafeatures, hpo_parameters)["classification"].provenance
    assert strange is not None
    assert strange.spaces == {}
    alone = with_provenance(memories, scored, metafeatures)["classification"].provenance
    assert alone is not None
    assert alone.score is None
