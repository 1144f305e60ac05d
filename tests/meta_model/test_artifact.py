from __future__ import annotations

import errno
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.base import UserError
from foretune.meta_model.artifact import read_memory, remove_memory, save_memory
from foretune.meta_model.manifest import ArtifactError
from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import Guard, MetaTrainingParameters
from foretune.meta_model.provenance import Provenance
from foretune.meta_model.training import train_memory
from foretune.spaces.configuration import Configuration

# Trained once for all tests, which do not change it
_trained: list[Memory] = []


@pytest.fixture
def memory(table: pd.DataFrame, quick: MetaTrainingParameters) -> Memory:
    if not _trained:
        careful = quick.model_copy(update={"guard": Guard(max_risk=0.2)})
        _trained.append(train_memory(MetaDataset.from_table(table), careful, seed=0))
    return _trained[0]


# Saved once, too: who damages it gets a copy
_saved: list[Path] = []


@pytest.fixture
def saved(memory: Memory, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the memory."""
    if not _saved:
        _saved.append(tmp_path_factory.mktemp("saved"))
        save_memory(memory, _saved[0])
    return Path(shutil.copytree(_saved[0], tmp_path / "copy"))


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


@pytest.mark.slow
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
    with pytest.raises(ArtifactError, match="has format version 99, this Foretune reads 5"):
        read_memory(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ArtifactError, match="is no valid JSON"):
        read_memory(tmp_path)


def test_an_empty_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="run the pipeline meta_training"):
        read_memory(tmp_path)


def _alter(folder: Path, name: str, **changed: Any) -> None:
    """Change some arrays of a saved memory, and make its checksum anew."""
    with np.load(folder / name) as file:
        arrays = {**file, **changed}
    np.savez_compressed(folder / name, **arrays)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


N = 30 * 10


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("task", np.arange(N, dtype="i4") // 10 + 1, "task is not of 30 tasks"),
        ("task", np.zeros(N, dtype="i4"), "task is not of 30 tasks, each with an evaluation"),
        ("task", np.zeros((N, 1), dtype="i4"), "task is of 2 dimensions and int32"),
        ("task", np.arange(N, dtype="i8") // 10, "task is of 1 dimensions and int64"),
        ("config", np.full(N, 10, dtype="i4"), "config is not of 10 configurations"),
        ("config", np.full(N, -1, dtype="i4"), "config is not of 10 configurations"),
        ("config", np.zeros(N, dtype="i4"), "evaluations are not in order"),
        ("config", np.zeros(N - 1, dtype="i4"), r"config has the shape \(299,\), not \(300,\)"),
        ("target", np.full(N, np.nan, dtype="f4"), "target has a value that is not finite"),
        ("residual", np.full(N, np.inf, dtype="f4"), "residual has a value that is not finite"),
        ("level", np.full((30, 2), 800.0), "level has a value that is not finite"),
        ("level", np.full((30, 2), np.nan), "level has a value that is not finite"),
        (
            "metafeatures",
            np.zeros((30, 2), dtype="f4"),
            r"metafeatures has the shape \(30, 2\), not \(30, 3\)",
        ),
        ("metafeatures", np.full((30, 3), np.inf, dtype="f4"), "metafeatures has a value that is not finite"),
        ("configurations", np.zeros((10, 40)), r"configurations has the shape \(10, 40\), not \(10, "),
        ("shapes", np.zeros((30, 1), dtype="f4"), "shapes are on no range"),
        ("shape_range", np.array([1.0, 0.0]), "shapes are on no range"),
        ("seen", np.zeros((1, 30), dtype=bool), r"seen has the shape \(1, 30\), not \(\d+, 30\)"),
    ],
)
def test_arrays_that_do_not_fit_the_manifest_are_refused(
    saved: Path, name: str, values: Any, reason: str
) -> None:
    _alter(saved, "residuals.npz", **{name: values})
    with pytest.raises(
        ArtifactError, match=rf"residuals.npz is damaged \({reason}.*: train the memory again$"
    ):
        read_memory(saved)


def test_trees_on_other_features_than_announced_are_refused(memory: Memory, tmp_path: Path) -> None:
    save_memory(memory, tmp_path)
    with np.load(tmp_path / "members.npz") as file:
        feature, left = file["regressor.feature"], file["regressor.left"]
    n_features = len(memory.metafeatures) + len(memory.surrogate.configuration_columns) + 1
    feature[np.flatnonzero(left >= 0)[0]] = n_features
    _alter(tmp_path, "members.npz", **{"regressor.feature": feature})
    with pytest.raises(
        ArtifactError, match=rf"members.npz is damaged .* not on one of {n_features} features"
    ):
        read_memory(tmp_path)


def test_a_memory_without_one_of_its_members_is_refused(memory: Memory, tmp_path: Path) -> None:
    save_memory(memory, tmp_path)
    n = len(memory.surrogate.members)
    with np.load(tmp_path / "members.npz") as file:
        left_out = {name: values[:0] for name, values in file.items() if name.startswith("main_effect.")}
    _alter(tmp_path, "members.npz", **left_out)
    with pytest.raises(ArtifactError, match=f"are not of {n} members"):
        read_memory(tmp_path)
    none = {"main_effect.n_trees": np.zeros(n, "i4"), "main_effect.base_score": np.zeros(n, "f4")}
    _alter(tmp_path, "members.npz", **none)
    with pytest.raises(ArtifactError, match="a member has none"):
        read_memory(tmp_path)


def test_a_value_that_the_encoder_does_not_know_is_refused(memory: Memory, tmp_path: Path) -> None:
    strange = Configuration("svm", {"kernel": "cosine"})
    save_memory(replace(memory, provenance=Provenance({"new": strange})), tmp_path)
    with pytest.raises(
        ArtifactError, match=r"provenance.json is damaged \(param_kernel = 'cosine' was never seen"
    ):
        read_memory(tmp_path)


def test_a_memory_is_replaced_as_a_whole_and_other_files_stay(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "memory"
    save_memory(memory, folder)
    (folder / "notes.txt").write_text("mine")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_bytes = Path.write_bytes

    def fill_the_disk(path: Path, content: bytes) -> int:
        if path.name == "provenance.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", fill_the_disk)
    with pytest.raises(UserError, match="memory cannot be written: No space left on device"):
        save_memory(memory.with_members(3), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    monkeypatch.undo()
    save_memory(memory.with_members(3), folder)
    assert len(read_memory(folder).surrogate.members) == 3
    assert (folder / "notes.txt").read_text() == "mine"
    assert list(tmp_path.iterdir()) == [folder]


def test_removing_a_memory_leaves_other_files(memory: Memory, tmp_path: Path) -> None:
    for name in ("alone", "shared"):
        save_memory(memory, tmp_path / name)
    (tmp_path / "shared/notes.txt").write_text("mine")
    for name in ("alone", "shared"):
        remove_memory(tmp_path / name)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "shared",
        "shared/notes.txt",
    ]
