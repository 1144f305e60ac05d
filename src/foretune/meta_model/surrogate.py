"""Surrogate: ensemble of boosted trees that predicts scores from metafeatures and configurations."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.meta_model.boosting import finite_or_missing, predict_booster
from foretune.meta_model.ensemble import Member, with_main_effect
from foretune.meta_model.parameters import TargetKind
from foretune.spaces import ConfigurationEncoder


@dataclass(frozen=True)
class Surrogate:
    """Ensemble that predicts the scores of configurations on a task.

    Attributes
    ----------
    target
        Normalisation of scores in training.
    metafeatures, configuration_columns
        Names of the input columns, in order: metafeatures first.
    members
        Members of the ensemble, whose mean is calibrated by ``line``.
    line
        Intercept and slope of the calibration of held-out predictions.
    """

    target: TargetKind
    metafeatures: tuple[str, ...]
    configuration_columns: tuple[str, ...]
    members: tuple[Member, ...] = field(repr=False)
    line: tuple[float, float]

    @property
    def encoder(self) -> ConfigurationEncoder:
        """Encoder of raw configurations."""
        return ConfigurationEncoder(self.configuration_columns)

    def predict_target(
        self, metafeatures: pd.Series, configurations: pd.DataFrame
    ) -> npt.NDArray[np.float64]:
        """Predict normalised scores, comparable within the task.

        Parameters
        ----------
        metafeatures
            Metafeatures of one task, indexed by name; unknown names are ignored, missing ones are NaN.
        configurations
            Encoded configurations, shape (n_configurations, n_columns).

        Returns
        -------
        numpy.ndarray
            Shape (n_configurations,), higher is better.

        Raises
        ------
        ValueError
            If columns of the training's search space are missing.
        """
        encoded = self._encoded(configurations)
        described = self._described(metafeatures)
        tiled = np.tile(described, (len(encoded), 1))
        predictions = [
            predict_booster(
                member.regressor, np.hstack([tiled, with_main_effect(member.main_effect, encoded)])
            )
            for member in self.members
        ]
        mean = np.asarray(np.mean(predictions, axis=0), dtype=np.float64)
        return self.line[0] + self.line[1] * mean

    def predict(self, metafeatures: pd.Series, configurations: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Predict scores in the unit of the score; parameters as for :meth:`predict_target`."""
        location, scale = self.predict_level(metafeatures)
        return location + scale * self.predict_target(metafeatures, configurations)

    def predict_level(self, metafeatures: pd.Series) -> tuple[float, float]:
        """Predict location and scale of the task's scores in the unit of the score."""
        location, log_scale = self.level(metafeatures)
        return float(location), float(np.exp(log_scale))

    def level(self, metafeatures: pd.Series) -> npt.NDArray[np.float64]:
        """Predict location and log scale of the task's scores, shape (2,)."""
        described = self._described(metafeatures)[None, :]
        levels = [member.level.predict(described)[0] for member in self.members]
        return np.asarray(np.mean(levels, axis=0), dtype=np.float64)

    def _encoded(self, configurations: pd.DataFrame) -> npt.NDArray[np.float32]:
        missing = [name for name in self.configuration_columns if name not in configurations]
        if missing:
            raise ValueError(
                f"these configurations come from another search space: {', '.join(missing[:5])} not among "
                f"their columns; encode raw configurations with surrogate.encoder"
            )
        return finite_or_missing(configurations[list(self.configuration_columns)].to_numpy(dtype=np.float64))

    def _described(self, metafeatures: pd.Series) -> npt.NDArray[np.float32]:
        return finite_or_missing(metafeatures.reindex(list(self.metafeatures)).to_numpy(dtype=np.float64))
