"""Coordinates of encoded configurations for distances between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

N_KNOTS = 64


class ConfigurationCoordinates:
    """Coordinates of encoded configurations with meaningful distances.

    A number becomes its quantile among the values seen, so that a logarithmic hyperparameter is no special
    case. Where it is inactive it is 0.5, and an axis of its own is 0. A nominal value keeps its column of 0
    and 1.

    Parameters
    ----------
    columns
        Names of the encoded columns; those of nominal values contain ``=``.
    knots
        Quantiles of each numeric column, shape (at most 64,); empty for nominal ones.
    has_inactive
        Whether each column has an axis for its activity.
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
        """Compute the quantiles from encoded configurations, shape (n_configurations, n_columns)."""
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
        """Return the coordinates of encoded configurations, shape (n_configurations, n_axes)."""
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
