"""Candidates as points between which distances mean something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.spaces.encoding import LEARNER

# Where an inactive number is put: no nearer to one end of the range than to the other
MIDDLE = 0.5


def is_nominal(column: str) -> bool:
    """Whether an encoded column (see :class:`ConfigurationEncoder`) stands for one value of a nominal one."""
    return "=" in column


def scale_to_unit(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Put the distinct values of a number at equal steps from 0 to 1.

    A pool samples its hyperparameter as densely as its makers thought it matters, so steps between the values
    that occur need not be told whether the range is logarithmic.

    Parameters
    ----------
    values
        Shape (n,), NaN where inactive, which stays NaN.

    Returns
    -------
    numpy.ndarray
        Same shape; a single distinct value is put at the middle.
    """
    known = np.isfinite(values)
    distinct, ranks = np.unique(values[known], return_inverse=True)
    scaled = np.full(values.shape, np.nan)
    scaled[known] = ranks / (len(distinct) - 1) if len(distinct) > 1 else MIDDLE
    return scaled


@dataclass(frozen=True)
class CandidateFeatures:
    """Candidates as points of the unit cube.

    Attributes
    ----------
    structure
        Learner, and which hyperparameters are active: 0 or 1, shape (n_candidates, n_structure_features).
    settings
        Values of the hyperparameters, shape (n_candidates, n_settings_features).
    """

    structure: npt.NDArray[np.float64]
    settings: npt.NDArray[np.float64]

    @classmethod
    def of(cls, candidates: pd.DataFrame) -> CandidateFeatures:
        """Describe encoded configurations.

        Parameters
        ----------
        candidates
            Shape (n_candidates, n_columns), NaN where inactive. A number is scaled by :func:`scale_to_unit`
            and put at the middle where it is inactive; whether it is active belongs to the structure. The 0
            and 1 of nominal values stay as they are. Features that are constant or repeat another one are
            left out: twenty hyperparameters of one learner must not say twenty times that it is another
            learner.
        """
        structure: list[npt.NDArray[np.float64]] = []
        settings: list[npt.NDArray[np.float64]] = []
        for name in map(str, candidates.columns):
            values = candidates[name].to_numpy(dtype=np.float64)
            if not is_nominal(name):
                scaled = scale_to_unit(values)
                structure.append(np.isfinite(values).astype(np.float64))
                settings.append(np.where(np.isnan(scaled), MIDDLE, scaled))
            elif name.partition("=")[0] == LEARNER:
                structure.append(values)
            else:
                settings.append(values)
        n = len(candidates)
        return cls(_distinct(structure, n), _distinct(settings, n))


def _distinct(features: list[npt.NDArray[np.float64]], n: int) -> npt.NDArray[np.float64]:
    by_content = {feature.tobytes(): feature for feature in features if np.ptp(feature) > 0}
    return np.column_stack(list(by_content.values())) if by_content else np.zeros((n, 1))
