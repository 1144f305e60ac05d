"""Saving and loading of memories as JSON, XGBoost's format and plain arrays, without pickle."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
import xgboost as xgb

from foretune.base import UserError, one_thread
from foretune.meta_model.ensemble import LevelModel, Member
from foretune.meta_model.kernel import ConfigurationKernel
from foretune.meta_model.memory import Memory, Residuals, TrainingSet
from foretune.meta_model.parameters import Guard, PolicyParameters
from foretune.meta_model.prior import RelativeShapes
from foretune.meta_model.provenance import Provenance
from foretune.meta_model.surrogate import Surrogate

FORMAT_VERSION = 4
MANIFEST = "manifest.json"
MEMBERS, RESIDUALS, PROVENANCE = "members.npz", "residuals.npz", "provenance.json"
TREES = ("main_effect", "regressor", "location", "log_scale")
# Training statistics that neither predictions nor SHAP values use: a third of the bytes
DROPPED = ("base_weights", "loss_changes")
READINGS: tuple[dict[str, bool], ...] = ({}, {"pred_contribs": True})
# Precision of saved arrays: a score has fewer digits
COMPACT = np.float32


class ArtifactError(UserError, ValueError):
    """A saved memory cannot be used; the message names the file and the reason."""


def save_memory(memory: Memory, folder: str | Path) -> int:
    """Save a memory to a folder, created if absent, and return its size in bytes.

    The folder holds ``manifest.json`` (format version, search space, training tasks with content hashes,
    library versions, checksums), ``members.npz`` (trees in XGBoost's binary JSON, without training
    statistics), ``residuals.npz`` (arrays) and ``provenance.json`` (configurations, search spaces, folds,
    preprocessing, settings of the metafeatures).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        MEMBERS: _packed(_members(memory.surrogate)),
        RESIDUALS: _packed(_residuals(memory)),
        PROVENANCE: _provenance(memory),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    manifest = _manifest(memory) | {
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    }
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return len(text.encode()) + sum(map(len, contents.values()))


def read_memory(folder: Path) -> Memory:
    """Load a memory from a folder; loading runs no code from it.

    Raises
    ------
    ArtifactError
        If a file is missing, truncated or altered, or has the format of another version of Foretune.
    """
    manifest = read_manifest(folder)
    contents = {name: _checked(folder, name, manifest) for name in (MEMBERS, RESIDUALS, PROVENANCE)}
    try:
        members = _restored_members(_unpacked(contents[MEMBERS]), manifest)
        arrays = _unpacked(contents[RESIDUALS])
        provenance = json.loads(contents[PROVENANCE])
        surrogate = Surrogate(
            target=manifest["target"],
            metafeatures=tuple(manifest["metafeatures"]),
            configuration_columns=tuple(axis["column"] for axis in manifest["search_space"]),
            members=members,
            line=(manifest["line"][0], manifest["line"][1]),
        )
        return Memory(
            task_type=manifest["task_type"],
            surrogate=surrogate,
            residuals=_restored_residuals(arrays),
            policy=PolicyParameters.model_validate(manifest["policy"]),
            task_hashes=manifest["tasks"],
            training_set=TrainingSet(
                tuple(manifest["families"]),
                arrays["metafeatures"],
                arrays["seen"],
                tuple(manifest["configurations"]),
            ),
            provenance=None if provenance is None else Provenance.from_json(provenance),
            kernel=ConfigurationKernel(**manifest["kernel"]),
            guard=Guard.model_validate(manifest["guard"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{folder / MANIFEST} lacks {error}: train the memory again") from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """Load only the manifest of a memory.

    Raises
    ------
    ArtifactError
        If there is none, it is damaged, or has another format version.
    """
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(
            f"{path} does not exist: {folder} holds no memory; run the pipeline meta_training"
        ) from None
    except ValueError as error:
        raise ArtifactError(f"{path} is no valid JSON ({error}): train the memory again") from None
    found = manifest.get("format_version") if isinstance(manifest, dict) else None
    if found != FORMAT_VERSION:
        raise ArtifactError(
            f"{path} has format version {found}, this Foretune reads {FORMAT_VERSION}: train it again"
        )
    return manifest


def _manifest(memory: Memory) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "task_type": memory.task_type,
        "target": memory.surrogate.target,
        "metafeatures": list(memory.metafeatures),
        "search_space": _search_space(memory),
        "n_members": len(memory.surrogate.members),
        "level_means": [list(member.level.means) for member in memory.surrogate.members],
        "line": list(memory.surrogate.line),
        "policy": memory.policy.model_dump(),
        "guard": memory.guard.model_dump(),
        "kernel": asdict(memory.chosen_kernel),
        "tasks": memory.task_hashes,
        "families": list(memory.training_set.families),
        "configurations": list(memory.training_set.config_ids),
        "libraries": {"foretune": version("foretune"), "xgboost": str(xgb.__version__)},
    }


def _search_space(memory: Memory) -> list[dict[str, Any]]:
    """Return the smallest and largest value of each encoded column, in the order of the members' inputs."""
    values = memory.residuals.configurations
    known = [column[np.isfinite(column)] for column in values.T]
    return [
        {"column": name, "low": float(column.min(initial=np.inf)), "high": float(column.max(initial=-np.inf))}
        for name, column in zip(memory.surrogate.configuration_columns, known, strict=True)
    ]


def _members(surrogate: Surrogate) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for number, member in enumerate(surrogate.members):
        parts = (member.main_effect, member.regressor, member.level.location, member.level.log_scale)
        for name, booster in zip(TREES, parts, strict=True):
            if booster is not None:
                arrays[f"{number:04d}.{name}"] = np.frombuffer(_slim(booster), dtype=np.uint8)
    return arrays


def _slim(booster: xgb.Booster) -> bytes:
    """Serialise trees with the training statistics zeroed, so that they compress well.

    Trees whose predictions would change, as another release's might, are kept unchanged.
    """
    slim = _without_statistics(booster)
    if slim is None or not _predicts_the_same(booster, slim):
        return bytes(booster.save_raw("ubj"))
    return bytes(slim.save_raw("ubj"))


def _without_statistics(booster: xgb.Booster) -> xgb.Booster | None:
    """Return the trees without training statistics; None if their JSON has another layout."""
    model = json.loads(booster.save_raw("json"))
    try:
        for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
            tree |= {name: [0.0] * len(tree[name]) for name in DROPPED}
        return _booster(json.dumps(model).encode())
    except (KeyError, TypeError, ValueError):
        return None


def _predicts_the_same(booster: xgb.Booster, slim: xgb.Booster) -> bool:
    rows = xgb.DMatrix(np.random.default_rng(0).random((64, booster.num_features())), nthread=1)
    return all(np.array_equal(booster.predict(rows, **kind), slim.predict(rows, **kind)) for kind in READINGS)


def _restored_members(arrays: dict[str, Any], manifest: dict[str, Any]) -> tuple[Member, ...]:
    members = []
    for number in range(manifest["n_members"]):
        trees = {name: _booster(arrays.get(f"{number:04d}.{name}")) for name in TREES}
        means = manifest["level_means"][number]
        if trees["main_effect"] is None or trees["regressor"] is None:
            raise KeyError(f"the trees of member {number}")
        level = LevelModel(trees["location"], trees["log_scale"], (means[0], means[1]))
        members.append(Member(trees["main_effect"], trees["regressor"], level))
    return tuple(members)


def _booster(content: Any) -> xgb.Booster | None:
    if content is None:
        return None
    booster = xgb.Booster({"nthread": 1})
    # Threads make loading slower, and a process forked later could deadlock on them
    with one_thread():
        booster.load_model(bytearray(content))
    return booster


def _residuals(memory: Memory) -> dict[str, Any]:
    known = memory.residuals
    return {
        "configurations": known.configurations,
        "task": known.task.astype(np.int32),
        "config": known.config.astype(np.int32),
        "target": known.target.astype(COMPACT),
        "residual": known.residual.astype(COMPACT),
        "level": known.level,
        "level_residual": known.level_residual,
        "shape_range": np.array([known.shapes.low, known.shapes.high]),
        "shapes": known.shapes.values.astype(COMPACT),
        "shape_units": known.shapes.units,
        "metafeatures": memory.training_set.metafeatures,
        "seen": memory.training_set.seen,
    }


def _restored_residuals(arrays: dict[str, Any]) -> Residuals:
    low, high = arrays["shape_range"].tolist()
    return Residuals(
        configurations=arrays["configurations"],
        task=arrays["task"].astype(np.intp),
        config=arrays["config"].astype(np.intp),
        target=arrays["target"].astype(np.float64),
        residual=arrays["residual"].astype(np.float64),
        level=arrays["level"],
        level_residual=arrays["level_residual"],
        shapes=RelativeShapes(low, high, arrays["shapes"].astype(np.float64), arrays["shape_units"]),
    )


def _provenance(memory: Memory) -> bytes:
    provenance = None if memory.provenance is None else memory.provenance.to_json()
    return (json.dumps(provenance, sort_keys=True) + "\n").encode()


def _packed(arrays: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def _unpacked(content: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return cast("dict[str, Any]", dict(arrays))


def _checked(folder: Path, name: str, manifest: dict[str, Any]) -> bytes:
    path = folder / name
    if not path.is_file():
        raise ArtifactError(f"{path} does not exist: train the memory again")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest.get("sha256", {}).get(name):
        raise ArtifactError(
            f"{path} is not the file that was saved (its checksum differs): train the memory again"
        )
    return content
