"""Features of candidate configurations for distances and kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.spaces.encoding import LEARNER

# Value of an inactive number: equally far from both ends of the range
MIDDLE = 0.5


def is_nominal(column: str) -> bool:
    """Whether a column of :class:`ConfigurationEncoder` is the indicator of a nominal value."""
    return "=" in column


def scale_to_unit(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Scale a numeric hyperparameter to [0, 1] by the ranks of its distinct values.

    Ranks need no knowledge of a logarithmic range: a pool samples a hyperparameter more densely where it
    matters.

    Parameters
    ----------
    values
        Shape (n,); NaN where inactive, and kept so.

    Returns
    -------
    numpy.ndarray
        Same shape; a single distinct value becomes 0.5.
    """
    known = np.isfinite(values)
    distinct, ranks = np.unique(values[known], return_inverse=True)
    scaled = np.full(values.shape, np.nan)
    scaled[known] = ranks / (len(distinct) - 1) if len(distinct) > 1 else MIDDLE
    return scaled


@dataclass(frozen=True)
class CandidateFeatures:
    """Candidate configurations as points of the unit cube.

    Attributes
    ----------
    structure
        Indicators of the learner and of active hyperparameters, 0 or 1, shape (n_candidates,
        n_structure_features).
    settings
        Values of the hyperparameters, shape (n_candidates, n_settings_features).
    """

    structure: npt.NDArray[np.float64]
    settings: npt.NDArray[np.float64]

    @classmethod
    def of(cls, candidates: pd.DataFrame) -> CandidateFeatures:
        """Compute the features of encoded configurations.

        Parameters
        ----------
        candidates
            Shape (n_candidates, n_columns), NaN where inactive. A number is scaled by :func:`scale_to_unit`,
            or is 0.5 where it is inactive; its activity is part of the structure. The 0 and 1 of nominal
            values are kept. Constant and duplicate features are left out, so that a learner with twenty
            hyperparameters does not count twenty times.
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
