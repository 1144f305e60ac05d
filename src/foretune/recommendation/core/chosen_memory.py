"""The memory of one call: that of its score and of its learner, without some families."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from foretune.base import PATH, TaskType
from foretune.meta_model import Memory, tabulate_tasks
from foretune.recommendation.core.excluded_families import check_families, without_families
from foretune.recommendation.core.library_defaults import with_library_defaults
from foretune.recommendation.core.memory import MemorySource, load_memory
from foretune.recommendation.core.memory_files import MemoryNotFoundError, folder_of, further_metrics
from foretune.recommendation.core.merged_memory import memories_to_merge
from foretune.recommendation.core.scorers import (
    COMPARABLE,
    IN_UNITS,
    NEAREST_FIRST,
    USUAL_SCORES,
    describe_other_metric,
    metric_to_predict,
)


class ChosenMemory(NamedTuple):
    """The memory that a call starts from.

    Attributes
    ----------
    memory
        With the library defaults, without the families to leave out.
    notes
        Which metric it predicts, if that is not the one of the call.
    usual_score
        Score of a search that is given none, whichever learner it is for: that of the folder.
    """

    memory: Memory
    notes: tuple[str, ...] = ()
    usual_score: str | None = None


def choose_memory(
    memory: MemorySource,
    task_type: TaskType,
    scoring: Any = None,
    exclude_families: str | Collection[str] | None = None,
    knows: Callable[[Memory], bool] | None = None,
    n_rows: int | None = None,
) -> ChosenMemory:
    """Return the memory that a call starts from, with the library defaults.

    Parameters
    ----------
    memory
        A memory, or what :func:`.load_memory` takes as its folder.
    task_type
        Task type of the table.
    scoring
        Scorer whose metric, or the nearest one, is predicted where a folder has a memory of it.
    exclude_families
        Families of tasks to leave out.
    knows
        Whether a memory has trials of the learner that is asked for. Where that of the metric has none, a
        memory of another metric in the same folder is taken that has.
    n_rows
        Rows of the table. Where the memory of the metric knows smaller tables only, one of the same folder
        that predicts the same and knows larger ones is taken; None for a table of any size. In the memory
        that ships such a one has left boosting rounds to early stopping, so it is for callers that choose
        them on the table: the usual number of other tables may be far from the best.

    Raises
    ------
    UserError
        If the memory cannot be used, or lacks one of the families.
    """
    excluded = check_families(exclude_families)
    if isinstance(memory, list | tuple) and len(memory) == 1 and isinstance(memory[0], (Memory, *PATH)):
        # With nothing to be merged with, it is what it is alone
        (memory,) = memory
    if isinstance(memory, Memory):
        found, notes = with_library_defaults(memory, task_type), _notes_on(memory, scoring)
    else:
        found, notes = _load(memory, task_type, scoring, knows, n_rows)
    # Whatever the learner asks for
    usual = _score_of(found) if scoring is not None else _usual_score(memory, task_type)
    here = _known_here(excluded, found, memory, task_type)
    return ChosenMemory(without_families(found, here), notes, usual)


def _known_here(
    families: Sequence[str], found: Memory, source: MemorySource, task_type: TaskType
) -> list[str]:
    """Leave out families that only other memories of the folder have: it is no slip to name them."""
    here = set(found.training_set.families)
    if here.issuperset(families) or not isinstance(source, str | Path | None):
        return list(families)
    elsewhere = {name for one in _all_of(source, task_type) for name in one.training_set.families}
    return [name for name in families if name in here or name not in elsewhere]


def _all_of(source: str | Path | None, task_type: TaskType) -> list[Memory]:
    """Return the memories of a folder, that of its score first."""
    metrics = [None, *further_metrics(folder_of(source), task_type)]
    return [load_memory(task_type, source, metric) for metric in metrics]


def learners_beside(memory: MemorySource, task_type: TaskType, known: Memory) -> list[str]:
    """List the learners that only other memories of a folder have, those of other metrics; sorted.

    Parameters
    ----------
    memory, task_type
        As for :func:`choose_memory`.
    known
        The memory of the folder that a call starts from.
    """
    if not isinstance(memory, str | Path | None):
        return []
    found = {name for one in _all_of(memory, task_type) for name in _learners_of(one)}
    return sorted(found - _learners_of(known))


def _learners_of(memory: Memory) -> set[str]:
    return set() if memory.provenance is None else set(memory.provenance.learners)


def _load(
    source: str | Path | Sequence[str | Path | Memory] | None,
    task_type: TaskType,
    scoring: Any,
    knows: Callable[[Memory], bool] | None,
    n_rows: int | None = None,
) -> tuple[Memory, tuple[str, ...]]:
    asked = metric_to_predict(scoring, task_type)
    if knows is None or _is_known(source, task_type, asked, knows):
        first = load_memory(task_type, source, asked)
        if n_rows is not None:
            first = _reach_size(first, source, task_type, n_rows, knows)
        return first, _notes_on(first, scoring)
    for metric in _other_metrics(source, task_type):
        if _is_known(source, task_type, metric, knows):
            other = load_memory(task_type, source, metric)
            return other, _notes_on(other, USUAL_SCORES[task_type] if scoring is None else scoring)
    for alone in _listed(source):
        with suppress(MemoryNotFoundError):
            found, notes = _load_alone(alone, task_type, scoring, knows)
            if knows(found):
                return found, (*notes, _note_on_others(found))
    first = load_memory(task_type, source, asked)
    return first, _notes_on(first, scoring)


def _reach_size(
    first: Memory,
    source: str | Path | Sequence[str | Path | Memory] | None,
    task_type: TaskType,
    n_rows: int,
    knows: Callable[[Memory], bool] | None,
) -> Memory:
    """Return a memory of the same folder and score that knows larger tables, where the first knows none."""
    most = _most_rows(first)
    if not n_rows >= most or _score_of(first) != COMPARABLE or not isinstance(source, str | Path | None):
        return first
    for metric in further_metrics(folder_of(source), task_type):
        # Of the others each has a score of its own
        if metric in IN_UNITS:
            other = load_memory(task_type, source, metric)
            is_same = _score_of(other) == COMPARABLE and (knows is None or knows(other))
            if is_same and _most_rows(other) > most:
                first, most = other, _most_rows(other)
    return first


def _most_rows(memory: Memory) -> float:
    """Return the rows of the largest table that a memory knows; NaN if it does not say."""
    return float(tabulate_tasks(memory)["n_rows"].max())


def _listed(source: MemorySource) -> Sequence[str | Path | Memory]:
    """Return the memories of a list; none if it is no list."""
    return source if isinstance(source, Sequence) and not isinstance(source, str) else ()


def _is_known(
    source: str | Path | Sequence[str | Path | Memory] | None,
    task_type: TaskType,
    metric: str | None,
    knows: Callable[[Memory], bool],
) -> bool:
    """Return whether one of the memories of a metric, which would be merged, knows what is asked for."""
    if listed := _listed(source):
        # Merging takes minutes, and knows what one of them does
        return any(map(knows, memories_to_merge(task_type, listed, metric=metric)))
    return knows(load_memory(task_type, source, metric))


def _other_metrics(
    source: str | Path | Sequence[str | Path | Memory] | None, task_type: TaskType
) -> list[str | None]:
    places = source if isinstance(source, Sequence) and not isinstance(source, str) else [source]
    folders = [folder_of(one) for one in places if not isinstance(one, Memory)]
    metrics = {metric: None for one in folders for metric in further_metrics(one, task_type)}
    return list(dict.fromkeys([None, *(name for name in NEAREST_FIRST if name in metrics), *metrics]))


def _load_alone(
    source: str | Path | Memory, task_type: TaskType, scoring: Any, knows: Callable[[Memory], bool]
) -> tuple[Memory, tuple[str, ...]]:
    if isinstance(source, Memory):
        return with_library_defaults(source, task_type), _notes_on(source, scoring)
    return _load(source, task_type, scoring, knows)


def _note_on_others(memory: Memory) -> str:
    score = _score_of(memory)
    return (
        f"of the memories in the list the one of {score or 'an unknown score'} with "
        f"{len(memory.task_hashes)} tasks counts alone: no score that all of them predict has "
        "trials of what is searched"
    )


def _usual_score(source: MemorySource, task_type: TaskType) -> str | None:
    if isinstance(source, Memory):
        return _score_of(source)
    if listed := _listed(source):
        scores = map(_score_of, memories_to_merge(task_type, listed))
        return next((score for score in scores if score is not None), None)
    return _score_of(load_memory(task_type, source))


def _notes_on(memory: Memory, scoring: Any) -> tuple[str, ...]:
    return tuple(describe_other_metric(scoring, _score_of(memory)))


def _score_of(memory: Memory) -> str | None:
    return None if memory.provenance is None else memory.provenance.score
