"""Export of the reference memory that ships with the package, and comparison of two memories."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd

from foretune.base import TaskType, UserError
from foretune.meta_model import read_memory, save_memory
from foretune.recommendation.core import reference_folder

MAX_BYTES = 10_000_000
# Shipped members of each ensemble; every family of tasks is held out from several of them
N_MEMBERS = 16
# Minimum number of real tasks of each type with LEAST_CONFIGURATIONS of every learner
LEAST_TASKS = {"classification": 80, "regression": 55}
LEAST_CONFIGURATIONS = 100
SUMMARY = "summary.json"
COMMAND = "make reference"
KEY = "task_id"


class IncompleteReferenceError(UserError, ValueError):
    """A reference memory that is too large, or has too few tasks or configurations."""


def export_reference(
    surrogates_folder: Path,
    meta_dataset: pd.DataFrame,
    folder: Path | None = None,
    *,
    allow_incomplete: bool = False,
) -> dict[str, Any]:
    """Write the memory that ships with the package, replacing the former one.

    Only the first :data:`N_MEMBERS` members of each ensemble are shipped, to limit the size.

    Parameters
    ----------
    surrogates_folder
        Output of the pipeline ``meta_training``.
    meta_dataset
        Training data of the surrogates, whose tasks are counted.
    folder
        Destination; None for the package itself.
    allow_incomplete
        Whether to accept fewer tasks or configurations than :data:`LEAST_TASKS`.

    Returns
    -------
    dict
        Content of ``summary.json``: counts, sizes and library versions, no date.

    Raises
    ------
    IncompleteReferenceError
        If it is larger than :data:`MAX_BYTES`, or has too few tasks. Nothing is written then.
    ArtifactError
        If a surrogate is missing or damaged.
    """
    folder = reference_folder() if folder is None else folder
    counts = count_tasks(meta_dataset)
    if not allow_incomplete:
        _check_counts(counts)
    libraries: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "reference"
        for task_type in get_args(TaskType):
            memory = read_memory(surrogates_folder / task_type).with_members(N_MEMBERS)
            save_memory(memory, made / task_type)
            manifest = json.loads((made / task_type / "manifest.json").read_text(encoding="utf-8"))
            libraries |= manifest["libraries"]
        sizes = {str(path.relative_to(made)): path.stat().st_size for path in _files(made)}
        _check_size(sizes)
        summary = {
            "command": COMMAND,
            "tasks": counts,
            "bytes": sum(sizes.values()),
            "files": sizes,
            "libraries": libraries,
        }
        text = json.dumps(summary, indent=1, sort_keys=True) + "\n"
        (made / SUMMARY).write_text(text, encoding="utf-8")
        # Replace only the memories: the package's folder also holds modules
        for task_type in get_args(TaskType):
            shutil.rmtree(folder / task_type, ignore_errors=True)
        shutil.copytree(made, folder, dirs_exist_ok=True)
    return summary


def count_tasks(meta_dataset: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count tasks, real ones, complete real ones, configurations and learners by task type.

    A task is complete if :data:`LEAST_CONFIGURATIONS` configurations of every learner were evaluated on it,
    including those that failed.
    """
    counts = {}
    for task_type, rows in meta_dataset.groupby("task_type"):
        each = rows.pivot_table(
            index=KEY, columns="learner", values="config_id", aggfunc="nunique", fill_value=0
        )
        real = rows.loc[rows["provenance"] == "real", KEY].unique()
        counts[str(task_type)] = {
            "tasks": int(rows[KEY].nunique()),
            "real": len(real),
            "complete_real": int((each.loc[real].min(axis=1) >= LEAST_CONFIGURATIONS).sum()),
            "configurations": int(rows["config_id"].nunique()),
            "learners": int(rows["learner"].nunique()),
        }
    return counts


def compare_memories(first: Path, second: Path) -> dict[str, dict[str, float]]:
    """Compare the predicted targets of two memories on the tasks and configurations of the first.

    Returns
    -------
    dict
        By task type: ``largest`` and ``mean`` absolute difference, in units of the normalised score.

    Raises
    ------
    ArtifactError
        If one cannot be read.
    ValueError
        If their hyperparameters differ.
    """
    apart = {}
    for task_type in get_args(TaskType):
        ours, theirs = (read_memory(folder / task_type) for folder in (first, second))
        known = pd.DataFrame(
            ours.residuals.configurations, columns=list(ours.surrogate.configuration_columns)
        )
        differences = np.array(
            [
                np.abs(
                    ours.surrogate.predict_target(described, known)
                    - theirs.surrogate.predict_target(described, known)
                )
                for described in _described(ours.training_set.metafeatures, ours.metafeatures)
            ]
        )
        apart[str(task_type)] = {"largest": float(differences.max()), "mean": float(differences.mean())}
    return apart


def _described(values: Any, names: tuple[str, ...]) -> list[pd.Series]:
    return [pd.Series(row, index=list(names), dtype=np.float64) for row in values]


def _check_counts(counts: dict[str, dict[str, int]]) -> None:
    for task_type, least in LEAST_TASKS.items():
        found = counts.get(task_type, {}).get("complete_real", 0)
        if found < least:
            raise IncompleteReferenceError(
                f"{found} real {task_type} tasks have {LEAST_CONFIGURATIONS} configurations of every "
                f"learner, {least} are wanted: run kedro run --env=full to its end"
            )


def _check_size(sizes: dict[str, int]) -> None:
    total = sum(sizes.values())
    if total > MAX_BYTES:
        largest = max(sizes, key=lambda name: sizes[name])
        raise IncompleteReferenceError(
            f"the reference memory has {total / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.0f} are shipped; the "
            f"largest file is {largest} with {sizes[largest] / 1e6:.1f} MB: train fewer members or rounds"
        )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
