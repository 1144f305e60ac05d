"""Surrogates: boosted trees that predict scores from metafeatures and configurations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.meta_model.boosting import finite_or_missing, predict_booster
from foretune.meta_model.ensemble import Member, with_main_effect
from foretune.meta_model.parameters import TargetKind
from foretune.spaces import ConfigurationEncoder


@dataclass(frozen=True)
class Surrogate:
    """Ensemble that predicts how a configuration scores on a task.

    Attributes
    ----------
    target
        Normalisation of the scores that the members were trained on.
    metafeatures, configuration_columns
        Names of the columns that the members read, in order: metafeatures first.
    members
        The ensemble. Its mean predicts, after ``line``.
    line
        Intercept and slope that held-out predictions needed to be right on average.
    """

    target: TargetKind
    metafeatures: tuple[str, ...]
    configuration_columns: tuple[str, ...]
    members: tuple[Member, ...]
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
            Of one task, indexed by name; names that the surrogate does not know are ignored, missing ones
            count as undefined.
        configurations
            Encoded configurations, shape (n_configurations, n_columns).

        Returns
        -------
        numpy.ndarray
            Shape (n_configurations,), higher is better.

        Raises
        ------
        ValueError
            If the configurations come from another search space.
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
        """Predict scores in the score's own unit; arguments as for :meth:`predict_target`."""
        location, scale = self.predict_level(metafeatures)
        return location + scale * self.predict_target(metafeatures, configurations)

    def predict_level(self, metafeatures: pd.Series) -> tuple[float, float]:
        """Predict location and scale of the task's scores, in the score's own unit."""
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
