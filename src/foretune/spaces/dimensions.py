"""Search spaces as other libraries understand them: ranges of floats, ranges of integers, and names.

Stepped integers and ordered choices become ranges of positions, nominal choices positions without an order:
so every library sees the same space, and None, booleans and numbers come back as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

from foretune.spaces.conditions import is_active, parents_first
from foretune.spaces.hyperparameters import Choice, FloatRange, Hyperparameter, Hyperparameters, IntegerRange

Point = dict[str, float]
"""A configuration as a library sees it: a number for each of its dimensions."""


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter as a library sees it.

    Attributes
    ----------
    name, hyperparameter
        What it stands for.
    kind
        ``float`` and ``integer`` are ordered, ``nominal`` is not.
    low, high
        Bounds, both included.
    log
        Whether to search it in the logarithm.
    values
        The values that the positions from 0 on stand for; None where the number is the value.
    """

    name: str
    hyperparameter: Hyperparameter
    kind: Literal["float", "integer", "nominal"]
    low: float
    high: float
    log: bool = False
    values: tuple[Any, ...] | None = None

    @property
    def centre(self) -> float:
        """A number for where the hyperparameter is inactive."""
        middle = (self.low * self.high) ** 0.5 if self.log else (self.low + self.high) / 2
        return middle if self.kind == "float" else round(middle)

    def decode(self, number: float) -> Any:
        """Give the value that a number stands for, as the hyperparameter itself would."""
        if isinstance(self.hyperparameter, FloatRange):
            # As FloatRange.at rounds: what is printed is what is evaluated
            return min(max(float(f"{number:.6g}"), self.hyperparameter.low), self.hyperparameter.high)
        position = int(min(max(round(number), self.low), self.high))
        return position if self.values is None else self.values[position]

    def encode(self, value: Any) -> float | None:
        """Give the number that stands for a value; None if it is not in the space."""
        if self.values is not None:
            # repr tells True from 1
            matches = [position for position, known in enumerate(self.values) if repr(known) == repr(value)]
            return matches[0] if matches else None
        if not _is_number(value):
            return None
        whole = self.kind == "float" or isinstance(value, int)
        return value if whole and self.low <= value <= self.high else None


def dimensions_of(hyperparameters: Hyperparameters) -> list[Dimension]:
    """Translate a search space, parents before those whose condition names them."""
    return [_dimension(name, hyperparameters[name]) for name in parents_first(hyperparameters)]


def decode_point(dimensions: list[Dimension], point: Mapping[str, float]) -> dict[str, Any]:
    """Give the active hyperparameters, parents first; what the point lacks counts as inactive."""
    params: dict[str, Any] = {}
    for dimension in dimensions:
        if dimension.name in point and is_active(dimension.hyperparameter, params):
            params[dimension.name] = dimension.decode(point[dimension.name])
    return params


def encode_params(dimensions: list[Dimension], params: Mapping[str, Any]) -> Point | None:
    """Give each dimension a number, inactive ones their centre.

    Returns
    -------
    dict or None
        None if the space has no such configuration. Floats may have more digits than the space's own.
    """
    point: Point = {}
    for dimension in dimensions:
        if not is_active(dimension.hyperparameter, params):
            point[dimension.name] = dimension.centre
            continue
        number = dimension.encode(params[dimension.name]) if dimension.name in params else None
        if number is None:
            return None
        point[dimension.name] = number
    return point if decode_point(dimensions, point).keys() == params.keys() else None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dimension(name: str, hyperparameter: Hyperparameter) -> Dimension:
    if isinstance(hyperparameter, Choice):
        values = hyperparameter.choices
        numbers = [value for value in values if _is_number(value)]
        if len(numbers) == len(values) > 1:
            return _positions(name, hyperparameter, "integer", tuple(sorted(numbers)))
        return _positions(name, hyperparameter, "nominal", tuple(values))
    if isinstance(hyperparameter, FloatRange):
        return Dimension(
            name, hyperparameter, "float", hyperparameter.low, hyperparameter.high, hyperparameter.log
        )
    if hyperparameter.step > 1:
        steps = range(hyperparameter.low, hyperparameter.high + 1, hyperparameter.step)
        return _positions(name, hyperparameter, "integer", tuple(steps))
    return Dimension(
        name, hyperparameter, "integer", hyperparameter.low, hyperparameter.high, hyperparameter.log
    )


def _positions(
    name: str,
    hyperparameter: IntegerRange | Choice,
    kind: Literal["integer", "nominal"],
    values: tuple[Any, ...],
) -> Dimension:
    return Dimension(name, hyperparameter, kind, 0, len(values) - 1, values=values)
