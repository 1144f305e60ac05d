from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from foretune.meta_model import artifact
from foretune.meta_model.artifact import ArtifactError, read_memory, save_memory
from foretune.meta_model.ensemble import with_main_effect
from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import Guard, MetaTrainingParameters
from foretune.meta_model.training import train_memory


@pytest.fixture
def memory(table: pd.DataFrame, training: MetaTrainingParameters) -> Memory:
    careful = training.model_copy(update={"guard": Guard(max_risk=0.2)})
    return train_memory(MetaDataset.from_table(table), careful, seed=0)


def test_round_trip(memory: Memory, table: pd.DataFrame, tmp_path: Path) -> None:
    save_memory(memory, tmp_path / "new" / "folder")
    loaded = read_memory(tmp_path / "new" / "folder")
    known = MetaDataset.from_table(table)
    described, configurations = known.metafeatures.loc["t02"], known.configurations
    np.testing.assert_array_equal(
        loaded.surrogate.predict(described, configurations),
        memory.surrogate.predict(described, configurations),
    )
    assert loaded.task_hashes == memory.task_hashes
    assert loaded.surrogate.encoder.columns == memory.surrogate.encoder.columns
    assert loaded.surrogate.target == "zscore"
    assert loaded.guard == memory.guard
    ours, theirs = (one.prior(described, configurations, seed=3) for one in (memory, loaded))
    np.testing.assert_allclose(ours.surfaces, theirs.surfaces, atol=1e-5)
    np.testing.assert_allclose(ours.interval(0.8), theirs.interval(0.8), atol=1e-5)


# Asked of a process of its own: others that the tests start may already have threads
FORK = """
import multiprocessing, sys
from pathlib import Path
from foretune.meta_model.artifact import read_memory

read_memory(Path(sys.argv[1]))
child = multiprocessing.get_context("fork").Process(target=read_memory, args=(Path(sys.argv[1]),))
child.start()
child.join(30)
ended = child.exitcode
child.kill()
sys.exit(ended != 0)
"""


def test_a_forked_process_loads_what_its_parent_has_loaded(memory: Memory, tmp_path: Path) -> None:
    save_memory(memory, tmp_path)
    result = subprocess.run([sys.executable, "-c", FORK, tmp_path], capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_folder_may_be_a_text(memory: Memory, tmp_path: Path) -> None:
    save_memory(memory, f"{tmp_path}/text")
    assert read_memory(tmp_path / "text").task_hashes == memory.task_hashes


def test_saving_twice_writes_the_same_bytes(memory: Memory, tmp_path: Path) -> None:
    sizes = [save_memory(memory, tmp_path / name) for name in ("one", "two")]
    assert sizes[0] == sum(path.stat().st_size for path in (tmp_path / "one").iterdir())
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_raw_configuration_can_be_scored(memory: Memory, table: pd.DataFrame) -> None:
    raw = pd.DataFrame({"learner": ["svm"], "param_C": [1.0], "param_kernel": ["rbf"], "param_gamma": [0.1]})
    known = MetaDataset.from_table(table)
    described = known.metafeatures.loc["t02"]
    expected = memory.surrogate.predict(described, known.configurations.loc[["2rbf"]])
    np.testing.assert_array_equal(
        memory.surrogate.predict(described, memory.surrogate.encoder.encode(raw)), expected
    )


def test_nothing_is_pickled(memory: Memory, tmp_path: Path) -> None:
    save_memory(memory, tmp_path)
    names = ["manifest.json", "members.npz", "provenance.json", "residuals.npz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in ("members.npz", "residuals.npz"):
        with np.load(tmp_path / name, allow_pickle=False) as arrays:
            assert all(arrays[key].dtype.kind in "uifb" for key in arrays)


@pytest.mark.parametrize("name", ["members.npz", "residuals.npz", "provenance.json"])
def test_damage_is_noticed(memory: Memory, tmp_path: Path, name: str) -> None:
    save_memory(memory, tmp_path)
    content = (tmp_path / name).read_bytes()
    for wrong in (content[:-10], content[:-1] + bytes([content[-1] ^ 1]), b""):
        (tmp_path / name).write_bytes(wrong)
        with pytest.raises(ArtifactError, match=f"{name} is not the file that was saved"):
            read_memory(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name} does not exist"):
        read_memory(tmp_path)


def test_a_manifest_without_a_part_is_refused(memory: Memory, tmp_path: Path) -> None:
    save_memory(memory, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest["tasks"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"manifest.json lacks 'tasks': train the memory again"):
        read_memory(tmp_path)


def test_a_foreign_search_space_is_refused(memory: Memory, table: pd.DataFrame) -> None:
    known = MetaDataset.from_table(table)
    foreign = known.configurations.rename(columns={"C": "alpha"})
    with pytest.raises(ValueError, match="come from another search space: C not among their columns"):
        memory.surrogate.predict(known.metafeatures.iloc[0], foreign)
    raw = pd.DataFrame({"learner": ["forest"], "param_depth": [3.0]})
    with pytest.raises(ValueError, match="never seen in training"):
        memory.surrogate.encoder.encode(raw)


def test_another_format_is_refused(memory: Memory, tmp_path: Path) -> None:
    save_memory(memory, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "format_version": 99}))
    with pytest.raises(ArtifactError, match="has format version 99, this Foretune reads 4"):
        read_memory(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ArtifactError, match="is no valid JSON"):
        read_memory(tmp_path)


def test_an_empty_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="run the pipeline meta_training"):
        read_memory(tmp_path)


def test_what_only_training_needs_is_left_out(
    memory: Memory, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slim = save_memory(memory, tmp_path / "slim")
    monkeypatch.setattr(artifact, "DROPPED", ())
    full = save_memory(memory, tmp_path / "full")
    trees = [(tmp_path / name / "members.npz").stat().st_size for name in ("slim", "full")]
    assert trees[0] < 0.75 * trees[1]
    assert slim < full
    _assert_predicts_the_same(memory, read_memory(tmp_path / "slim"), table)


@pytest.mark.parametrize("dropped", ["split_conditions", "no_such_statistic"])
def test_trees_that_need_what_is_dropped_or_have_another_layout_stay_whole(
    memory: Memory, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dropped: str
) -> None:
    monkeypatch.setattr(artifact, "DROPPED", (dropped,))
    save_memory(memory, tmp_path)
    _assert_predicts_the_same(memory, read_memory(tmp_path), table)


def _assert_predicts_the_same(memory: Memory, loaded: Memory, table: pd.DataFrame) -> None:
    known = MetaDataset.from_table(table)
    described = known.metafeatures.to_numpy(dtype=np.float32)[:5]
    configurations = known.configurations.to_numpy(dtype=np.float32)[:5]
    for ours, theirs in zip(memory.surrogate.members, loaded.surrogate.members, strict=True):
        rows = xgb.DMatrix(np.hstack([described, with_main_effect(ours.main_effect, configurations)]))
        for options in ({}, {"pred_contribs": True}, {"pred_contribs": True, "approx_contribs": True}):
            before, after = (one.regressor.predict(rows, **options) for one in (ours, theirs))
            np.testing.assert_array_equal(before, after)
