"""Fingerprint of everything that a trial of a project depends on, except what a search changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import joblib
from kedro.framework import project as kedro_project
from kedro.io import AbstractVersionedDataset, CatalogProtocol, DatasetError
from kedro.pipeline import Pipeline

from foretune.project.tuning.project_run import value_of
from foretune.project.tuning.trial_catalog import configurations_of, local_path
from foretune.project.tuning.trial_runner import PARAMETERS, PREFIX

CODE = "*.py"
MISSING = object()


def fingerprint(
    pipeline: Pipeline,
    catalog: CatalogProtocol[Any, Any],
    params: Mapping[str, Any],
    changed: Collection[str],
    *,
    with_code: bool,
) -> tuple[str, list[str]]:
    """Return a hash of the code, data and parameters of a pipeline, and notes on what it lacks.

    Of data in local files the content counts, of others what is loaded.

    Parameters
    ----------
    pipeline, catalog
        What is run.
    params
        All parameters, as the configuration has them.
    changed
        Dotted names of the parameters that a search changes, which do not count.
    with_code
        Whether the Python files of the project count.
    """
    configurations = configurations_of(catalog)
    data, notes = {}, []
    parameters = {name for name in pipeline.inputs() if name == PARAMETERS or name.startswith(PREFIX)}
    for name in sorted(pipeline.inputs() - parameters):
        content = _content_of(name, catalog, configurations.get(name, {}))
        if not content:
            notes.append(f"{name} cannot be hashed: if it changes, start with another --ledger")
        data[name] = [_without_place(configurations.get(name, {})), content]
    parts = {
        "project": kedro_project.PACKAGE_NAME,
        "nodes": [[node.name, _name_of(node.func), node.inputs, node.outputs] for node in pipeline.nodes],
        "data": data,
        "parameters": {
            name: without_values(_value(name, catalog, params), name.removeprefix(PREFIX), changed)
            for name in sorted(parameters)
        },
        "code": _hash_of_code() if with_code else "",
    }
    text = json.dumps(parts, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest(), notes


def _value(name: str, catalog: CatalogProtocol[Any, Any], params: Mapping[str, Any]) -> Any:
    """Return parameters by the name of their dataset; those that a hook adds are in the catalog alone."""
    found = params if name == PARAMETERS else value_of(params, name.removeprefix(PREFIX), MISSING)
    return catalog.load(name) if found is MISSING else found


def without_values(value: Any, name: str, changed: Collection[str]) -> Any:
    """Return a group of parameters without those that change; None for one of these itself.

    Parameters
    ----------
    value, name
        The parameters and their dotted name, ``parameters`` for all.
    changed
        Dotted names.
    """
    if name in changed:
        return None
    if not isinstance(value, Mapping):
        return value
    prefix = "" if name == PARAMETERS else f"{name}."
    return {
        key: without_values(inner, f"{prefix}{key}", changed)
        for key, inner in value.items()
        if f"{prefix}{key}" not in changed
    }


def hash_of_files(place: Path, pattern: str = "*") -> str:
    """Return a hash of a file, or of all files below a folder with their names."""
    if place.is_file():
        with place.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    whole = hashlib.sha256()
    for file in sorted(one for one in place.rglob(pattern) if one.is_file()):
        whole.update(f"{file.relative_to(place).as_posix()}\0{hash_of_files(file)}\0".encode())
    return whole.hexdigest()


def _content_of(name: str, catalog: CatalogProtocol[Any, Any], config: Mapping[str, Any]) -> str:
    """Return a hash of a dataset's content; an empty text if there is none."""
    place = local_path(dict(config))
    dataset = catalog.get(name)
    if place is not None and isinstance(dataset, AbstractVersionedDataset):
        version = dataset.resolve_load_version()
        place = place / version / place.name if version else place
    if place is not None and place.exists():
        return hash_of_files(place)
    try:
        return str(joblib.hash(catalog.load(name)))
    except DatasetError:
        raise
    except Exception:  # noqa: BLE001 (data of any library, which pickle may not take)
        return ""


def _without_place(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration without its place and its secrets: a project may be moved."""
    return {key: value for key, value in config.items() if key not in ("filepath", "path", "credentials")}


def _name_of(function: Any) -> str:
    inner = getattr(function, "func", function)
    own = f"{getattr(inner, '__module__', '')}.{getattr(inner, '__qualname__', type(inner).__name__)}"
    if inner is function:
        return own
    # Of a partial what it is given, too
    return f"{own}({json.dumps([function.args, function.keywords], sort_keys=True, default=joblib.hash)})"


def _hash_of_code() -> str:
    package = import_module(str(kedro_project.PACKAGE_NAME))
    return "".join(hash_of_files(Path(place), CODE) for place in package.__path__)
