"""Surrogates on disk: XGBoost's own format and JSON, without pickle, so that loading runs no code."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from foretune.meta_model.surrogate import Surrogate

if TYPE_CHECKING:
    from pathlib import Path

    import xgboost as xgb

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
BOOSTERS = ("regressor", "location", "log_scale")


class ArtifactError(ValueError):
    """A saved surrogate cannot be used; the message says which file and why."""


def save_surrogate(surrogate: Surrogate, folder: Path) -> None:
    """Write a surrogate to a folder, made if it is absent.

    The folder holds ``manifest.json`` (format version, columns, training tasks with content hashes, library
    versions, checksums) and one ``.ubj`` file per booster.
    """
    folder.mkdir(parents=True, exist_ok=True)
    boosters = {name: getattr(surrogate, name) for name in BOOSTERS if getattr(surrogate, name) is not None}
    checksums: dict[str, str] = {}
    for name, booster in boosters.items():
        content = bytes(booster.save_raw("ubj"))
        (folder / f"{name}.ubj").write_bytes(content)
        checksums[name] = hashlib.sha256(content).hexdigest()
    manifest = {
        "format_version": FORMAT_VERSION,
        "task_type": surrogate.task_type,
        "target": surrogate.target,
        "metafeatures": list(surrogate.metafeatures),
        "configuration_columns": list(surrogate.configuration_columns),
        "mean_level": list(surrogate.mean_level),
        "tasks": surrogate.task_hashes,
        "libraries": {"foretune": version("foretune"), "xgboost": _xgboost_version()},
        "sha256": checksums,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load_surrogate(folder: Path) -> Surrogate:
    """Read a surrogate back.

    Raises
    ------
    ArtifactError
        If a file is missing, truncated or altered, or another version of Foretune wrote the format.
    """
    manifest = _read_manifest(folder)
    boosters = {name: _load_booster(folder, name, checksum) for name, checksum in manifest["sha256"].items()}
    return Surrogate(
        task_type=manifest["task_type"],
        target=manifest["target"],
        metafeatures=tuple(manifest["metafeatures"]),
        configuration_columns=tuple(manifest["configuration_columns"]),
        regressor=boosters["regressor"],
        location=boosters.get("location"),
        log_scale=boosters.get("log_scale"),
        mean_level=tuple(manifest["mean_level"]),
        task_hashes=manifest["tasks"],
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(
            f"{path} does not exist: {folder} holds no surrogate; run the pipeline meta_training"
        ) from None
    except ValueError as error:
        raise ArtifactError(f"{path} is no valid JSON ({error}): train the surrogate again") from None
    found = manifest.get("format_version")
    if found != FORMAT_VERSION:
        raise ArtifactError(
            f"{path} has format version {found}, this Foretune reads {FORMAT_VERSION}: train it again"
        )
    return manifest


def _load_booster(folder: Path, name: str, checksum: str) -> xgb.Booster:
    import xgboost as xgb

    path = folder / f"{name}.ubj"
    if name not in BOOSTERS:
        raise ArtifactError(
            f"{folder / MANIFEST} names an unknown part {name!r}; known: {', '.join(BOOSTERS)}"
        )
    if not path.is_file():
        raise ArtifactError(f"{path} does not exist: train the surrogate again")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != checksum:
        raise ArtifactError(
            f"{path} is not the file that was saved (its checksum differs): train the surrogate again"
        )
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(content))
    return booster


def _xgboost_version() -> str:
    import xgboost as xgb

    return str(xgb.__version__)
