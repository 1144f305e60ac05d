"""Dimensions of a search space for other libraries: float ranges, integer ranges and nominal positions.

Stepped integers and ordered choices become ranges of positions, nominal choices unordered positions. So every
library searches the same space, and None, booleans and numbers are decoded as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from foretune.base import is_number
from foretune.spaces.conditions import is_active, parents_first
from foretune.spaces.hyperparameters import Choice, FloatRange, Hyperparameter, Hyperparameters, IntegerRange

Point = dict[str, float]
"""A configuration in a library's terms: a number for each dimension."""


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter in a library's terms.

    Attributes
    ----------
    name, hyperparameter
        The hyperparameter and its name.
    kind
        ``float``, ``integer`` (ordered) or ``nominal`` (unordered).
    low, high
        Bounds, both included.
    log
        Whether to search on a logarithmic scale.
    values
        The values at the positions 0, 1, ...; None where the number itself is the value.
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
        """Centre of the range, used where the hyperparameter is inactive."""
        middle = (self.low * self.high) ** 0.5 if self.log else (self.low + self.high) / 2
        return middle if self.kind == "float" else round(middle)

    def decode(self, number: float) -> Any:
        """Convert a number to the value of the hyperparameter, rounded as the space itself rounds."""
        if isinstance(self.hyperparameter, FloatRange):
            # Rounded as FloatRange.at, so that the printed value is the evaluated one
            return min(max(float(f"{number:.6g}"), self.hyperparameter.low), self.hyperparameter.high)
        position = int(min(max(round(number), self.low), self.high))
        return position if self.values is None else self.values[position]

    def encode(self, value: Any) -> float | None:
        """Convert a value to its number; None if it is not in the space."""
        if self.values is not None:
            # repr distinguishes True from 1
            matches = [position for position, known in enumerate(self.values) if repr(known) == repr(value)]
            return matches[0] if matches else None
        if not is_number(value):
            return None
        whole = self.kind == "float" or isinstance(value, int)
        return value if whole and self.low <= value <= self.high else None


def dimensions_of(hyperparameters: Hyperparameters) -> list[Dimension]:
    """Convert a search space to dimensions, parents before children."""
    return [_dimension(name, hyperparameters[name]) for name in parents_first(hyperparameters)]


def decode_point(dimensions: list[Dimension], point: Mapping[str, float]) -> dict[str, Any]:
    """Convert a point to the active hyperparameters, parents first; missing dimensions are inactive."""
    params: dict[str, Any] = {}
    for dimension in dimensions:
        if dimension.name in point and is_active(dimension.hyperparameter, params):
            params[dimension.name] = dimension.decode(point[dimension.name])
    return params


def encode_params(dimensions: list[Dimension], params: Mapping[str, Any]) -> Point | None:
    """Convert hyperparameters to a point; inactive dimensions take their centre.

    Returns
    -------
    dict or None
        None if the configuration is not in the space. Floats may have more digits than the space allows.
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


def _dimension(name: str, hyperparameter: Hyperparameter) -> Dimension:
    if isinstance(hyperparameter, Choice):
        values = hyperparameter.choices
        numbers = [value for value in values if is_number(value)]
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
