"""Provenance of memories that become one: what must agree, and what is taken where they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foretune.base import TASK_TYPES, UserError, quoted
from foretune.meta_model.cost_model import CostModel
from foretune.meta_model.provenance import Provenance
from foretune.metafeatures import MetafeatureExtractor
from foretune.spaces import LearnerSpace

Named = Sequence[tuple[str, Provenance]]
# Caps that change values, and not only whether there are any
CAPS = ("max_rows", "max_columns")


def join_provenance(named: Named, task_type: str) -> tuple[Provenance, list[str]]:
    """Join the provenances of memories.

    Parameters
    ----------
    named
        Each with the name of its memory.
    task_type
        Task type of the memories.

    Returns
    -------
    Provenance, list of str
        The former without what goes by names of tasks and configurations, and notes on what was taken where
        the memories differ.

    Raises
    ------
    UserError
        If their scores are different metrics, or their metafeatures were computed differently.
    """
    notes: list[str] = []
    _check_scores(named, notes)
    joined = Provenance(
        {},
        score=next((one.score for _, one in named if one.score is not None), None),
        spaces=_join_spaces(named, task_type, notes),
        metafeature_settings=_join_settings(named, notes),
        preprocessing=_first_of(named, "preprocessing", lambda one: one.preprocessing, notes),
        n_folds=_first_of(named, "number of folds", lambda one: one.n_folds, notes),
        costs=_join_costs(named),
        early_stopping=_first_of(named, "early stopping", lambda one: one.early_stopping, notes),
    )
    return joined, notes


def _check_scores(named: Named, notes: list[str]) -> None:
    (first, one), *others = [(name, one) for name, one in named if one.score is not None] or named
    unnamed = [name for name, other in named if other.score is None]
    if unnamed and one.score is not None:
        verb = "does not name its score, whose" if len(unnamed) == 1 else "do not name their scores, whose"
        notes.append(f"{quoted(unnamed)} {verb} order counts beside {one.score}, not the level")
    for name, other in others:
        if other.score != one.score:
            raise UserError(
                f"{first} predicts {one.score or 'a score without a name'}, {name} "
                f"{other.score or 'a score without a name'}: only memories of the same metric can be merged; "
                f"train one with hpo.score, or meta_training.metrics, of the other"
            )
    if one.score is None:
        notes.append("no memory names its score: all are taken to be of the same metric")


def _first_of(named: Named, what: str, read: Callable[[Provenance], Any], notes: list[str]) -> Any:
    """Return a value of the first memory, and note that it differs from another's."""
    (first, one), *others = named
    if different := [name for name, other in others if read(other) != read(one)]:
        verb = "has" if len(different) == 1 else "have"
        notes.append(f"{what}: {quoted(different)} {verb} another, that of '{first}' is taken")
    return read(one)


def _join_spaces(named: Named, task_type: str, notes: list[str]) -> dict[str, LearnerSpace]:
    used: dict[str, set[str]] = {}
    for _, one in named:
        for configuration in one.configurations.values():
            used.setdefault(configuration.learner, set()).update(configuration.params)
    spaces = {}
    for learner, names in sorted(used.items()):
        known = [(name, one.spaces[learner]) for name, one in named if learner in one.spaces]
        if not known or task_type not in TASK_TYPES:
            continue
        fitting = [one for one in known if names <= set(one[1].of(task_type))]
        if not fitting:
            notes.append(
                f"search space of {learner}: none has all of its hyperparameters, so that no new "
                f"configurations of it are drawn"
            )
            continue
        name, spaces[learner] = fitting[0]
        if any(space != spaces[learner] for _, space in known):
            notes.append(f"search space of {learner}: they differ, that of '{name}' is taken")
    return spaces


def _join_settings(named: Named, notes: list[str]) -> dict[str, Any] | None:
    """Return the settings of the extractor with the groups of all; None if no memory has any."""
    known = [
        (name, MetafeatureExtractor.from_settings(one.metafeature_settings).settings())
        for name, one in named
        if one.metafeature_settings is not None
    ]
    if not known:
        return None
    (first, joined), *others = known
    for name, settings in others:
        for what, one, other in _differences(joined, settings):
            if what != "random_state":
                raise UserError(
                    f"the metafeatures of {first} and {name} cannot be compared: metafeatures.{what} is "
                    f"{one} in one and {other} in the other; run metafeatures and meta_training with the "
                    f"settings of {first}"
                )
            notes.append(f"seed of the metafeatures: they differ, that of '{first}' is taken")
        groups = list(dict.fromkeys([*joined["groups"], *settings["groups"]]))
        joined = {**joined, "groups": groups, "caps": {**settings["caps"], **joined["caps"]}}
    if len(known) < len(named):
        without = [name for name, one in named if one.metafeature_settings is None]
        notes.append(f"metafeatures: those of {quoted(without)} come from elsewhere, and count by name")
    return joined


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    found = [
        (name, one[name], other[name])
        for name in one
        if name not in ("groups", "caps") and one[name] != other[name]
    ]
    shared = [group for group in one["caps"] if group in other["caps"]]
    caps = [(f"caps.{group}.{name}", one["caps"][group], other["caps"][group], name)
            for group in shared for name in CAPS]  # fmt: skip
    return [(what, a[name], b[name]) for what, a, b, name in caps if a[name] != b[name]] + found


def _join_costs(named: Named) -> CostModel | None:
    """Return the costs of each learner by the first memory that knows them: machines differ."""
    known = [one.costs for _, one in named if one.costs is not None]
    if not known:
        return None
    learners = {name: cost for one in reversed(known) for name, cost in one.learners.items()}
    return known[0].model_copy(update={"learners": learners})
