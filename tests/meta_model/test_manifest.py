from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from foretune.meta_model import manifest as module
from foretune.meta_model.manifest import ArtifactError, read_manifest

VALUES: dict[str, Any] = {
    "format_version": 5,
    "task_type": "classification",
    "target": "copula",
    "metafeatures": ["simple.log_n_rows"],
    "search_space": [
        {"column": "C", "low": 1.0, "high": 2.0},
        {"column": "tol", "low": 1e999, "high": -1e999},
    ],
    "n_members": 2,
    "level_means": [[0.5, -1.0], [0.4, -1.0]],
    "line": [0.0, 1.0],
    "policy": {},
    "guard": {},
    "kernel": {"length_scale": 1.2, "noise": 0.1, "unexplained": 0.5},
    "tasks": {"iris": "hash", "wine": "hash"},
    "families": ["flowers", "wine"],
    "configurations": ["a", "b"],
    "libraries": {"foretune": "0.1.0"},
    "sha256": {"members.npz": "x"},
}


def _write(folder: Path, text: str) -> Path:
    (folder / "manifest.json").write_text(text)
    return folder


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = read_manifest(_write(tmp_path, json.dumps(VALUES)))
    assert manifest.columns == ("C", "tol")
    assert manifest.line == (0.0, 1.0)
    assert manifest.kernel.build().length_scale == 1.2
    assert list(manifest.tasks) == ["iris", "wine"]


@pytest.mark.parametrize("name", sorted(VALUES))
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    less = {key: value for key, value in VALUES.items() if key != name}
    reason = "has format version None" if name == "format_version" else f"manifest.json lacks '{name}'"
    with pytest.raises(ArtifactError, match=reason):
        read_manifest(_write(tmp_path, json.dumps(less)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"n_members": -1, "level_means": []}, "n_members: Input should be greater"),
        ({"n_members": 10**9}, "n_members: Input should be less"),
        ({"n_members": 3}, "2 level_means are of 3 members"),
        ({"line": [0.0]}, "line"),
        ({"line": [0.0, float("nan")]}, "line.1: Input should be a finite number"),
        ({"families": ["flowers"]}, "1 families are of 2 tasks"),
        ({"tasks": {}, "families": []}, "tasks"),
        ({"configurations": ["a", "a"]}, "configurations repeat a name"),
        ({"metafeatures": ["m", "m"]}, "metafeatures repeat a name"),
        ({"search_space": [VALUES["search_space"][0]] * 2}, "columns repeat a name"),
        ({"search_space": []}, "search_space"),
        ({"kernel": {"length_scale": 0, "noise": 0.1, "unexplained": 0.5}}, "kernel.length_scale"),
        ({"policy": {"n_surfaces": 10**9}}, "policy.n_surfaces"),
        ({"guard": {"max_distance": "far"}}, "guard.max_distance"),
        ({"target": "other"}, "target"),
        ({"sha256": None}, "sha256"),
        ({"task_type": "\ud800"}, "task_type"),
        ({"unknown": 1}, "unknown: Extra inputs are not permitted"),
    ],
)
def test_what_is_of_another_kind_is_named_in_one_line(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ArtifactError, match=reason) as caught:
        read_manifest(_write(tmp_path, json.dumps(VALUES | change)))
    message = str(caught.value).replace(str(tmp_path), "")
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "no valid JSON"),
        ('{"a": ' * 100_000, "no valid JSON"),
        ("9" * 10_000, "no valid JSON"),
        ("[]", "has format version None"),
        ("null", "has format version None"),
        (json.dumps({"format_version": "9" * 100_000}), "has format version 99999999999999999999, this"),
    ],
)
def test_other_json_is_one_error(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        read_manifest(_write(tmp_path, text))


def test_bytes_that_are_no_text_are_one_error(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe\x80{")
    with pytest.raises(ArtifactError, match="no valid JSON"):
        read_manifest(tmp_path)


def test_a_large_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_JSON_BYTES", 100)
    with pytest.raises(ArtifactError, match=r"manifest.json has more than 100 bytes"):
        read_manifest(_write(tmp_path, json.dumps(VALUES)))


def test_what_is_no_file_is_no_memory(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.json")
    with pytest.raises(ArtifactError, match="holds no memory"):
        read_manifest(tmp_path)
