"""What folders of memories hold, as plain values for commands, and folders without some tasks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from foretune.base import UserError, close_matches, shortened
from foretune.meta_model import (
    MANIFEST,
    METRICS_FOLDER,
    Memory,
    count_by_learner,
    count_by_size,
    read_memory,
    save_memory,
    tabulate_tasks,
    without_tasks,
)
from foretune.recommendation.core.memory_files import task_types_in, why_not_found, with_costs_beside
from foretune.recommendation.core.merged_memory import check_destination

OnProgress = Callable[[str, int, int], None]


def describe_folder(folder: Path) -> list[dict[str, Any]]:
    """Describe the memories in a folder as plain values, those of further metrics last.

    Returns
    -------
    list of dict
        Of each memory ``name``, ``task_type``, ``score``, ``n_tasks``, ``n_families``,
        ``n_configurations``, ``n_trials``, ``n_members``, ``n_metafeatures``, ``n_folds``,
        ``early_stopping``, ``costs`` (learners with known costs), ``learners`` and ``sizes``.

    Raises
    ------
    UserError
        If there is none, or one cannot be read.
    """
    return [{"name": name, **_describe(memory)} for name, memory in _memories_in(folder)]


def list_tasks(folder: Path, task_type: str | None = None) -> list[dict[str, Any]]:
    """List the tasks of the memories in a folder, of all task types or of one.

    Returns
    -------
    list of dict
        ``task_type, task_id, family, n_rows`` (None if unknown) and ``n_evaluations``.
    """
    listed: list[dict[str, Any]] = []
    for name, memory in _memories_in(folder, with_metrics=False):
        if task_type in (None, name):
            table = tabulate_tasks(memory)
            sizes = [None if np.isnan(rows) else int(rows) for rows in table["n_rows"].to_numpy()]
            columns = (
                table["task_id"],
                table["family"],
                sizes,
                table["n_evaluations"].tolist(),
                table["folds"],
            )
            names = ("task_id", "family", "n_rows", "n_evaluations", "folds")
            listed += [
                {"task_type": name, **dict(zip(names, row, strict=True))}
                for row in zip(*columns, strict=True)
            ]
    if not listed:
        raise why_not_found(folder, task_type or "any")
    return listed


def remove_from_folder(
    folder: Path,
    destination: Path,
    task_ids: Collection[str] = (),
    families: Collection[str] = (),
    *,
    n_workers: int = 1,
    on_progress: OnProgress | None = None,
) -> dict[str, int]:
    """Write the memories of a folder without some tasks, trained anew as if they had never been there.

    Memories that do not have them are copied.

    Parameters
    ----------
    folder, destination
        Folder of memories, and another that is absent or empty.
    task_ids, families
        Names of tasks and families, each in one of the memories at least.
    n_workers, on_progress
        As for :func:`foretune.recommendation.core.merge_folders`.

    Returns
    -------
    dict
        Number of tasks that are left, by the name of the memory.

    Raises
    ------
    UserError
        If no memory has such a task or family. Nothing is written then.
    """
    check_destination(destination)
    memories = list(_memories_in(folder))
    for kind, given, known in (
        ("task", task_ids, {name for _, memory in memories for name in memory.task_hashes}),
        ("family", families, {name for _, memory in memories for name in memory.training_set.families}),
    ):
        if unknown := sorted(set(given) - known):
            hint = close_matches(unknown[0], known)
            raise UserError(
                f"{folder} has no {kind} {shortened(repr(unknown[0]))}{hint}: `foretune memory tasks` lists "
                f"what it has"
            )
    left = {}
    for name, memory in memories:
        label = None if on_progress is None else lambda done, total, name=name: on_progress(name, done, total)
        ours = [task for task in task_ids if task in memory.task_hashes]
        of_families = [family for family in families if family in memory.training_set.families]
        kept = memory
        if ours or of_families:
            kept = without_tasks(memory, ours, of_families, n_workers=n_workers, on_progress=label)
        left[name] = kept
    try:
        for name, kept in left.items():
            save_memory(kept, destination / name)
    except UserError:
        shutil.rmtree(destination, ignore_errors=True)
        raise
    return {name: len(kept.task_hashes) for name, kept in left.items()}


def _memories_in(folder: Path, *, with_metrics: bool = True) -> Iterator[tuple[str, Memory]]:
    names = task_types_in(folder)
    if not names:
        raise why_not_found(folder, "any")
    if with_metrics:
        further = sorted((folder / METRICS_FOLDER).glob(f"*/{MANIFEST}"))
        names = [*names, *(f"{METRICS_FOLDER}/{manifest.parent.name}" for manifest in further)]
    for name in names:
        yield name, with_costs_beside(read_memory(folder / name), folder.resolve())


def _describe(memory: Memory) -> dict[str, Any]:
    known = memory.provenance
    stopping = None if known is None else known.early_stopping
    costs = None if known is None else known.costs
    return {
        "task_type": memory.task_type,
        "score": None if known is None else known.score,
        "n_tasks": len(memory.task_hashes),
        "n_families": len(set(memory.training_set.families)),
        "n_configurations": len(memory.training_set.config_ids),
        "n_trials": len(memory.residuals.target),
        "n_members": len(memory.surrogate.members),
        "n_metafeatures": len(memory.metafeatures),
        "n_folds": None if known is None else known.n_folds,
        "early_stopping": None
        if stopping is None
        else {"patience": stopping.patience, "max_rounds": stopping.max_rounds},
        "costs": [] if costs is None else sorted(costs.learners),
        "learners": count_by_learner(memory).to_dict(orient="records"),
        "sizes": count_by_size(memory).to_dict(orient="records"),
    }
