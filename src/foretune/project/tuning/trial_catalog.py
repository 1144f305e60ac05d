"""Datasets of trials: what a trial saves goes to a folder of its own, never over the project's data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractDataset, CatalogProtocol, MemoryDataset
from kedro.io.core import get_protocol_and_path

FILEPATH, PATH = "filepath", "path"
# Of which a copy in another folder would not be the same
UNMOVABLE = ("credentials", "dataset")
VERSIONED, VALIDATOR = "versioned", "validator"
LOCAL = "file"


class KeptDataset(AbstractDataset[Any, Any]):
    """Dataset that a runner does not release after its last use.

    Parameters
    ----------
    dataset
        Holds the data, and copies them as it does.
    """

    def __init__(self, dataset: AbstractDataset[Any, Any]) -> None:
        self._dataset = dataset

    def load(self) -> Any:
        """Load from the dataset."""
        return self._dataset.load()

    def save(self, data: Any) -> None:
        """Save to the dataset."""
        self._dataset.save(data)

    def _exists(self) -> bool:
        return self._dataset.exists()

    def _describe(self) -> dict[str, Any]:
        return {"dataset": type(self._dataset).__name__}


def local_path(config: dict[str, Any]) -> Path | None:
    """Return the local file or folder of a dataset by its configuration; None if it has none."""
    place = config.get(FILEPATH) or config.get(PATH)
    if not isinstance(place, str | Path):
        return None
    protocol, path = get_protocol_and_path(str(place))
    return Path(path) if protocol == LOCAL else None


def configurations_of(catalog: CatalogProtocol[Any, Any]) -> dict[str, dict[str, Any]]:
    """Return the configurations of a catalog's datasets, except those in memory."""
    write = getattr(catalog, "to_config", None)
    return dict(write()[0]) if write is not None else {}


def move_outputs(catalog: CatalogProtocol[Any, Any], names: Iterable[str], folder: Path) -> list[str]:
    """Let a catalog save datasets in another folder, in their own format, or in memory where it cannot.

    Parameters
    ----------
    catalog
        The catalog of one run, changed in place.
    names
        Datasets that the run saves.
    folder
        Folder for their files.

    Returns
    -------
    list of str
        Those that are kept in memory though the project saves them elsewhere.
    """
    names = sorted(names)
    # Datasets of patterns have a configuration only once they are asked for
    given = {name: catalog.get(name) for name in names}
    configurations = configurations_of(catalog)
    in_memory = []
    for name in names:
        config, before = configurations.get(name), given[name]
        moved = None if config is None else _moved(name, config, folder)
        if moved is None and config is not None:
            in_memory.append(name)
        # A dataset in memory may copy in a way of its own
        own = before if isinstance(before, MemoryDataset) else MemoryDataset()
        catalog[name] = moved or KeptDataset(own)
    return in_memory


def _moved(name: str, config: dict[str, Any], folder: Path) -> AbstractDataset[Any, Any] | None:
    """Return the same kind of dataset in another folder; None if it has no file that can be moved."""
    place = local_path(config)
    if place is None or any(config.get(key) for key in UNMOVABLE):
        return None
    plain = {key: value for key, value in config.items() if key not in (VERSIONED, VALIDATOR)}
    for key in (FILEPATH, PATH):
        if key in plain:
            plain[key] = (folder / _as_folder(name) / PurePosixPath(place).name).as_posix()
    return AbstractDataset.from_config(name, plain)


def _as_folder(name: str) -> str:
    return "".join(character if character.isalnum() or character in "-_." else "_" for character in name)
