"""Output folder of the environment ``logs``, apart from the project's own data."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from foretune.base import UserError

DATA = "data"
# Results lie in the output folder itself, other layers in sub-folders
TOP_LAYERS = ("07_model_output", "08_reporting")
PATH_KEYS = ("filepath", "path")


def move_outputs(catalog: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Move the files of a catalog from ``data`` to another folder.

    Parameters
    ----------
    catalog
        Entries by name, as in ``catalog.yml``.
    folder
        Absolute path of the output folder.

    Returns
    -------
    dict
        The same entries; ``data/08_reporting/leaderboard.csv`` has become ``<folder>/leaderboard.csv``, and
        ``data/03_primary/trials.parquet`` has become ``<folder>/03_primary/trials.parquet``.
    """
    return {name: _moved(entry, folder) for name, entry in catalog.items()}


def check_outputs(
    before: dict[str, Any], after: dict[str, Any], project: Path, inputs: Collection[Path]
) -> None:
    """Check that outputs overwrite neither inputs nor the project's own data.

    Parameters
    ----------
    before, after
        Catalog before and after :func:`move_outputs`.
    project
        Folder that the paths of ``before`` are relative to.
    inputs
        Input files.

    Raises
    ------
    UserError
        If an output would overwrite one of them.
    """
    kept = {path.resolve() for path in inputs} | {project.joinpath(path).resolve() for path in _files(before)}
    for path in _files(after):
        if path.resolve() in kept:
            raise UserError(f"parameter output_dir: {path} would be overwritten; choose another folder")


def check_writable(folder: Path) -> None:
    """Check that a folder can be written, or made where it is absent; nothing is left in it.

    Raises
    ------
    UserError
        If it cannot.
    """
    try:
        there = next(one for one in (folder, *folder.parents) if one.exists())
        with TemporaryDirectory(dir=there, prefix="foretune-"):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UserError(
            f"parameter output_dir: {folder} cannot be written ({reason}): choose another"
        ) from None


def _moved(entry: dict[str, Any], folder: Path) -> dict[str, Any]:
    moved = dict(entry)
    for key in PATH_KEYS:
        parts = PurePosixPath(entry.get(key) or ".").parts
        if parts[:1] == (DATA,):
            layer = parts[2:] if parts[1] in TOP_LAYERS else parts[1:]
            moved[key] = folder.joinpath(*layer).as_posix()
    return moved


def _files(catalog: dict[str, Any]) -> list[Path]:
    return [Path(entry[key]) for entry in catalog.values() for key in PATH_KEYS if entry.get(key)]
