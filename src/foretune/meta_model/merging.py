"""One memory of several, and memories without some of their tasks, trained anew from what they keep."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import count
from typing import NamedTuple

import numpy as np
import pandas as pd

from foretune.base import (
    ANY_TYPE,
    UserError,
    check_kind,
    check_seed,
    close_matches,
    counted,
    quoted,
    shortened,
)
from foretune.meta_model.joined_provenance import join_provenance
from foretune.meta_model.memory import Memory
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.provenance import Provenance
from foretune.meta_model.restoring import RestoredTrials, restore_trials
from foretune.meta_model.training import train_members, train_memory
from foretune.spaces import DEFAULT, Configuration
from foretune.tables import SplitKind

logger = logging.getLogger(__name__)

OnProgress = Callable[[int, int], None]
FEWEST_MEMBERS = 2
NOTHING_LEFT = "all tasks of the memory would be removed: keep at least one"


class JoinedMemories(NamedTuple):
    """Trials of several memories as those of one.

    Attributes
    ----------
    trials
        Tasks, metafeatures, configurations and evaluations of all.
    provenance
        Score, spaces, folds, preprocessing, settings of the metafeatures and costs.
    notes
        What was replaced or renamed, and what was taken where the memories differ; a sentence each.
    """

    trials: RestoredTrials
    provenance: Provenance
    notes: tuple[str, ...]


def merge_memories(
    memories: Sequence[Memory],
    *,
    names: Sequence[str] | None = None,
    parameters: MetaTrainingParameters | None = None,
    seed: int = 0,
    n_workers: int = 1,
    on_progress: OnProgress | None = None,
) -> Memory:
    """Merge memories of one task type and one metric into one, trained anew on all their tasks.

    The memories alone are needed, not their trials: scores are restored from the targets and shapes that a
    memory keeps. Configurations are joined by learner and hyperparameters, metafeatures by name, and families
    of one name are one family. Tables with the same content are one task, with the trials of the memory that
    comes last. What differs between the memories, and what was taken, is logged.

    Parameters
    ----------
    memories
        At least two, as :func:`foretune.load_memory` returns them.
    names
        Their names in messages; by default ``memory 1`` and so on.
    parameters
        Parameters of the training. By default target, number of members, policy and guard are those of the
        first memory.
    seed
        Seed of the training.
    n_workers
        Members trained at once; the result does not depend on it.
    on_progress
        Called with the number of members done and their total.

    Returns
    -------
    Memory
        To be given as ``memory=``, or kept by :func:`foretune.meta_model.save_memory`.

    Raises
    ------
    UserError
        If task types, metrics or the settings of the metafeatures differ.

    Examples
    --------
    >>> import foretune
    >>> shipped = foretune.load_memory("regression")
    >>> both = foretune.merge_memories([shipped, shipped.without(["abalone"])])  # doctest: +SKIP
    """
    joined = join_memories(memories, names)
    for note in joined.notes:
        logger.info(note)
    return train_like(memories[0], joined.trials, joined.provenance, parameters, seed, n_workers, on_progress)


def join_memories(memories: Sequence[Memory], names: Sequence[str] | None = None) -> JoinedMemories:
    """Join the trials of memories of one task type and one metric, without training.

    Parameters and errors are those of :func:`merge_memories`.
    """
    named = _named(memories, names)
    task_type = _common_type(named)
    provenance, notes = join_provenance([(name, _provenance_of(memory)) for name, memory in named], task_type)
    parts = [(name, restore_trials(memory)) for name, memory in named]
    if provenance.score is not None:
        has_unit = [_provenance_of(memory).score is not None for _, memory in named]
        usual = parts[has_unit.index(True)][1]
        parts = [
            (name, part if is_known else _in_unit_of(usual, part))
            for (name, part), is_known in zip(parts, has_unit, strict=True)
        ]
    trials = parts[0][1]
    for name, part in parts[1:]:
        trials = _join(trials, part, name, notes)
    provenance = replace(
        provenance, splits=_splits_of(trials, memories), typical_rounds=_rounds_of(trials, memories, parts)
    )
    return JoinedMemories(
        trials._replace(tasks=trials.tasks.assign(task_type=task_type)), provenance, tuple(notes)
    )


def _splits_of(trials: RestoredTrials, memories: Sequence[Memory]) -> dict[str, SplitKind]:
    """Return the kinds of folds of joined tasks: by content, since tasks of one name are renamed."""
    kinds: dict[str, SplitKind | None] = {}
    for memory in memories:
        own = _provenance_of(memory).splits
        # Of a table that is in several the trials of the last memory count
        kinds |= {content: own.get(task_id) for task_id, content in memory.task_hashes.items()}
    found = ((str(task_id), kinds.get(content)) for task_id, content in trials.tasks["content_hash"].items())
    return {task_id: kind for task_id, kind in found if kind is not None}


def _rounds_of(
    trials: RestoredTrials, memories: Sequence[Memory], parts: Sequence[tuple[str, RestoredTrials]]
) -> dict[str, int]:
    """Return the usual numbers of rounds of joined configurations: by content, since some are renamed.

    Of a configuration that several memories know it is the geometric mean, weighted by their trials of it.
    """
    known: dict[str, list[tuple[float, int]]] = {}
    for memory, (_, part) in zip(memories, parts, strict=True):
        n_trials = part.evaluations["config_id"].value_counts()
        for name, n_rounds in _provenance_of(memory).typical_rounds.items():
            if name in n_trials.index:
                one = (np.log(n_rounds), int(n_trials[name]))
                known.setdefault(_identity(part.configurations[name]), []).append(one)
    found = {name: known.get(_identity(one)) for name, one in trials.configurations.items()}
    return {
        name: round(float(np.exp(np.average([log for log, _ in of], weights=[n for _, n in of]))))
        for name, of in found.items()
        if of
    }


def _common_type(named: Sequence[tuple[str, Memory]]) -> str:
    """Return the task type of all memories; one of logs without a task type goes with any other."""
    first, *others = [(name, one.task_type) for name, one in named if one.task_type != ANY_TYPE] or [
        ("", ANY_TYPE)
    ]
    for name, task_type in others:
        if task_type != first[1]:
            raise UserError(
                f"{first[0]} is a memory of {first[1]} tasks, {name} of {task_type} tasks: only memories of "
                f"one task type can be merged"
            )
    return first[1]


def _in_unit_of(first: RestoredTrials, part: RestoredTrials) -> RestoredTrials:
    """Give scores of unknown unit the usual location and spread of others.

    Their order and relative distances on each task stay, but their level says nothing of the metric.
    """
    usual = _quartiles(first).median()
    own = _quartiles(part).reindex(part.evaluations["task_id"]).reset_index(drop=True)
    scores = part.evaluations["score"].reset_index(drop=True)
    spread = own["high"] - own["low"]
    shares = (scores - own["middle"]) / spread.where(spread > 0, 1.0)
    moved = usual["middle"] + shares * (usual["high"] - usual["low"])
    return part._replace(evaluations=part.evaluations.assign(score=moved.to_numpy()))


def _quartiles(trials: RestoredTrials) -> pd.DataFrame:
    scores = trials.evaluations.groupby("task_id")["score"]
    shares = {"low": 0.25, "middle": 0.5, "high": 0.75}
    return pd.DataFrame({name: scores.quantile(share) for name, share in shares.items()})


def without_tasks(
    memory: Memory,
    task_ids: Collection[str] = (),
    families: Collection[str] = (),
    *,
    parameters: MetaTrainingParameters | None = None,
    seed: int = 0,
    n_workers: int = 1,
    on_progress: OnProgress | None = None,
) -> Memory:
    """Train a memory anew without some of its tasks, as if they had never been in it.

    :meth:`foretune.meta_model.Memory.without` is quicker, but needs members that were trained without them.

    Parameters
    ----------
    memory
        As :func:`foretune.load_memory` returns it.
    task_ids, families
        Names of tasks and of families; all tasks of a family are removed.
    parameters, seed, n_workers, on_progress
        As for :func:`merge_memories`.

    Raises
    ------
    UserError
        If the memory has no such task or family, or no task is left.
    """
    check_known("task", task_ids, memory.task_hashes)
    check_known("family", families, memory.training_set.families)
    trials = restore_trials(memory)
    of_families = trials.tasks.index[trials.tasks["family"].isin(list(families))]
    removed = {*task_ids, *of_families}
    if len(removed) == len(trials.tasks):
        raise UserError(NOTHING_LEFT)
    kept = trials.without(sorted(removed))
    provenance = replace(_provenance_of(memory), splits=_splits_of(kept, [memory]))
    return train_like(memory, kept, provenance, parameters, seed, n_workers, on_progress)


def with_members_without(
    memory: Memory,
    families: Collection[str],
    n_members: int,
    *,
    parameters: MetaTrainingParameters | None = None,
    seed: int = 0,
) -> Memory:
    """Add members that have not seen some families to a memory, for :meth:`Memory.without` to keep.

    Each takes about a second; :func:`without_tasks` trains all members anew.

    Parameters
    ----------
    memory
        As :func:`foretune.load_memory` returns it.
    families
        Names of families of the memory.
    n_members
        Number of members to add; each sees a share of the other families, as the memory's own do.
    parameters
        Parameters of bags and trees; by default those of the pipeline.
    seed
        Seed of bags and trees.

    Raises
    ------
    UserError
        If the memory has no such family, or no other.
    """
    check_known("family", families, memory.training_set.families)
    restored = restore_trials(memory).meta_dataset()
    # Trees know columns by their positions
    meta_dataset = replace(
        restored,
        metafeatures=restored.metafeatures.reindex(columns=list(memory.metafeatures)),
        configurations=restored.configurations.reindex(columns=list(memory.surrogate.configuration_columns)),
    )
    excluded = meta_dataset.families.isin(list(families)).to_numpy()
    if excluded.all():
        raise UserError(NOTHING_LEFT)
    members, bags = train_members(meta_dataset, ~excluded, n_members, parameters or _like(memory), seed)
    order = meta_dataset.tasks.index.get_indexer(pd.Index(memory.task_hashes))
    seen = np.vstack([memory.training_set.seen, bags[:, order]])
    return replace(
        memory,
        surrogate=replace(memory.surrogate, members=(*memory.surrogate.members, *members)),
        training_set=memory.training_set._replace(seen=seen),
    )


def check_known(kind: str, given: Collection[str], known: Collection[str], argument: str = "") -> None:
    """Check that a memory has tasks or families of some names, given as an argument.

    Raises
    ------
    UserError
        If one is unknown, with the names that are close to it.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        prefix = f"{argument}: " if argument else ""
        hint = close_matches(unknown[0], set(known))
        raise UserError(
            f"{prefix}the memory has no {kind} {shortened(repr(unknown[0]))}{hint}: `foretune memory tasks "
            f"FOLDER` lists them"
        )


def train_like(
    first: Memory,
    trials: RestoredTrials,
    provenance: Provenance,
    parameters: MetaTrainingParameters | None = None,
    seed: int = 0,
    n_workers: int = 1,
    on_progress: OnProgress | None = None,
) -> Memory:
    """Train a memory on restored trials; without parameters with those of another memory."""
    check_seed("seed", seed)
    parameters = parameters or _like(first)
    trained = train_memory(trials.meta_dataset(), parameters, seed, n_workers, on_progress)
    return replace(trained, provenance=replace(provenance, configurations=trials.configurations))


def _like(memory: Memory) -> MetaTrainingParameters:
    """Return parameters for a training that gives a memory like another one."""
    return MetaTrainingParameters(
        target=memory.surrogate.target,
        n_members=max(len(memory.surrogate.members), FEWEST_MEMBERS),
        policy=memory.policy,
        guard=memory.guard,
    )


def _named(memories: Sequence[Memory], names: Sequence[str] | None) -> list[tuple[str, Memory]]:
    check_kind("memories", memories, (list, tuple), "a list of memories, as load_memory returns them")
    for memory in memories:
        check_kind("memories", memory, Memory, "a list of memories, as load_memory returns them")
    if len(memories) < 2:
        raise UserError(f"memories: {counted(len(memories), 'memory', 'memories')}, at least 2 can be merged")
    names = names or [f"memory {number}" for number in range(1, len(memories) + 1)]
    return list(zip(names, memories, strict=True))


def _provenance_of(memory: Memory) -> Provenance:
    # Restoring says what is wrong with a memory without one
    return memory.provenance or Provenance({})


def _join(first: RestoredTrials, second: RestoredTrials, name: str, notes: list[str]) -> RestoredTrials:
    """Join two sets of trials; those of the second replace the first's on the same tables."""
    second = _in_families_of(first, second)
    same = first.tasks["content_hash"].isin(second.tasks["content_hash"])
    if same.any():
        of_hash = pd.Series(second.tasks.index, index=second.tasks["content_hash"].to_numpy())
        replaced = [
            f"{task_id} by {other}" if (other := of_hash[[content]].iloc[0]) != task_id else task_id
            for task_id, content in first.tasks.loc[same, "content_hash"].items()
        ]
        notes.append(f"{name} has {counted(len(replaced), 'table')} again, and its trials count: "
                     f"{quoted(replaced)}")  # fmt: skip
    first = first.without(first.tasks.index[same])
    second = _with_free_names(first, second, name, notes)
    second = _with_known_configurations(first, second)
    return RestoredTrials(
        tasks=pd.concat([first.tasks, second.tasks]),
        metafeatures=_side_by_side(first.metafeatures, second.metafeatures),
        configurations={**second.configurations, **first.configurations},
        labels=_joined_labels(first.labels, second.labels),
        evaluations=pd.concat([first.evaluations, second.evaluations], ignore_index=True),
    )


def _in_families_of(first: RestoredTrials, second: RestoredTrials) -> RestoredTrials:
    """Give families of the second with a table of the first the first's name."""
    families = first.tasks.drop_duplicates("content_hash").set_index("content_hash")["family"]
    found = second.tasks["content_hash"].map(families)
    names = dict(zip(second.tasks["family"][found.notna()], found.dropna(), strict=True))
    return second._replace(tasks=second.tasks.assign(family=second.tasks["family"].replace(names)))


def _with_free_names(
    first: RestoredTrials, second: RestoredTrials, name: str, notes: list[str]
) -> RestoredTrials:
    """Rename tasks of the second that have the name of another table of the first."""
    taken = {*first.tasks.index, *second.tasks.index}
    new: dict[str, str] = {}
    for task_id in second.tasks.index.intersection(first.tasks.index):
        new[task_id] = next(free for n in count(2) if (free := f"{task_id}_{n}") not in taken)
        taken.add(new[task_id])
        notes.append(f"{task_id} of {name} is another table of this name, and is called {new[task_id]}")
    if not new:
        return second
    evaluations = second.evaluations.assign(task_id=second.evaluations["task_id"].replace(new))
    return second._replace(
        tasks=second.tasks.rename(index=new),
        metafeatures=second.metafeatures.rename(index=new),
        evaluations=evaluations,
    )


def _with_known_configurations(first: RestoredTrials, second: RestoredTrials) -> RestoredTrials:
    """Rename the second's configurations as the first's of the same content, and to names of their own."""
    known = {_identity(one): name for name, one in first.configurations.items()}
    with_default = {one.learner for one in first.configurations.values() if one.strategy == DEFAULT}
    new: dict[str, str] = {}
    configurations = {}
    taken = set(first.configurations)
    for name, one in second.configurations.items():
        identity = _identity(one)
        same = known.pop(identity, None)
        new[name] = same or (name if name not in taken else identity)
        if same is None:
            # One default of each learner: that of the first memory
            is_other = one.strategy == DEFAULT and one.learner in with_default
            configurations[new[name]] = Configuration(one.learner, one.params) if is_other else one
        taken.add(new[name])
    return second._replace(
        configurations=configurations,
        evaluations=second.evaluations.assign(config_id=second.evaluations["config_id"].map(new)),
    )


def _identity(one: Configuration) -> str:
    """Return the hash of learner and hyperparameters, in which 7.0 is 7."""
    params = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in one.params.items()
    }
    return replace(one, params=params).config_id


def _side_by_side(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    columns = list(dict.fromkeys([*first.columns, *second.columns]))
    return pd.concat([first.reindex(columns=columns), second.reindex(columns=columns)])


def _joined_labels(first: dict[str, list[str]], second: dict[str, list[str]]) -> dict[str, list[str]]:
    names = dict.fromkeys([*first, *second])
    return {name: list(dict.fromkeys([*first.get(name, []), *second.get(name, [])])) for name in names}
