"""Coordinates of encoded configurations, between which distances mean something."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

N_KNOTS = 64


class ConfigurationCoordinates:
    """Places encoded configurations in a space where distances mean something.

    A number becomes its place among the values seen, between 0 and 1, so that a logarithmic hyperparameter is
    no special case; where it is inactive it stands in the middle, and an axis of its own says so. A nominal
    value keeps its column of 0 and 1.

    Parameters
    ----------
    columns
        Names of the encoded columns; a nominal one has a ``=``.
    knots
        For each numeric column its quantiles, shape (at most 64,); empty for nominal ones.
    has_inactive
        For each column whether an axis says where it is inactive.
    """

    def __init__(
        self, columns: Sequence[str], knots: Sequence[npt.NDArray[np.float64]], has_inactive: Sequence[bool]
    ) -> None:
        self.columns = list(columns)
        self.knots = list(knots)
        self.has_inactive = list(has_inactive)

    @classmethod
    def from_configurations(
        cls, columns: Sequence[str], values: npt.NDArray[np.float64]
    ) -> ConfigurationCoordinates:
        """Read quantiles off encoded configurations, shape (n_configurations, n_columns)."""
        knots, has_inactive = [], []
        for name, column in zip(columns, values.T, strict=True):
            known = np.unique(column[np.isfinite(column)])
            if "=" in name or len(known) == 0:
                knots.append(np.empty(0))
                has_inactive.append(False)
                continue
            knots.append(np.quantile(known, np.linspace(0, 1, min(len(known), N_KNOTS))))
            has_inactive.append(bool(np.isnan(column).any()))
        return cls(columns, knots, has_inactive)

    def place(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Give the coordinates of encoded configurations, shape (n_configurations, n_axes)."""
        axes = []
        for column, knots, may_be_inactive in zip(values.T, self.knots, self.has_inactive, strict=True):
            active = np.isfinite(column)
            if len(knots) == 0:
                axes.append(np.where(active, column, 0.0))
                continue
            places = np.linspace(0, 1, len(knots)) if len(knots) > 1 else np.full(1, 0.5)
            axes.append(np.where(active, np.interp(np.where(active, column, knots[0]), knots, places), 0.5))
            if may_be_inactive:
                axes.append(active.astype(np.float64))
        return np.stack(axes, axis=1) if axes else np.zeros((len(values), 1))
