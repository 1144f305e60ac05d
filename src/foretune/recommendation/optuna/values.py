"""Conversion of values between a memory and Optuna distributions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from foretune.recommendation.core import NO_VALUE, is_finite_number
from foretune.spaces import is_number_text

# Maximum distance of a value from the grid, in steps
HALF_STEP = 0.5
# Standard deviation of random changes, relative to the width of the range
NUDGE = 0.12


def fit_value(value: object, distribution: BaseDistribution) -> Any:
    """Convert a memory's value to a value of a distribution, or ``NO_VALUE``.

    Integers, steps and lists of numbers take the nearest value in their range. Choices are compared by value,
    then by text (None and ``"None"``).
    """
    if isinstance(distribution, CategoricalDistribution):
        return _fit_choice(value, distribution.choices)
    if not is_finite_number(value):
        return NO_VALUE
    number = float(value)
    step = _step(distribution)
    slack = HALF_STEP * (step or 0.0)
    if not distribution.low - slack <= number <= distribution.high + slack:  # type: ignore[attr-defined]
        return NO_VALUE
    return _on_grid(number, distribution)  # type: ignore[arg-type]


def draw_value(
    distribution: BaseDistribution, is_usable: Callable[[Any], bool], rng: np.random.Generator
) -> Any:
    """Draw a value of a distribution; of choices only usable ones, ``NO_VALUE`` if there is none."""
    if isinstance(distribution, CategoricalDistribution):
        usable = [choice for choice in distribution.choices if is_usable(choice)]
        return usable[int(rng.integers(len(usable)))] if usable else NO_VALUE
    return _at_share(float(rng.random()), distribution)  # type: ignore[arg-type]


def nudge_value(value: object, distribution: BaseDistribution, rng: np.random.Generator) -> Any:
    """Change a number slightly at random within its range; other values are kept."""
    fitted = fit_value(value, distribution)
    if fitted is NO_VALUE or isinstance(distribution, CategoricalDistribution):
        return fitted
    low, high = _ends(distribution)  # type: ignore[arg-type]
    place = math.log(fitted) if distribution.log else float(fitted)  # type: ignore[attr-defined]
    share = (place - low) / (high - low) if high > low else 0.0
    return _at_share(float(np.clip(share + NUDGE * rng.standard_normal(), 0.0, 1.0)), distribution)  # type: ignore[arg-type]


def _fit_choice(value: object, choices: Sequence[Any]) -> Any:
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    for choice in choices:
        if is_finite_number(choice) and is_finite_number(value) and choice == value:
            return choice
    for choice in choices:
        if str(choice) == str(value):
            return choice
    numbers = [
        (float(choice), choice)
        for choice in choices
        if is_finite_number(choice) or (isinstance(choice, str) and is_number_text(choice))
    ]
    if not is_finite_number(value) or not numbers:
        return NO_VALUE
    wanted = float(value)
    within = min(number for number, _ in numbers) <= wanted <= max(number for number, _ in numbers)
    return min(numbers, key=lambda one: abs(one[0] - wanted))[1] if within else NO_VALUE


def _step(distribution: BaseDistribution) -> float | None:
    step = distribution.step  # type: ignore[attr-defined]
    return None if step is None else float(step)


def _ends(distribution: IntDistribution | FloatDistribution) -> tuple[float, float]:
    low, high = float(distribution.low), float(distribution.high)
    return (math.log(low), math.log(high)) if distribution.log else (low, high)


def _at_share(share: float, distribution: IntDistribution | FloatDistribution) -> int | float:
    low, high = _ends(distribution)
    place = low + share * (high - low)
    return _on_grid(math.exp(place) if distribution.log else place, distribution)


def _on_grid(number: float, distribution: IntDistribution | FloatDistribution) -> int | float:
    if isinstance(distribution, IntDistribution):
        most = (distribution.high - distribution.low) // distribution.step
        steps = round((number - distribution.low) / distribution.step)
        return int(distribution.low + distribution.step * min(max(steps, 0), most))
    low, high = distribution.low, distribution.high
    if distribution.step is None:
        # Six digits for printing; the exact ends
        return min(max(float(f"{number:.6g}"), low), high)
    steps = round((min(max(number, low), high) - low) / distribution.step)
    return min(low + steps * distribution.step, high)
