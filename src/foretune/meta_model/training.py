"""Training of memories, one for each task type of a meta-dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import derive_seed
from foretune.hpo import HpoParameters
from foretune.meta_model.bags import FEWEST_FAMILIES, draw_bags, fit_in_bags
from foretune.meta_model.ensemble import Member, TrainingData, fit_member
from foretune.meta_model.memory import Memory, Residuals, TrainingSet
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.out_of_bag import OutOfBag, calibration_line
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.prior import RelativeShapes
from foretune.meta_model.provenance import (
    SETTINGS_ATTRIBUTE,
    Provenance,
    find_splits,
    find_typical_rounds,
    read_configurations,
)
from foretune.meta_model.surrogate import Surrogate
from foretune.spaces import DEFAULT, TUNED, Configuration, LearnerSpace


def train_memories(
    meta_dataset: pd.DataFrame,
    parameters: MetaTrainingParameters,
    seed: int,
    n_workers: int = 1,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Memory]:
    """Train a memory for every task type in the meta-dataset.

    Parameters
    ----------
    meta_dataset
        Table of :func:`foretune.meta_model.meta_dataset.build_meta_dataset`.
    parameters
        Parameters of the target and the boosters.
    seed
        Seed of the run.
    n_workers
        Members trained at once; the result does not depend on it.
    on_progress
        Called after each member with a label, the number done and the total.
    """
    memories = {}
    for task_type, rows in meta_dataset.groupby("task_type", sort=True):
        label = f"{task_type} memory"
        memories[str(task_type)] = train_memory(
            MetaDataset.from_table(rows),
            parameters,
            derive_seed(seed, "meta_training", task_type),
            n_workers,
            lambda done, total, label=label: on_progress(label, done, total) if on_progress else None,  # type: ignore[misc]
        )
    return memories


def train_memory(
    meta_dataset: MetaDataset,
    parameters: MetaTrainingParameters,
    seed: int,
    n_workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Memory:
    """Train a memory on all tasks of a meta-dataset.

    All tasks have equal weight for any number of evaluations. XGBoost uses one thread, so that the result
    does not depend on the number of cores.

    Parameters
    ----------
    meta_dataset
        Meta-dataset of one task type.
    parameters
        Parameters of the target and the boosters.
    seed
        Seed of bags, rows and columns.
    n_workers
        Members trained at once; the result does not depend on it.
    on_progress
        Called with the number of members done and their total.

    Raises
    ------
    ValueError
        If the meta-dataset has no finite score.
    """
    if not np.isfinite(meta_dataset.arrays.score).any():
        raise ValueError("the meta-dataset has no finite score: nothing to learn from")
    data = TrainingData.from_meta_dataset(meta_dataset, parameters.target)
    seen = _bags(meta_dataset, parameters, seed)
    fitted = fit_in_bags(partial(_fit_and_predict, data, parameters), seen, seed, n_workers, on_progress)
    line, residuals = _measure_residuals(meta_dataset, data, parameters, seen, fitted)
    surrogate = Surrogate(
        target=parameters.target,
        metafeatures=tuple(meta_dataset.metafeatures.columns),
        configuration_columns=tuple(meta_dataset.configurations.columns),
        members=tuple(one.member for one in fitted),
        line=line,
    )
    return Memory(
        task_type=str(meta_dataset.tasks["task_type"].iloc[0]),
        surrogate=surrogate,
        residuals=residuals,
        policy=parameters.policy,
        task_hashes=dict(meta_dataset.tasks["content_hash"].astype(str)),
        training_set=TrainingSet(
            tuple(meta_dataset.families.astype(str)),
            data.metafeatures,
            seen,
            tuple(meta_dataset.configurations.index.astype(str)),
        ),
        guard=parameters.guard,
    )


def train_members(
    meta_dataset: MetaDataset,
    kept: npt.NDArray[np.bool_],
    n_members: int,
    parameters: MetaTrainingParameters,
    seed: int,
) -> tuple[list[Member], npt.NDArray[np.bool_]]:
    """Train members on bags of some tasks of a meta-dataset.

    Parameters
    ----------
    meta_dataset
        Meta-dataset of one task type.
    kept
        Tasks that the members may see, shape (n_tasks,).
    n_members
        Number of members.
    parameters
        Parameters of the target, bags and boosters.
    seed
        Seed of bags, rows and columns.

    Returns
    -------
    members
        The trained members.
    bags
        Shape (n_members, n_tasks), True where a member is trained on a task.
    """
    families = meta_dataset.families[kept]
    bags = np.zeros((n_members, len(kept)), dtype=bool)
    # More than asked for leave out every pair of groups, which matters for residuals alone
    can_draw = families.nunique() >= FEWEST_FAMILIES
    bags[:, kept] = (
        draw_bags(families, n_members, parameters.bag_share, seed)[:n_members] if can_draw else True
    )
    data = TrainingData.from_meta_dataset(meta_dataset, parameters.target)
    return fit_in_bags(partial(_fit_on, data, parameters), bags, seed), bags


def _fit_on(
    data: TrainingData, parameters: MetaTrainingParameters, bag: npt.NDArray[np.bool_], seed: int
) -> Member:
    return fit_member(data, bag, parameters, seed)


def with_provenance(
    memories: Mapping[str, Memory],
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    parameters: HpoParameters | None = None,
) -> dict[str, Memory]:
    """Return memories with the provenance of their trials, which recommendations need.

    Parameters
    ----------
    memories
        Memories by task type.
    trials
        Trials they were trained on.
    metafeatures
        Metafeatures of the tasks, with the extractor's settings in ``attrs``.
    parameters
        Score, folds, preprocessing and search spaces of the trials, as far as the trials match them: logs may
        have another score and other spaces. None if unknown.
    """
    known = read_configurations(trials)
    settings = metafeatures.attrs.get(SETTINGS_ATTRIBUTE)
    rounds = find_typical_rounds(trials)
    told = {}
    for task_type, memory in memories.items():
        configurations = {config_id: known[config_id] for config_id in memory.training_set.config_ids}
        provenance = Provenance(configurations)
        if settings is not None:
            provenance = replace(provenance, metafeature_settings=dict(settings))
        if parameters is not None and (score := _score_of(task_type, trials, parameters)):
            provenance = replace(
                provenance,
                score=score,
                spaces=_fitting_spaces(task_type, list(configurations.values()), parameters),
                preprocessing=parameters.preprocessing,
                n_folds=parameters.n_folds,
                early_stopping=parameters.early_stopping,
            )
        if provenance.early_stopping is not None:
            typical = {config_id: rounds[config_id] for config_id in configurations if config_id in rounds}
            provenance = replace(provenance, typical_rounds=typical)
        told[task_type] = replace(memory, provenance=provenance)
    return told


def with_splits(memories: Mapping[str, Memory], task_catalogue: pd.DataFrame) -> dict[str, Memory]:
    """Return memories whose provenance says which of their tasks were split by groups or time."""
    splits = find_splits(task_catalogue)
    told = {}
    for name, memory in memories.items():
        of_memory = {task_id: splits[task_id] for task_id in memory.task_hashes if task_id in splits}
        provenance = memory.provenance
        if provenance is not None and of_memory:
            memory = replace(memory, provenance=replace(provenance, splits=of_memory))  # noqa: PLW2901
        told[name] = memory
    return told


class _Fitted(NamedTuple):
    """A member with its predictions of evaluations and of the tasks' levels."""

    member: Member
    target: npt.NDArray[np.float32]
    level: npt.NDArray[np.float64]


def _bags(meta_dataset: MetaDataset, parameters: MetaTrainingParameters, seed: int) -> npt.NDArray[np.bool_]:
    if meta_dataset.families.nunique() >= FEWEST_FAMILIES:
        return draw_bags(meta_dataset.families, parameters.n_members, parameters.bag_share, seed)
    return np.ones((parameters.n_members, len(meta_dataset.tasks)), dtype=bool)


def _fit_and_predict(
    data: TrainingData, parameters: MetaTrainingParameters, bag: npt.NDArray[np.bool_], seed: int
) -> _Fitted:
    member = fit_member(data, bag, parameters, seed)
    return _Fitted(
        member,
        member.predict_unseen(data, bag).astype(np.float32),
        member.level.predict(data.metafeatures),
    )


def _measure_residuals(
    meta_dataset: MetaDataset,
    data: TrainingData,
    parameters: MetaTrainingParameters,
    seen: npt.NDArray[np.bool_],
    fitted: Sequence[_Fitted],
) -> tuple[tuple[float, float], Residuals]:
    out_of_bag = OutOfBag(
        seen, np.array([one.target for one in fitted]), np.array([one.level for one in fitted])
    )
    nobody = np.zeros(len(meta_dataset.tasks), dtype=bool)
    held_out = out_of_bag.without(nobody, data.task)
    if np.isfinite(held_out.mean).all():
        line = calibration_line(held_out.mean, data.target)
        residual = data.target - (line[0] + line[1] * held_out.mean)
        level_residual = data.level - held_out.level
    else:
        # With too few families to hold one out, uncertainty is as large as without predictions
        line, residual = (0.0, 1.0), data.target
        level_residual = data.level - np.nanmean(data.level, axis=0)
    residuals = Residuals(
        configurations=meta_dataset.configurations.to_numpy(dtype=np.float64),
        task=data.task,
        config=data.config,
        target=data.target,
        residual=residual,
        level=data.level,
        level_residual=np.nan_to_num(level_residual),
        shapes=RelativeShapes.from_meta_dataset(meta_dataset, parameters.target),
    )
    return line, residuals


def _score_of(task_type: str, trials: pd.DataFrame, parameters: HpoParameters) -> str | None:
    if task_type not in ("classification", "regression"):
        return None
    name = parameters.score.of(task_type)  # type: ignore[arg-type]
    return name if f"metric_{name}" in trials else None


def _fitting_spaces(
    task_type: str, configurations: Sequence[Configuration], parameters: HpoParameters
) -> dict[str, LearnerSpace]:
    used: dict[str, set[str]] = {}
    for one in configurations:
        # Defaults may have what is not searched, such as a number of rounds where early stopping chooses it
        is_searched = one.strategy not in (DEFAULT, TUNED)
        used.setdefault(one.learner, set()).update(one.params if is_searched else ())
    return {
        learner: parameters.spaces[learner]
        for learner, names in sorted(used.items())
        if learner in parameters.spaces and names <= set(parameters.spaces[learner].of(task_type))  # type: ignore[arg-type]
    }
