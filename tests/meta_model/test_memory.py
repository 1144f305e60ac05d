from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.provenance import Provenance, read_configurations
from foretune.meta_model.training import train_memory
from foretune.spaces.configuration import Configuration
from foretune.spaces.hyperparameters import LearnerSpace


@pytest.fixture
def known(table: pd.DataFrame) -> MetaDataset:
    return MetaDataset.from_table(table)


@pytest.fixture
def memory(known: MetaDataset, quick: MetaTrainingParameters, trials: pd.DataFrame) -> Memory:
    trained = train_memory(known, quick, seed=0)
    return replace(trained, provenance=Provenance(read_configurations(trials)))


def test_known_configurations_are_encoded_as_they_were(memory: Memory, known: MetaDataset) -> None:
    assert memory.provenance is not None
    ids = ["3rbf", "0linear"]
    asked = [replace(memory.provenance.configurations[one], strategy="other") for one in ids]
    encoded = memory.encode(asked)
    pd.testing.assert_frame_equal(encoded, known.configurations.loc[ids].reset_index(drop=True))


def test_new_configurations_are_encoded_beside_known_ones(memory: Memory) -> None:
    assert memory.provenance is not None
    new = Configuration("svm", {"C": 0.5, "kernel": "linear"})
    encoded = memory.encode([memory.provenance.configurations["1rbf"], new])
    assert encoded["C"].tolist() == [0.1, 0.5]
    assert encoded[["kernel=linear", "kernel=rbf"]].to_numpy().tolist() == [[0, 1], [1, 0]]
    assert encoded["gamma"].isna().tolist() == [False, True]


def test_what_never_varied_tells_nothing_apart(memory: Memory) -> None:
    assert memory.provenance is not None
    known = {
        name: replace(one, params={**one.params, "tol": 0.1})
        for name, one in memory.provenance.configurations.items()
    }
    told = replace(memory, provenance=replace(memory.provenance, configurations=known))
    encoded = told.encode([Configuration("svm", {"C": 0.5, "kernel": "linear", "tol": 0.2})])
    assert encoded["C"].tolist() == [0.5]
    with pytest.raises(ValueError, match="tol"):
        memory.encode([Configuration("svm", {"C": 0.5, "kernel": "linear", "tol": 0.2})])


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"C": 1.0, "kernel": "poly"}, "no known trial has kernel=poly"),
        ({"C": 1.0, "depth": 3}, "no known trial sets depth"),
        ({"C": "auto", "kernel": "rbf"}, "no known trial has C=auto"),
    ],
)
def test_what_was_never_seen_cannot_be_encoded(
    params: dict[str, object], reason: str, memory: Memory
) -> None:
    assert memory.why_untried(Configuration("svm", params)) == reason
    with pytest.raises(ValueError, match=r"kernel|depth|C"):
        memory.encode([Configuration("svm", params)])


@pytest.mark.parametrize(
    "params", [{"C": 0.7, "kernel": "linear"}, {"C": "0.7"}, {"C": None, "kernel": "rbf"}]
)
def test_what_was_tried_can_be_encoded(params: dict[str, object], memory: Memory) -> None:
    assert memory.why_untried(Configuration("svm", params)) is None
    assert len(memory.encode([Configuration("svm", params)])) == 1


def test_a_prior_is_about_the_prediction_and_is_exact_in_its_samples(
    memory: Memory, known: MetaDataset
) -> None:
    described = known.metafeatures.loc["t07"]
    prior = memory.prior(described, known.configurations, seed=3)
    predicted = memory.surrogate.predict_target(described, known.configurations)
    assert np.abs(prior.mean - predicted).max() < 0.3
    np.testing.assert_array_equal(prior.level, memory.surrogate.level(described))
    again, other = (memory.prior(described, known.configurations, seed) for seed in (3, 4))
    np.testing.assert_array_equal(prior.surfaces, again.surfaces)
    assert (prior.surfaces != other.surfaces).any()


def test_without_metafeatures_a_task_may_be_like_any_known_one(memory: Memory, known: MetaDataset) -> None:
    prior = memory.prior(None, known.configurations)
    np.testing.assert_allclose(prior.level, memory.residuals.level.mean(axis=0))
    # Tasks differ in which C is best: more than what is left where metafeatures say it
    described = memory.prior(known.metafeatures.loc["t07"], known.configurations)
    assert prior.surfaces.std(axis=0).mean() > 2 * described.surfaces.std(axis=0).mean()
    by_config = known.score_matrix(known.configurations.index)
    means = by_config.sub(by_config.mean(axis=1), axis=0).mean()
    assert np.corrcoef(prior.mean, means)[0, 1] > 0.9


def test_without_some_families_nothing_of_them_is_left(memory: Memory) -> None:
    gone = ["t03", "t17"]
    less = memory.without(gone)
    kept = [f"t{at:02d}" for at in range(30) if f"t{at:02d}" not in gone]
    assert list(less.task_hashes) == kept
    assert less.training_set.families == tuple(kept)
    positions = [3, 17]
    stay = ~memory.training_set.seen[:, positions].any(axis=1)
    assert 0 < stay.sum() < len(stay)
    assert less.surrogate.members == tuple(np.array(memory.surrogate.members, dtype=object)[stay])
    np.testing.assert_array_equal(
        less.training_set.seen, np.delete(memory.training_set.seen[stay], positions, axis=1)
    )
    old, new = memory.residuals, less.residuals
    rows = ~np.isin(old.task, positions)
    np.testing.assert_array_equal(new.residual, old.residual[rows])
    np.testing.assert_array_equal(new.config, old.config[rows])
    np.testing.assert_array_equal(new.task, np.repeat(np.arange(28), 10))
    np.testing.assert_array_equal(new.level, np.delete(old.level, positions, axis=0))
    np.testing.assert_array_equal(new.shapes.values, np.delete(old.shapes.values, positions, axis=0))
    assert less.chosen_kernel == memory.chosen_kernel


def test_a_memory_without_everything_is_none(memory: Memory) -> None:
    with pytest.raises(ValueError, match=r"no member of the ensemble is without t00, t01, t02, t03, t04$"):
        memory.without(list(memory.task_hashes))


def test_fewer_members_are_the_first_ones(memory: Memory) -> None:
    few = memory.with_members(2)
    assert few.surrogate.members == memory.surrogate.members[:2]
    np.testing.assert_array_equal(few.training_set.seen, memory.training_set.seen[:2])
    assert few.residuals is memory.residuals


def test_distances_and_kernel_are_of_the_known_tasks(memory: Memory, known: MetaDataset) -> None:
    described = known.metafeatures.loc["t07"].to_numpy()
    assert memory.task_distances.distances_to(described).argmin() == 7
    assert memory.chosen_kernel is memory.chosen_kernel
    assert replace(memory, kernel=memory.chosen_kernel).chosen_kernel is memory.chosen_kernel


def test_it_is_shown_in_a_few_lines(memory: Memory) -> None:
    assert memory.provenance is not None
    unknown, *_ = repr(memory).splitlines()[1:]
    assert unknown == "svm: its search space is not known"
    space = LearnerSpace.model_validate(
        {
            "shared": {"C": {"type": "float", "low": 0.01, "high": 10, "log": True}},
            "regression": {"epsilon": {"type": "float", "low": 0, "high": 1}},
        }
    )
    many = replace(
        memory,
        provenance=replace(memory.provenance, spaces={"svm": space}),
        task_hashes={f"task_{number}": "" for number in range(10)},
    )
    first, ranges = repr(many).splitlines()
    assert first.startswith(f"Memory of {len(memory.residuals.target)} trials on 10 tasks: task_0, task_1, ")
    assert first.endswith(", task_7 and 2 more")
    assert ranges == "svm: C 0.01 to 10 (log)"
    assert repr(replace(many, task_type="regression")).endswith("C 0.01 to 10 (log), epsilon 0 to 1")
    assert "Member" not in repr(memory.surrogate)
