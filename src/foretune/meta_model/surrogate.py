"""The surrogate: predicts how a configuration scores on a task from the task's metafeatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from foretune.meta_model.encoding import ConfigurationEncoder
from foretune.meta_model.targets import SMALLEST_SPREAD, normalise_scores

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    import xgboost as xgb

    from foretune.meta_model.meta_dataset import MetaDataset
    from foretune.meta_model.parameters import BoosterParameters, MetaTrainingParameters, TargetKind


@dataclass(frozen=True)
class Surrogate:
    """A trained meta-model of one task type.

    Attributes
    ----------
    task_type
        Usually ``classification`` or ``regression``; imported logs may name others.
    target
        Normalisation that the regressor was trained on.
    metafeatures, configuration_columns
        Names of the columns that the regressor reads, in order: metafeatures first.
    regressor
        Predicts the normalised score from metafeatures and an encoded configuration.
    location, log_scale
        Predict a task's location and the logarithm of its scale from metafeatures alone. None for the target
        ``raw``, which is the score itself, and where there is nothing to predict them from.
    mean_level
        Mean location and geometric mean scale of the training tasks, predicted where there is no model.
    task_hashes
        Content hash of every training task, by ``task_id``.
    """

    task_type: str
    target: TargetKind
    metafeatures: tuple[str, ...]
    configuration_columns: tuple[str, ...]
    regressor: xgb.Booster
    location: xgb.Booster | None
    log_scale: xgb.Booster | None
    mean_level: tuple[float, float]
    task_hashes: dict[str, str]

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
        """
        described = self._described(metafeatures)
        encoded = configurations[list(self.configuration_columns)].to_numpy(dtype=np.float32)
        rows = np.hstack([np.tile(described, (len(encoded), 1)), encoded])
        return _predict(self.regressor, rows)

    def predict(self, metafeatures: pd.Series, configurations: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Predict scores in the score's own unit; arguments as for :meth:`predict_target`."""
        location, scale = self.predict_level(metafeatures)
        return location + scale * self.predict_target(metafeatures, configurations)

    def predict_level(self, metafeatures: pd.Series) -> tuple[float, float]:
        """Predict location and scale of the task's scores, in the score's own unit."""
        described = self._described(metafeatures)[None, :]
        location, scale = self.mean_level
        if self.location is not None:
            location = float(_predict(self.location, described)[0])
        if self.log_scale is not None:
            scale = float(np.exp(_predict(self.log_scale, described)[0]))
        return location, scale

    def _described(self, metafeatures: pd.Series) -> npt.NDArray[np.float32]:
        return metafeatures.reindex(list(self.metafeatures)).to_numpy(dtype=np.float32)


def train_surrogate(
    memory: MetaDataset, parameters: MetaTrainingParameters, seed: int, *, with_level: bool = True
) -> Surrogate:
    """Train the surrogate on all tasks of a meta-dataset.

    Every task weighs the same, however many configurations it has evaluated. XGBoost runs on one thread, so
    the result does not depend on the machine's cores; train several surrogates at once instead.

    Parameters
    ----------
    memory
        Meta-dataset of one task type.
    parameters
        Target and the settings of the boosters.
    seed
        Seed of the row and column samples.
    with_level
        Whether to model a task's level and spread; without, only :meth:`Surrogate.predict_target` tells tasks
        apart.

    Raises
    ------
    ValueError
        If the meta-dataset has no finite score.
    """
    rows = memory.training_rows()
    if rows.empty:
        raise ValueError("the meta-dataset has no finite score: nothing to train a surrogate on")
    by_task = {
        task_id: normalise_scores(scores.to_numpy(), parameters.target)
        for task_id, scores in rows.groupby("task_id", sort=False)["score"]
    }
    counts = rows.groupby("task_id", sort=False)["score"].transform("size")
    regressor = _fit(
        parameters.surrogate,
        np.hstack(
            [
                memory.metafeatures.loc[rows["task_id"]].to_numpy(dtype=np.float32),
                memory.configurations.loc[rows["config_id"]].to_numpy(dtype=np.float32),
            ]
        ),
        np.concatenate([normalised.targets for normalised in by_task.values()]),
        seed,
        weights=len(rows) / (len(by_task) * counts.to_numpy(dtype=np.float64)),
    )
    level = np.array([[normalised.location, normalised.scale] for normalised in by_task.values()])
    described = memory.metafeatures.loc[list(by_task)].to_numpy(dtype=np.float32)
    is_modelled = with_level and parameters.target != "raw" and described.shape[1] > 0
    location, log_scale = (
        _fit_level(described, level, parameters.level, seed) if is_modelled else (None, None)
    )
    return Surrogate(
        task_type=str(memory.tasks["task_type"].iloc[0]),
        target=parameters.target,
        metafeatures=tuple(memory.metafeatures.columns),
        configuration_columns=tuple(memory.configurations.columns),
        regressor=regressor,
        location=location,
        log_scale=log_scale,
        mean_level=_mean_level(level),
        task_hashes=dict(memory.tasks["content_hash"].astype(str)),
    )


def _fit_level(
    described: npt.NDArray[np.float32],
    level: npt.NDArray[np.float64],
    parameters: BoosterParameters,
    seed: int,
) -> tuple[xgb.Booster, xgb.Booster | None]:
    locations, scales = level.T
    # The logarithm of no spread would drown every real one
    spread = scales > SMALLEST_SPREAD
    log_scale = _fit(parameters, described[spread], np.log(scales[spread]), seed) if spread.any() else None
    return _fit(parameters, described, locations, seed), log_scale


def _mean_level(level: npt.NDArray[np.float64]) -> tuple[float, float]:
    locations, scales = level.T
    spread = scales[scales > SMALLEST_SPREAD]
    return float(locations.mean()), float(np.exp(np.log(spread).mean())) if len(spread) else 0.0


def _fit(
    parameters: BoosterParameters,
    rows: npt.NDArray[np.float32],
    targets: npt.NDArray[np.float64],
    seed: int,
    weights: npt.NDArray[np.float64] | None = None,
) -> xgb.Booster:
    import xgboost as xgb

    settings = parameters.model_dump(exclude={"n_rounds"})
    settings |= {"objective": "reg:squarederror", "tree_method": "hist", "seed": seed, "nthread": 1}
    # A QuantileDMatrix gives the same trees, and takes longer to build than these few rows take to train
    data = xgb.DMatrix(rows, label=targets, weight=weights, nthread=1)
    return xgb.train(settings, data, num_boost_round=parameters.n_rounds)


def _predict(booster: xgb.Booster, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return np.asarray(booster.inplace_predict(rows), dtype=np.float64)
