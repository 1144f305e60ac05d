from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.surrogate import Surrogate
from foretune.meta_model.targets import normalise_scores
from foretune.meta_model.training import train_memory


@pytest.mark.slow
def test_it_predicts_a_held_out_task_in_the_unit_of_the_score(
    table: pd.DataFrame, training: MetaTrainingParameters
) -> None:
    known = MetaDataset.from_table(table)
    errors, trivial = [], []
    for held_out in ("t09", "t14", "t22"):
        memory = train_memory(known.select(known.tasks.index.drop(held_out)), training, seed=0)
        truth = known.scores_of(held_out)
        predicted = memory.surrogate.predict(known.metafeatures.loc[held_out], known.configurations)
        assert np.argmax(predicted) in np.argsort(truth.to_numpy())[-2:]
        errors.append(np.abs(predicted - truth).mean())
        trivial.append(np.abs(table["score"].mean() - truth).mean())
    assert np.mean(errors) < 0.5 * np.mean(trivial)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["raw", "minmax", "copula"])
def test_every_target_ranks_well(table: pd.DataFrame, training: MetaTrainingParameters, target: str) -> None:
    known = MetaDataset.from_table(table)
    parameters = MetaTrainingParameters.model_validate({**training.model_dump(), "target": target})
    memory = train_memory(known, parameters, seed=0)
    predicted = memory.surrogate.predict(known.metafeatures.loc["t06"], known.configurations)
    truth = known.scores_of("t06").to_numpy()
    assert np.corrcoef(predicted, truth)[0, 1] > 0.9
    assert np.abs(predicted - truth).mean() < 0.05


def test_a_task_without_spread_does_no_harm(table: pd.DataFrame, training: MetaTrainingParameters) -> None:
    table.loc[table["task_id"] == "t04", "score"] = 0.5
    assert normalise_scores(table.loc[table["task_id"] == "t04", "score"], "zscore").scale == 0
    memory = train_memory(MetaDataset.from_table(table), training, seed=0)
    known = MetaDataset.from_table(table)
    scales = [memory.surrogate.predict_level(row)[1] for _, row in known.metafeatures.iterrows()]
    assert min(scales) > 0.01


def test_unknown_metafeatures_are_ignored_and_missing_ones_are_undefined(
    table: pd.DataFrame, training: MetaTrainingParameters
) -> None:
    known = MetaDataset.from_table(table)
    memory = train_memory(known, training, seed=0)
    described = known.metafeatures.loc["t03"]
    plain = memory.surrogate.predict(described, known.configurations)
    more = pd.concat([pd.Series({"other.thing": 3.0}), described.iloc[::-1]])
    np.testing.assert_array_equal(memory.surrogate.predict(more, known.configurations), plain)
    none = memory.surrogate.predict(pd.Series(dtype=float), known.configurations)
    assert np.isfinite(none).all()


def test_without_metafeatures_the_level_is_the_mean_of_the_known_tasks(
    table: pd.DataFrame, training: MetaTrainingParameters
) -> None:
    bare = table.drop(columns=[column for column in table if str(column).startswith("metafeature:")])
    known = MetaDataset.from_table(bare)
    memory = train_memory(known, training, seed=0)
    means = table.groupby("task_id")["score"].mean()
    assert memory.surrogate.predict_level(pd.Series(dtype=float))[0] == pytest.approx(means.mean(), abs=0.01)
    predicted = memory.surrogate.predict(pd.Series(dtype=float), known.configurations)
    assert np.abs(predicted - known.score_matrix(known.configurations.index).mean()).max() < 0.02


@pytest.fixture
def surrogate(table: pd.DataFrame, quick: MetaTrainingParameters) -> Surrogate:
    return train_memory(MetaDataset.from_table(table), quick, seed=0).surrogate


def test_the_mean_of_the_members_is_brought_onto_the_line(surrogate: Surrogate, table: pd.DataFrame) -> None:
    known = MetaDataset.from_table(table)
    described, configurations = known.metafeatures.loc["t03"], known.configurations

    def predict(members: Any, line: tuple[float, float]) -> Any:
        changed = dataclasses.replace(surrogate, members=members, line=line)
        return changed.predict_target(described, configurations)

    members = surrogate.members
    alone = np.array([predict((member,), (0.0, 1.0)) for member in members])
    np.testing.assert_allclose(predict(members, (0.5, 2.0)), 0.5 + 2 * alone.mean(axis=0), rtol=1e-9)
    location, scale = surrogate.predict_level(described)
    assert (location, np.log(scale)) == pytest.approx(tuple(surrogate.level(described)))
    expected = location + scale * surrogate.predict_target(described, configurations)
    np.testing.assert_allclose(surrogate.predict(described, configurations), expected)


def test_configurations_of_another_space_are_refused(surrogate: Surrogate, table: pd.DataFrame) -> None:
    known = MetaDataset.from_table(table)
    with pytest.raises(ValueError, match="come from another search space: C not among"):
        surrogate.predict_target(known.metafeatures.loc["t03"], known.configurations.drop(columns="C"))
    assert surrogate.encoder.columns == list(surrogate.configuration_columns)
