"""Search spaces of learners found in their trials: ranges, logarithmic scales and conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from foretune.base import is_number
from foretune.spaces import (
    Choice,
    Configuration,
    FloatRange,
    Hyperparameter,
    IntegerRange,
    LearnerSpace,
)

# Ranges of a parameter by its name: low, high, and whether the scale is logarithmic
Ranges = Mapping[str, tuple[float, float, bool]]
# Within a smaller ratio of the ends both scales are nearly the same
LEAST_RATIO = 10.0
MOST_CHOICES = 50
# For these scikit-learn reads 1 as a single one and 1.0 as all
SHARES = ("max_features", "max_samples")


class SpaceNotFoundError(ValueError):
    """The trials of a learner show no search space; the message gives the reason."""


def find_space(tried: Sequence[Sequence[Configuration]], ranges: Ranges) -> LearnerSpace:
    """Find the search space of a learner.

    Parameters
    ----------
    tried
        Configurations that each task has tried.
    ranges
        What the tools say of the ranges; of other numbers they are those of the values, and the scale is the
        one on which the values are spread more evenly.

    Returns
    -------
    LearnerSpace
        Of both task types. A hyperparameter is conditional where one nominal hyperparameter tells in which
        trials it is set; on tasks where it is never set it was not searched.

    Raises
    ------
    SpaceNotFoundError
        If no hyperparameter tells when another is set, or one has numbers and many texts.
    """
    everything = [one for configurations in tried for one in configurations]
    names = sorted({name for one in everything for name in one.params})
    space: dict[str, Any] = {}
    for name in names:
        values = [one.params[name] for one in everything if name in one.params]
        space[name] = _describe(name, values, ranges.get(name))
    for name in names:
        if when := _find_condition(name, tried, space):
            space[name] = space[name].model_copy(update={"when": when})
    try:
        return LearnerSpace(shared=space)
    except ValidationError as error:
        raise SpaceNotFoundError(error.errors()[0]["msg"]) from None


def _describe(name: str, values: Sequence[Any], told: tuple[float, float, bool] | None) -> Hyperparameter:
    if not all(is_number(value) for value in values):
        choices = list({repr(value): value for value in values}.values())
        if len(choices) > MOST_CHOICES:
            raise SpaceNotFoundError(f"'{name}' has {len(choices)} different values, numbers and texts")
        return Choice(type="choice", choices=sorted(choices, key=lambda one: (str(type(one)), str(one))))
    numbers = np.unique(np.array(values, dtype=np.float64))
    low, high = float(numbers[0]), float(numbers[-1])
    if told is not None:
        low, high = min(low, told[0]), max(high, told[1])
    if low == high:
        return Choice(type="choice", choices=[values[0]])
    is_log = low > 0 and (is_logarithmic(numbers) if told is None else told[2])
    if all(isinstance(value, int) for value in values) and name not in SHARES:
        return IntegerRange(type="integer", low=int(low), high=int(high), log=is_log)
    return FloatRange(type="float", low=low, high=high, log=is_log)


def is_logarithmic(numbers: npt.NDArray[np.float64]) -> bool:
    """Whether distinct sorted numbers are spread more evenly on a logarithmic scale than on a linear one."""
    if len(numbers) < 3 or numbers[0] <= 0 or numbers[-1] / numbers[0] < LEAST_RATIO:
        return False
    return _unevenness(np.log(numbers)) < _unevenness(numbers)


def _unevenness(numbers: npt.NDArray[np.float64]) -> float:
    """Return the largest distance between the places of numbers and even ones, between 0 and 1."""
    places = (numbers - numbers[0]) / (numbers[-1] - numbers[0])
    return float(np.abs(places - np.linspace(0, 1, len(numbers))).max())


def _find_condition(
    name: str, tried: Sequence[Sequence[Configuration]], space: Mapping[str, Hyperparameter]
) -> dict[str, list[Any]]:
    """Return the values of a nominal hyperparameter with which another is set; empty if it always is."""
    # On a task where it is never set it was not searched
    having = [one for task in tried if any(name in one.params for one in task) for one in task]
    if all(name in one.params for one in having):
        return {}
    for parent, described in space.items():
        if parent == name or not isinstance(described, Choice) or described.when:
            continue
        if not all(parent in one.params for one in having):
            continue
        with_it = {repr(one.params[parent]) for one in having if name in one.params}
        if with_it.isdisjoint(repr(one.params[parent]) for one in having if name not in one.params):
            return {parent: [value for value in described.choices if repr(value) in with_it]}
    raise SpaceNotFoundError(f"nothing tells when '{name}' is set")
