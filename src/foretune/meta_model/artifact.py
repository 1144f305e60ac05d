"""Saving and loading of memories as JSON and plain arrays, without pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost as xgb
from pydantic import ValidationError

from foretune.base import PATH, check_kind, replaced_folder
from foretune.meta_model.array_file import MOST_BYTES, ArrayFileError, pack_arrays, unpack_arrays
from foretune.meta_model.ensemble import LevelModel, Member
from foretune.meta_model.manifest import (
    FORMAT_VERSION,
    MANIFEST,
    MOST_JSON_BYTES,
    ArtifactError,
    Manifest,
    describe_invalid,
    parse_json,
    read_bytes,
    read_manifest,
    shorten_reason,
)
from foretune.meta_model.memory import Memory, Residuals, TrainingSet
from foretune.meta_model.prior import RelativeShapes
from foretune.meta_model.provenance import Provenance
from foretune.meta_model.surrogate import Surrogate
from foretune.meta_model.trees import TreeError, pack_trees, unpack_trees

Arrays = Mapping[str, npt.NDArray[Any]]

MEMBERS, RESIDUALS, PROVENANCE = "members.npz", "residuals.npz", "provenance.json"
FILES = (MANIFEST, MEMBERS, RESIDUALS, PROVENANCE)
TREES = ("main_effect", "regressor", "location", "log_scale")
# Types and dimensions of the arrays of residuals.npz: c configurations, k columns, e evaluations, t tasks,
# p points of a shape, m metafeatures, b members
ARRAYS: dict[str, tuple[str, str]] = {
    "configurations": ("f8", "ck"),
    "task": ("i4", "e"),
    "config": ("i4", "e"),
    "target": ("f4", "e"),
    "residual": ("f4", "e"),
    "level": ("f8", "t2"),
    "level_residual": ("f8", "t2"),
    "shape_range": ("f8", "2"),
    "shapes": ("f4", "tp"),
    "shape_units": ("f8", "t2"),
    "metafeatures": ("f4", "tm"),
    "seen": ("?", "bt"),
}
# Undefined where inactive, not extracted or without spread
MAY_BE_MISSING = ("configurations", "level", "level_residual", "metafeatures")
FEWEST_POINTS = 2
# The surrogate computes with 32-bit floats
LARGEST_NUMBER = float(np.finfo(np.float32).max)
# The exponential of more is infinite
LARGEST_LOG_SCALE = 700.0


def save_memory(memory: Memory, folder: str | Path) -> int:
    """Save a memory to a folder, created if absent, and return its size in bytes.

    The folder holds ``manifest.json`` (format version, search space, training tasks with content hashes,
    library versions, checksums), ``members.npz`` (arrays of :mod:`foretune.meta_model.trees`),
    ``residuals.npz`` (arrays) and ``provenance.json`` (configurations, search spaces, folds, preprocessing,
    settings of the metafeatures). A memory that is there is replaced as a whole or, after an error, not at
    all; other files in the folder stay.

    Raises
    ------
    WritingError
        If the system cannot write it.
    """
    check_kind("memory", memory, Memory, "a memory, as load_memory returns it")
    check_kind("folder", folder, PATH, "the path of a folder")
    folder = Path(folder)
    contents = {
        MEMBERS: pack_arrays(_members(memory.surrogate)),
        RESIDUALS: pack_arrays(_residuals(memory)),
        PROVENANCE: _provenance(memory.provenance),
    }
    manifest = _manifest(memory) | {
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    }
    contents[MANIFEST] = _as_text(manifest)
    with replaced_folder(folder) as new:
        for name, content in contents.items():
            (new / name).write_bytes(content)
    return sum(map(len, contents.values()))


def save_provenance(provenance: Provenance, folder: str | Path) -> int:
    """Replace the provenance of a saved memory, all else as it is, and return the size of its file in bytes.

    Raises
    ------
    ArtifactError
        If the folder holds no memory.
    WritingError
        If the system cannot write it.
    """
    check_kind("provenance", provenance, Provenance, "a provenance, as a memory has it")
    check_kind("folder", folder, PATH, "the path of a folder")
    folder = Path(folder)
    manifest = read_manifest(folder).model_dump()
    content = _provenance(provenance)
    manifest["sha256"] = {**manifest["sha256"], PROVENANCE: hashlib.sha256(content).hexdigest()}
    with replaced_folder(folder) as new:
        (new / PROVENANCE).write_bytes(content)
        (new / MANIFEST).write_bytes(_as_text(manifest))
    return len(content)


def is_memory(folder: Path) -> bool:
    """Whether a folder holds a memory and nothing else."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return MANIFEST in names and names <= set(FILES)


def remove_memory(folder: Path) -> None:
    """Delete the files of a memory, and its folder if nothing else is in it."""
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def read_memory(folder: Path) -> Memory:
    """Load a memory from a folder.

    Loading runs no code from it, and checks all sizes, shapes and trees: a memory that somebody has altered,
    checksums included, is refused or gives bad advice at worst.

    Raises
    ------
    ArtifactError
        If a file is missing, truncated or altered, or has the format of another version of Foretune.
    """
    manifest = read_manifest(folder)
    members = _read_members(folder / MEMBERS, manifest)
    arrays = _read_residuals(folder / RESIDUALS, manifest)
    memory = Memory(
        task_type=manifest.task_type,
        surrogate=Surrogate(
            target=manifest.target,
            metafeatures=tuple(manifest.metafeatures),
            configuration_columns=manifest.columns,
            members=members,
            line=manifest.line,
        ),
        residuals=_restored_residuals(arrays),
        policy=manifest.policy,
        task_hashes=manifest.tasks,
        training_set=TrainingSet(
            tuple(manifest.families),
            arrays["metafeatures"],
            arrays["seen"],
            tuple(manifest.configurations),
        ),
        provenance=_read_provenance(folder / PROVENANCE, manifest),
        kernel=manifest.kernel.build(),
        guard=manifest.guard,
    )
    _check_spelling(memory, folder / PROVENANCE)
    return memory


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


def _members(surrogate: Surrogate) -> dict[str, npt.NDArray[Any]]:
    parts = [
        (one.main_effect, one.regressor, one.level.location, one.level.log_scale) for one in surrogate.members
    ]
    return {
        f"{kind}.{name}": values
        for kind, boosters in zip(TREES, zip(*parts, strict=True), strict=True)
        for name, values in pack_trees(boosters).items()
    }


def _read_members(path: Path, manifest: Manifest) -> tuple[Member, ...]:
    arrays = _read_arrays(path, manifest)
    n_metafeatures, n_columns = len(manifest.metafeatures), len(manifest.columns)
    n_features = (n_columns, n_metafeatures + n_columns + 1, n_metafeatures, n_metafeatures)
    try:
        parts = [_read_trees(arrays, kind, n) for kind, n in zip(TREES, n_features, strict=True)]
        if any(len(boosters) != manifest.n_members for boosters in parts):
            raise TreeError(f"they are not of {manifest.n_members} members")
        members = []
        for means, main_effect, regressor, location, log_scale in zip(
            manifest.level_means, *parts, strict=True
        ):
            if main_effect is None or regressor is None:
                raise TreeError("a member has none")
            members.append(Member(main_effect, regressor, LevelModel(location, log_scale, means)))
    except TreeError as error:
        raise _damaged(path, f"trees: {error}") from None
    return tuple(members)


def _read_trees(arrays: Arrays, kind: str, n_features: int) -> list[xgb.Booster | None]:
    prefix = f"{kind}."
    named = {name.removeprefix(prefix): one for name, one in arrays.items() if name.startswith(prefix)}
    return unpack_trees(named, n_features)


def _residuals(memory: Memory) -> dict[str, npt.NDArray[Any]]:
    known = memory.residuals
    arrays = {
        "configurations": known.configurations,
        "task": known.task,
        "config": known.config,
        "target": known.target,
        "residual": known.residual,
        "level": known.level,
        "level_residual": known.level_residual,
        "shape_range": np.array([known.shapes.low, known.shapes.high]),
        "shapes": known.shapes.values,
        "shape_units": known.shapes.units,
        "metafeatures": memory.training_set.metafeatures,
        "seen": memory.training_set.seen,
    }
    # Scores have fewer digits than 64 bits
    return {name: values.astype(ARRAYS[name][0]) for name, values in arrays.items()}


def _read_residuals(path: Path, manifest: Manifest) -> dict[str, npt.NDArray[Any]]:
    arrays = _read_arrays(path, manifest)
    sizes = {
        "2": 2,
        "c": len(manifest.configurations),
        "k": len(manifest.columns),
        "t": len(manifest.tasks),
        "m": len(manifest.metafeatures),
        "b": manifest.n_members,
    }
    for name, (kind, dimensions) in ARRAYS.items():
        if name not in arrays:
            raise _damaged(path, f"it lacks {name}")
        values = arrays[name]
        if values.dtype != np.dtype(kind) or values.ndim != len(dimensions):
            raise _damaged(path, f"{name} is of {values.ndim} dimensions and {values.dtype}")
        # The first array with evaluations or points says how many there are
        announced = tuple(sizes.setdefault(one, n) for one, n in zip(dimensions, values.shape, strict=True))
        if values.shape != announced:
            raise _damaged(path, f"{name} has the shape {values.shape}, not {announced}")
        _check_finite(path, name, values)
    _check_evaluations(path, arrays, len(manifest.tasks), len(manifest.configurations))
    if sizes["p"] < FEWEST_POINTS or arrays["shape_range"][0] > arrays["shape_range"][1]:
        raise _damaged(path, "shapes are on no range")
    return arrays


def _check_finite(path: Path, name: str, values: npt.NDArray[Any]) -> None:
    if values.dtype.kind != "f":
        return
    allowed = np.abs(values) <= LARGEST_NUMBER
    if name in MAY_BE_MISSING:
        allowed |= np.isnan(values)
    if name.startswith("level"):
        allowed[:, 0] &= ~np.isnan(values[:, 0])
        allowed[:, 1] &= ~(np.abs(values[:, 1]) > LARGEST_LOG_SCALE)
    if not allowed.all():
        raise _damaged(path, f"{name} has a value that is not finite")


def _check_evaluations(path: Path, arrays: Arrays, n_tasks: int, n_configurations: int) -> None:
    task, config = arrays["task"], arrays["config"]
    if not np.array_equal(np.unique(task), np.arange(n_tasks)):
        raise _damaged(path, f"task is not of {n_tasks} tasks, each with an evaluation")
    if config.min() < 0 or config.max() >= n_configurations:
        raise _damaged(path, f"config is not of {n_configurations} configurations")
    place = task.astype(np.int64) * n_configurations + config
    if (np.diff(place) <= 0).any():
        raise _damaged(path, "evaluations are not in order")


def _restored_residuals(arrays: Arrays) -> Residuals:
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


def _as_text(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()


def _provenance(provenance: Provenance | None) -> bytes:
    values = None if provenance is None else provenance.to_json()
    return (json.dumps(values, sort_keys=True) + "\n").encode()


def _read_provenance(path: Path, manifest: Manifest) -> Provenance | None:
    values = parse_json(path, _checked(path, manifest, MOST_JSON_BYTES))
    try:
        return None if values is None else Provenance.from_json(values)
    except ValidationError as error:
        raise ArtifactError(f"{path} {describe_invalid(error)}: train the memory again") from None


def _check_spelling(memory: Memory, path: Path) -> None:
    """Check that the encoder knows every hyperparameter and value of the configurations."""
    if memory.provenance is None:
        return
    try:
        memory.encode(list(memory.provenance.configurations.values()))
    except ValueError as error:
        raise _damaged(path, str(error)) from None


def _read_arrays(path: Path, manifest: Manifest) -> dict[str, npt.NDArray[Any]]:
    content = _checked(path, manifest, MOST_BYTES)
    try:
        return unpack_arrays(content)
    except ArrayFileError as error:
        raise _damaged(path, str(error)) from None


def _checked(path: Path, manifest: Manifest, most: int) -> bytes:
    if not path.is_file():
        raise ArtifactError(f"{path} does not exist: train the memory again")
    content = read_bytes(path, most)
    if hashlib.sha256(content).hexdigest() != manifest.sha256.get(path.name):
        raise ArtifactError(
            f"{path} is not the file that was saved (its checksum differs): train the memory again"
        )
    return content


def _damaged(path: Path, reason: str) -> ArtifactError:
    return ArtifactError(f"{path} is damaged ({shorten_reason(reason)}): train the memory again")
