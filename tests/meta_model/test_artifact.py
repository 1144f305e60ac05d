from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.artifact import ArtifactError, load_surrogate, save_surrogate
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.surrogate import Surrogate, train_surrogate


@pytest.fixture
def surrogate(table: pd.DataFrame, training: MetaTrainingParameters) -> Surrogate:
    return train_surrogate(MetaDataset.from_table(table), training, seed=0)


def test_round_trip(surrogate: Surrogate, table: pd.DataFrame, tmp_path: Path) -> None:
    save_surrogate(surrogate, tmp_path / "new" / "folder")
    loaded = load_surrogate(tmp_path / "new" / "folder")
    memory = MetaDataset.from_table(table)
    described, configurations = memory.metafeatures.loc["t02"], memory.configurations
    np.testing.assert_array_equal(
        loaded.predict(described, configurations), surrogate.predict(described, configurations)
    )
    assert loaded.task_hashes == surrogate.task_hashes
    assert loaded.encoder.columns == surrogate.encoder.columns
    assert loaded.target == "zscore"


def test_a_raw_configuration_can_be_scored(surrogate: Surrogate, table: pd.DataFrame) -> None:
    raw = pd.DataFrame({"learner": ["svm"], "param_C": [1.0], "param_kernel": ["rbf"], "param_gamma": [0.1]})
    memory = MetaDataset.from_table(table)
    described = memory.metafeatures.loc["t02"]
    expected = surrogate.predict(described, memory.configurations.loc[["2rbf"]])
    np.testing.assert_array_equal(surrogate.predict(described, surrogate.encoder.encode(raw)), expected)


def test_nothing_is_pickled(surrogate: Surrogate, tmp_path: Path) -> None:
    save_surrogate(surrogate, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "location.ubj",
        "log_scale.ubj",
        "manifest.json",
        "regressor.ubj",
    ]


def test_damage_is_noticed(surrogate: Surrogate, tmp_path: Path) -> None:
    save_surrogate(surrogate, tmp_path)
    content = (tmp_path / "regressor.ubj").read_bytes()
    (tmp_path / "regressor.ubj").write_bytes(content[:-10])
    with pytest.raises(ArtifactError, match=r"regressor.ubj is not the file that was saved"):
        load_surrogate(tmp_path)
    (tmp_path / "regressor.ubj").unlink()
    with pytest.raises(ArtifactError, match=r"regressor.ubj does not exist"):
        load_surrogate(tmp_path)


def test_another_format_is_refused(surrogate: Surrogate, tmp_path: Path) -> None:
    save_surrogate(surrogate, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "format_version": 99}))
    with pytest.raises(ArtifactError, match="has format version 99, this Foretune reads 1"):
        load_surrogate(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ArtifactError, match="is no valid JSON"):
        load_surrogate(tmp_path)


def test_an_empty_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="run the pipeline meta_training"):
        load_surrogate(tmp_path)
