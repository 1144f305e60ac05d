"""Export of the reference memory that ships with the package, and comparison of two memories."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import pandas as pd

from foretune.base import TaskType, UserError, quoted, replaced_file, replaced_folder
from foretune.meta_model import (
    MANIFEST,
    METRICS_FOLDER,
    Memory,
    is_memory,
    metric_memory_name,
    read_manifest,
    read_memory,
    save_memory,
)
from foretune.recommendation.core import (
    COMPARABLE,
    IN_UNITS,
    further_metrics,
    provenance_of,
    reference_folder,
    task_types_in,
    with_costs_beside,
)
from foretune.spaces import Configuration

MAX_BYTES = 25_000_000
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


class IncomparableError(UserError, ValueError):
    """Two memories without anything in common to compare."""


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
        Destination, absent, empty or with an earlier memory; None for the package itself.
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
    UserError
        If the destination holds anything but a memory, or cannot be written.
    """
    folder = reference_folder() if folder is None else folder
    _check_destination(folder)
    counts = count_tasks(meta_dataset)
    if not allow_incomplete:
        _check_counts(counts)
    libraries: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "reference"
        for task_type in get_args(TaskType):
            source = surrogates_folder / task_type
            libraries |= _copy_memory(source, made / task_type, surrogates_folder)
        for manifest in sorted((surrogates_folder / METRICS_FOLDER).glob(f"*/{MANIFEST}")):
            source = manifest.parent
            _copy_memory(source, made / METRICS_FOLDER / source.name, surrogates_folder)
        sizes = _sizes_of(made)
        _check_size(sizes)
        summary = {
            "command": COMMAND,
            "tasks": counts,
            "bytes": sum(sizes.values()),
            "files": sizes,
            "libraries": libraries,
        }
        text = json.dumps(summary, indent=1, sort_keys=True) + "\n"
        # Replace only the memories: the package's folder also holds modules
        for part in (*get_args(TaskType), METRICS_FOLDER):
            if (made / part).is_dir():
                with replaced_folder(folder / part) as new:
                    shutil.rmtree(new)
                    shutil.copytree(made / part, new)
            elif (folder / part).is_dir():
                shutil.rmtree(folder / part)
        with replaced_file(folder / SUMMARY) as file:
            file.write_text(text, encoding="utf-8")
    return summary


def add_metric_memories(surrogates_folder: Path, folder: Path | None = None) -> dict[str, Memory]:
    """Add the memories of another run to the memory that ships, each as that of the metric it predicts.

    Its further metrics are added too. Where the memory that ships predicts the metric as its score, nothing
    is added; an earlier memory of the metric is replaced. A root-mean-square or mean absolute error, which
    has the unit of the target, is served by the run's memory of R2, if there is one.

    Parameters
    ----------
    surrogates_folder
        Output of the pipeline ``meta_training``.
    folder
        Memory to add to; None for the package's own.

    Returns
    -------
    dict
        What was added, by name, such as ``"classification.log_loss"``.

    Raises
    ------
    IncompleteReferenceError
        If all memories together would be larger than :data:`MAX_BYTES`. Nothing is written then.
    ArtifactError
        If a memory is damaged.
    UserError
        If the run has nothing to add, or a memory does not name its score.
    """
    folder = reference_folder() if folder is None else folder
    if not (folder / SUMMARY).is_file():
        raise UserError(f"{folder} is no memory that foretune reference export has written")
    found = _metric_memories_of(surrogates_folder, folder)
    if not found:
        raise UserError(f"{surrogates_folder} has no memory of a metric that {folder} does not predict yet")
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary)
        for name, source in found.items():
            _copy_memory(source, made / METRICS_FOLDER / name, surrogates_folder)
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        sizes = summary["files"] | _sizes_of(made)
        _check_size(sizes)
        for name in found:
            with replaced_folder(folder / METRICS_FOLDER / name) as new:
                shutil.rmtree(new)
                shutil.copytree(made / METRICS_FOLDER / name, new)
    summary |= {"files": sizes, "bytes": sum(sizes.values())}
    with replaced_file(folder / SUMMARY) as file:
        file.write_text(json.dumps(summary, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return {name: read_memory(folder / METRICS_FOLDER / name) for name in sorted(found)}


def _metric_memories_of(source: Path, folder: Path) -> dict[str, Path]:
    """Return the folders of the memories in ``source`` by the name of their metric."""
    found: dict[str, Path] = {}
    for task_type in get_args(TaskType):
        if not is_memory(source / task_type):
            continue
        known = provenance_of(read_memory(folder / task_type)).score
        score = provenance_of(read_memory(source / task_type)).score
        if score is None:
            raise UserError(f"the memory in {source / task_type} does not name its score")
        further = {metric: source / METRICS_FOLDER / metric_memory_name(task_type, metric)
                   for metric in further_metrics(source, task_type)}  # fmt: skip
        of_score = further[COMPARABLE] if score in IN_UNITS and COMPARABLE in further else source / task_type
        for metric, place in {**further, score: of_score}.items():
            if metric != known:
                found[metric_memory_name(task_type, metric)] = place
    return found


def _sizes_of(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in _files(folder)}


def _copy_memory(source: Path, destination: Path, root: Path) -> dict[str, str]:
    """Save the shipped members of a memory, and return the versions that made it."""
    memory = with_costs_beside(read_memory(source), root.resolve())
    save_memory(memory.with_members(N_MEMBERS), destination)
    return read_manifest(destination).libraries


def _check_destination(folder: Path) -> None:
    """Check that nothing but an earlier memory is replaced in a folder that is not the package's."""
    if not folder.is_dir() or folder.resolve() == reference_folder().resolve():
        return
    replaced = {SUMMARY, *(name for name in get_args(TaskType) if is_memory(folder / name))}
    further = folder / METRICS_FOLDER
    if further.is_dir() and all(is_memory(one) for one in further.iterdir()):
        replaced.add(METRICS_FOLDER)
    others = sorted(path.name for path in folder.iterdir() if path.name not in replaced)
    if others:
        raise UserError(
            f"{folder} is neither empty nor a memory, for it holds {quoted(others)}: choose another folder"
        )


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


class Comparison(NamedTuple):
    """Distance of the predictions of two memories of one task type.

    Attributes
    ----------
    largest, mean
        Absolute difference of predicted targets, in units of the normalised score.
    n_tasks, n_configurations
        Known tasks and configurations of the first memory that were compared.
    n_left_out
        Configurations of the first memory whose hyperparameters or values the second does not know.
    """

    largest: float
    mean: float
    n_tasks: int
    n_configurations: int
    n_left_out: int


def compare_memories(first: Path, second: Path) -> dict[str, Comparison]:
    """Compare the predicted targets of two memories on the tasks and configurations of the first.

    Learners, hyperparameters and task types that only one of them knows are left out.

    Returns
    -------
    dict
        Comparison by task type.

    Raises
    ------
    ArtifactError
        If one cannot be read.
    IncomparableError
        If they have no task type or no configuration in common, or predict scores of another normalisation.
    """
    types = [name for name in task_types_in(first) if name in task_types_in(second)]
    if not types:
        raise IncomparableError(
            f"{first} has memories of {_listed(task_types_in(first))}, {second} of "
            f"{_listed(task_types_in(second))}: there is nothing to compare"
        )
    return {name: _compare(name, read_memory(first / name), read_memory(second / name)) for name in types}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def _compare(task_type: str, ours: Memory, theirs: Memory) -> Comparison:
    targets = ours.surrogate.target, theirs.surrogate.target
    if targets[0] != targets[1]:
        raise IncomparableError(
            f"{task_type}: one memory predicts {targets[0]} scores, the other {targets[1]} scores "
            f"(meta_training.target), in different units"
        )
    known = list(provenance_of(ours).configurations.values())
    common = known if _knows(theirs, known) else [one for one in known if _knows(theirs, [one])]
    if not common:
        raise IncomparableError(
            f"{task_type}: the second memory knows no configuration of the first: it has "
            f"{_listed(provenance_of(theirs).learners)}, the first {_listed(provenance_of(ours).learners)}"
        )
    encoded = ours.encode(common), theirs.encode(common)
    differences = np.array(
        [
            np.abs(
                ours.surrogate.predict_target(described, encoded[0])
                - theirs.surrogate.predict_target(described, encoded[1])
            )
            for described in _described(ours.training_set.metafeatures, ours.metafeatures)
        ]
    )
    n_tasks, n_configurations = differences.shape
    largest, mean = float(differences.max()), float(differences.mean())
    return Comparison(largest, mean, n_tasks, n_configurations, len(known) - len(common))


def _knows(memory: Memory, configurations: Sequence[Configuration]) -> bool:
    try:
        memory.encode(configurations)
    except ValueError:
        return False
    return True


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
