"""Steps of a program by what they depend on: those that a search runs once, and those of each trial."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """A step of a program, with the names of what it reads and makes."""

    name: str
    inputs: frozenset[str]
    outputs: frozenset[str]


class StepSplit(NamedTuple):
    """Steps that do not depend on what a search changes, and those that do.

    Attributes
    ----------
    once, each
        Names of the steps that run once, and of those that run in each trial, in their order.
    kept
        What the first make and the others read.
    """

    once: tuple[str, ...]
    each: tuple[str, ...]
    kept: frozenset[str]


def split_steps(steps: Sequence[Step], changed: Collection[str]) -> StepSplit:
    """Split the steps of a program by whether they depend on what a search changes.

    Parameters
    ----------
    steps
        Steps, each after those whose outputs it reads.
    changed
        Names of the inputs that change.
    """
    touched = set(changed)
    once: list[Step] = []
    each: list[Step] = []
    for step in steps:
        if step.inputs & touched:
            each.append(step)
            touched |= step.outputs
        else:
            once.append(step)
    made = _joined(step.outputs for step in once)
    read = _joined(step.inputs for step in each)
    return StepSplit(
        tuple(step.name for step in once), tuple(step.name for step in each), frozenset(made & read)
    )


def touches(parameter: str, changed: str) -> bool:
    """Whether a value, or a group of values, has one that changes, or is a part of it; by dotted names."""
    longer, shorter = sorted((f"{parameter}.", f"{changed}."), key=len, reverse=True)
    return longer.startswith(shorter)


def _joined(sets: Iterable[frozenset[str]]) -> set[str]:
    return {name for one in sets for name in one}
