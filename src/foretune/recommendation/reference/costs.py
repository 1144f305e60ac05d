"""Costs of learners for a saved memory, from the times of a ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from foretune.base import UserError, replaced_file
from foretune.meta_model import MANIFEST, CostModel, fit_costs, read_memory, save_provenance, sizes_of
from foretune.recommendation.core import provenance_of
from foretune.recommendation.reference.make import SUMMARY

NEEDED = ("task_id", "task_type", "learner", "config_id", "fold_metrics", "fit_seconds")


def add_costs(folder: Path, trials: pd.DataFrame) -> dict[str, CostModel]:
    """Fit the seconds of fits to a ledger's trials, and write them into the memories of a folder.

    Nothing is trained: of each memory only provenance and manifest change.

    Parameters
    ----------
    folder
        Folder of memories, one for each task type.
    trials
        Backup of a ledger, as ``foretune ledger export`` writes it, with the memory's tasks.

    Returns
    -------
    dict
        Costs by task type.

    Raises
    ------
    UserError
        If the trials lack a column, or none is of a task of the memory.
    ArtifactError
        If a memory is missing or damaged.
    """
    if missing := [name for name in NEEDED if name not in trials]:
        raise UserError(f"the trials have no column {missing[0]!r}: give a backup of foretune ledger export")
    measured = trials.assign(n_folds=[_count_folds(text) for text in trials["fold_metrics"]])
    costs: dict[str, CostModel] = {}
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
        task_type = manifest.parent.name
        memory = read_memory(manifest.parent)
        found = fit_costs(measured[measured["task_type"].eq(task_type)], sizes_of(memory))
        if not found.learners:
            raise UserError(f"no learner has 20 measured trials of the {task_type} tasks of {folder}")
        save_provenance(replace(provenance_of(memory), costs=found), manifest.parent)
        costs[task_type] = found
    if not costs:
        raise UserError(f"{folder} has no memory")
    _update_summary(folder)
    return costs


def _count_folds(text: Any) -> int:
    """Return the number of folds of a trial by its metrics in JSON."""
    try:
        metrics = json.loads(text)
    except (TypeError, ValueError):
        return 1
    values: Any = next(iter(metrics.values()), []) if isinstance(metrics, Mapping) else []
    return max(len(values), 1)


def _update_summary(folder: Path) -> None:
    path = folder / SUMMARY
    if not path.is_file():
        return
    summary = json.loads(path.read_text(encoding="utf-8"))
    summary["files"] = {name: (folder / name).stat().st_size for name in summary["files"]}
    summary["bytes"] = sum(summary["files"].values())
    with replaced_file(path) as file:
        file.write_text(json.dumps(summary, indent=1, sort_keys=True) + "\n", encoding="utf-8")
