"""Points of a search space as rows of quantiles, thousands at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.recommendation.search_cv.own_space import MIDDLE, NOMINAL, Branch
from foretune.recommendation.search_cv.searched_parameter import SearchedParameter

# Quantiles by which the values of a range of whole numbers are found
N_KNOTS = 2_048
# Digits of a quantile that tell points apart
DIGITS = 6
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class QuantileBranch:
    """Points of one branch as rows of quantiles, shape (n_points, n_parameters)."""

    branch: Branch

    @cached_property
    def _parameters(self) -> list[SearchedParameter]:
        return list(self.branch.parameters.values())

    @cached_property
    def _knots(self) -> list[Floats | None]:
        """Quantiles of the values at equal steps; None for a range without gaps."""
        return [_find_knots(one) for one in self._parameters]

    def snap(self, quantiles: Floats) -> Floats:
        """Return the rows with the quantiles of the values themselves, and the middle for what is inactive.

        Equal points have equal rows.
        """
        snapped = np.round(quantiles, DIGITS)
        for at, knots in enumerate(self._knots):
            if knots is not None:
                places = (quantiles[:, at] * len(knots)).astype(int)
                snapped[:, at] = knots[np.clip(places, 0, len(knots) - 1)]
        return np.where(self._are_active(snapped), snapped, MIDDLE)

    def coordinates(self, snapped: Floats) -> Floats:
        """Return coordinates of rows from :meth:`snap`, as those of the space, shape (n_points, n_axes)."""
        active = self._are_active(snapped)
        axes = []
        for at, one in enumerate(self._parameters):
            if one.n_values == 1:
                continue
            if one.is_ordered:
                axes.append(snapped[:, at])
            else:
                chosen = (snapped[:, at] * one.n_values).astype(int)
                axes += [NOMINAL * (active[:, at] & (chosen == value)) for value in range(int(one.n_values))]
        return np.array(axes, dtype=np.float64).reshape(len(axes), len(snapped)).T

    def find(self, params: Mapping[str, Any]) -> Floats:
        """Return the row of quantiles of values that are in the space."""
        places = [
            one.find(params[name]) if name in params else MIDDLE
            for name, one in self.branch.parameters.items()
        ]
        row = np.array([[MIDDLE if one is None else one for one in places]], dtype=np.float64)
        return np.asarray(self.snap(row)[0], dtype=np.float64)

    def all(self) -> Floats:
        """Return the rows of all points of a finite branch."""
        values = [np.unique(knots) for knots in self._knots if knots is not None]
        if len(values) < len(self._knots):
            raise ValueError("the branch has ranges without end")
        if not values:
            return np.zeros((1, 0))
        grid = np.stack(np.meshgrid(*values, indexing="ij"), axis=-1).reshape(-1, len(values))
        return np.unique(self.snap(grid), axis=0)

    def _are_active(self, quantiles: Floats) -> npt.NDArray[np.bool_]:
        active = np.ones(quantiles.shape, dtype=bool)
        place = {name: at for at, name in enumerate(self.branch.parameters)}
        for at, one in enumerate(self._parameters):
            for parent, allowed in one.when.items():
                values = map(self._parameters[place[parent]].at, quantiles[:, place[parent]])
                active[:, at] &= active[:, place[parent]] & np.array(
                    [value in allowed for value in values], dtype=bool
                )
        return active


def _find_knots(parameter: SearchedParameter) -> Floats | None:
    if parameter.values is not None:
        n = len(parameter.values)
        return (np.arange(n) + 0.5) / n
    if not np.isfinite(parameter.n_values):
        return None
    places = (np.arange(N_KNOTS) + 0.5) / N_KNOTS
    found = list(_places_of(parameter, places))
    return np.array(found, dtype=np.float64)


def _places_of(parameter: SearchedParameter, quantiles: Floats) -> Iterator[float]:
    for quantile in quantiles:
        place = parameter.find(parameter.at(float(quantile)))
        yield float(quantile) if place is None else place
