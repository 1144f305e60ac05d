"""Several folders of memories as one: merged in a folder of their own, or kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from foretune.base import ANY_TYPE, PATH, TaskType, UserError, check_kind, counted, user_cache_folder
from foretune.meta_model import (
    COSTS,
    MANIFEST,
    METRICS_FOLDER,
    Memory,
    join_memories,
    metric_memory_name,
    read_memory,
    save_memory,
    train_like,
)
from foretune.recommendation.core.library_defaults import with_library_defaults
from foretune.recommendation.core.memory_files import (
    find_memory,
    folder_of,
    read_for_use,
    task_types_in,
    why_not_found,
    with_costs_beside,
)

logger = logging.getLogger(__name__)

# Changes with the way in which memories are merged, so that those in the cache are merged again
EDITION = 3
FOLDER, GIVEN = "merged", "given"
OnProgress = Callable[[str, int, int], None]


class MergedMemory(NamedTuple):
    """A memory that was written by :func:`merge_folders`.

    Attributes
    ----------
    name
        Its folder below the destination, such as ``classification`` or ``metrics/classification.log_loss``.
    n_tasks, seconds
        Number of tasks, and seconds of the merging; 0 if only one folder has such a memory.
    notes
        What was replaced, renamed, and taken where the memories differ.
    """

    name: str
    n_tasks: int
    seconds: float
    notes: tuple[str, ...]


def load_merged(
    task_type: TaskType, sources: Sequence[str | Path | Memory], *, metric: str | None = None
) -> Memory:
    """Load the memory of several folders, merged now or earlier.

    Folders without a memory of the task type count for nothing. Of the metric all must have a memory,
    otherwise that of the first folder's score is taken.

    Parameters
    ----------
    task_type, metric
        As for :func:`foretune.load_memory`.
    sources
        Folders of memories, ``"reference"`` for the shipped one, or loaded memories, which are kept in the
        cache; in case of a conflict the later one counts.

    Raises
    ------
    UserError
        If there is no such memory, or they cannot be merged.
    """
    places, with_type = _to_merge(task_type, sources, metric)
    if len(places) == 1:
        return read_for_use(places[0], with_type[0], task_type)
    key = _key_of(places, with_type)
    return _cached(tuple(places), tuple(with_type), task_type, user_cache_folder() / FOLDER / key)


def memories_to_merge(
    task_type: TaskType, sources: Sequence[str | Path | Memory], *, metric: str | None = None
) -> list[Memory]:
    """Return what :func:`load_merged` would merge, each as it is.

    Parameters
    ----------
    task_type, sources, metric
        As for :func:`load_merged`.

    Raises
    ------
    UserError
        If there is no such memory.
    """
    places, roots = _to_merge(task_type, sources, metric)
    return [read_for_use(place, root, task_type) for place, root in zip(places, roots, strict=True)]


def merge_folders(
    sources: Sequence[str | Path],
    destination: Path,
    *,
    seed: int = 0,
    n_workers: int = 1,
    on_progress: OnProgress | None = None,
) -> list[MergedMemory]:
    """Merge folders of memories into one, with all task types of any and the metrics that all know.

    Parameters
    ----------
    sources
        At least two folders, as the pipeline ``meta_training`` writes them; ``"reference"`` for the shipped
        one. Of tables that several have the later one's trials count.
    destination
        Folder of the result, absent or empty, outside of the sources.
    seed, n_workers
        As for :func:`foretune.merge_memories`.
    on_progress
        Called after each member with a label, the number done and the total.

    Raises
    ------
    UserError
        If memories cannot be merged. Nothing is written then.
    """
    roots = _roots_of(sources)
    if len(roots) < 2:
        raise UserError(f"{counted(len(roots), 'folder')}: at least 2 can be merged")
    check_destination(destination)
    for root in roots:
        if destination.resolve().is_relative_to(root.resolve()):
            raise UserError(f"{destination} is in {root}, which is merged: choose a folder outside of it")
    types = sorted({name for root in roots for name in task_types_in(root)})
    if not types:
        raise why_not_found(roots[0], "any")
    # One of any type would be hidden beside others, and becomes a part of each
    types = [name for name in types if name != ANY_TYPE] or types
    pieces = [piece for task_type in types for piece in _pieces_of(roots, task_type)]
    made = [_merge_piece(*piece, seed, n_workers, on_progress) for piece in pieces]
    for merged, memory in made:
        save_memory(memory, destination / merged.name)
    return [merged for merged, _ in made]


def check_destination(folder: Path) -> None:
    """Check that a folder that memories are to be written to is absent or empty.

    Raises
    ------
    UserError
        If it is not.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UserError(f"{folder} is not empty: choose another folder, or remove it first")


def _roots_of(sources: Sequence[str | Path]) -> list[Path]:
    for source in sources:
        check_kind("memory", source, PATH, "the path of a folder, or a list of paths and loaded memories")
    if not sources:
        raise UserError("memory is an empty list: name at least one folder, or 'reference'")
    roots = [folder_of(source) for source in sources]
    for root in roots:
        if not task_types_in(root):
            raise why_not_found(root, "any")
    return roots


def _to_merge(
    task_type: str, sources: Sequence[str | Path | Memory], metric: str | None
) -> tuple[list[Path], list[Path]]:
    roots = _roots_of([_kept(one) if isinstance(one, Memory) else one for one in sources])
    with_type = [root for root in roots if find_memory(root, task_type) is not None]
    if not with_type:
        raise why_not_found(roots[0], task_type)
    return _places_of(with_type, task_type, metric), with_type


def _score_of(place: Path) -> str | None:
    provenance = read_memory(place).provenance
    return None if provenance is None else provenance.score


def _places_of(roots: Sequence[Path], task_type: str, metric: str | None) -> list[Path]:
    """Return the memory of each folder of a metric that all know, or of the first one's score."""
    first = find_memory(roots[0], task_type)
    if first is None:
        raise why_not_found(roots[0], task_type)
    if len(roots) == 1:
        return [find_memory(roots[0], task_type, metric) or first]
    for wanted in dict.fromkeys([metric, _score_of(first)]):
        places = [_place_of(root, task_type, wanted) for root in roots]
        if wanted is not None and all(places):
            return [place for place in places if place]
    # Whoever merges them says which scores they predict
    return [place for root in roots if (place := find_memory(root, task_type))]


def _place_of(root: Path, task_type: str, metric: str | None) -> Path | None:
    """Return the memory of a folder that predicts a metric, as its score or a further one, or names none."""
    found = find_memory(root, task_type, metric)
    if found is None or found.parent.name == METRICS_FOLDER or _score_of(found) in (metric, None):
        return found
    return None


def _pieces_of(roots: Sequence[Path], task_type: str) -> list[tuple[str, list[Path], list[Path]]]:
    """List the memories to write: the name of each, its sources and their folders."""
    having = [root for root in roots if find_memory(root, task_type) is not None]
    pieces = [(task_type, _places_of(having, task_type, None), having)]
    of_first = having[0] / METRICS_FOLDER
    for manifest in sorted(of_first.glob(f"{metric_memory_name(task_type, '*')}/{MANIFEST}")):
        metric = manifest.parent.name.removeprefix(metric_memory_name(task_type, ""))
        places = [_place_of(root, task_type, metric) for root in having]
        if all(places):
            name = f"{METRICS_FOLDER}/{manifest.parent.name}"
            pieces.append((name, [place for place in places if place], having))
    return pieces


def _merge_piece(
    name: str,
    places: Sequence[Path],
    roots: Sequence[Path],
    seed: int,
    n_workers: int,
    on_progress: OnProgress | None = None,
) -> tuple[MergedMemory, Memory]:
    start = time.perf_counter()
    named = [(_name_of(root), with_costs_beside(read_memory(place), root.resolve()))
             for place, root in zip(places, roots, strict=True)]  # fmt: skip
    first = named[0][1]
    if len(named) == 1:
        return MergedMemory(name, len(first.task_hashes), 0.0, ()), first
    joined = join_memories([memory for _, memory in named], [one for one, _ in named])
    label = None if on_progress is None else lambda done, total: on_progress(name, done, total)
    memory = train_like(first, joined.trials, joined.provenance, None, seed, n_workers, label)
    seconds = time.perf_counter() - start
    return MergedMemory(name, len(memory.task_hashes), seconds, joined.notes), memory


def _kept(memory: Memory) -> Path:
    """Return the folder in the cache of a loaded memory, by its content, so that it is merged only once."""
    # Equal memories have equal files
    with tempfile.TemporaryDirectory() as scratch:
        save_memory(memory, Path(scratch) / "memory")
        key = hashlib.sha256((Path(scratch) / "memory" / MANIFEST).read_bytes()).hexdigest()[:32]
    folder = user_cache_folder() / GIVEN / key
    if not (folder / memory.task_type / MANIFEST).is_file():
        save_memory(memory, folder / memory.task_type)
    return folder


def _name_of(root: Path) -> str:
    if root.parent == user_cache_folder() / GIVEN:
        return "the loaded memory"
    is_ours = root.resolve() == folder_of(None).resolve()
    return "the memory of the package" if is_ours else str(root)


def _key_of(places: Sequence[Path], roots: Sequence[Path]) -> str:
    """Return a hash of everything that a merged memory depends on."""
    # A manifest has the checksums of the other files
    files = [place / MANIFEST for place in places] + [root.resolve().parent / COSTS for root in roots]
    sums = [hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "" for file in files]
    text = json.dumps([EDITION, version("foretune"), sums])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@lru_cache(maxsize=8)
def _cached(places: tuple[Path, ...], roots: tuple[Path, ...], task_type: TaskType, folder: Path) -> Memory:
    """Read a merged memory from its folder in the cache, or merge it and keep it there."""
    # Damaged, or of an earlier format: merged again
    with suppress(UserError):
        return with_library_defaults(read_memory(folder), task_type)
    merged, memory = _merge_piece(task_type, places, roots, seed=0, n_workers=1)
    for note in merged.notes:
        logger.info(note)
    kept = f"kept in {folder}"
    try:
        save_memory(memory, folder)
        # Numbers are rounded in files: this time the same result as next time
        memory = read_memory(folder)
    except UserError as error:
        kept = f"not kept, for {error}"
    # A warning, to be seen without any set-up: it explains a wait of a minute
    logger.warning(
        "merged %s into one memory of %d %s tasks in %.0f s, %s",
        " and ".join(map(_name_of, roots)), merged.n_tasks, task_type, merged.seconds, kept,
    )  # fmt: skip
    return with_library_defaults(memory, task_type)
