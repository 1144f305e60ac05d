"""Drivers of a recommendation: SHAP values of a table's metafeatures in the surrogate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb

from foretune.meta_model import Member, finite_or_missing, with_main_effect
from foretune.recommendation.core.recommender import Recommender
from foretune.spaces import Configuration

Floats = npt.NDArray[np.float64]


# SHAP values of more candidates would take longer than everything else
MOST_CANDIDATES = 64
DRIVER_COLUMNS = ["metafeature", "value", "percentile", "contribution"]


class Drivers(NamedTuple):
    """Contributions of metafeatures to the choice of one configuration for a table.

    Attributes
    ----------
    metafeatures
        ``metafeature, value, percentile, contribution``, largest contribution first. ``percentile`` is the
        percentage of known tasks with a smaller value, equal ones counting half; 0 or 100 outside of their
        range. ``contribution``, in target units, is the metafeature's SHAP value at the configuration minus
        its mean over at most ``MOST_CANDIDATES`` evenly spaced candidates.
    configuration
        The same for all columns of the configuration together, its value on any table.
    advantage
        Predicted target of the configuration minus the mean over the candidates, the sum of all
        contributions.
    """

    metafeatures: pd.DataFrame
    configuration: float
    advantage: float


def find_drivers(recommender: Recommender, configuration: Configuration) -> Drivers:
    """Compute which metafeatures drove the choice of one configuration.

    SHAP values (Lundberg, Erion and Lee, 2018) sum to the difference of a prediction from the mean
    prediction. Those of metafeatures at two configurations differ only by interactions of table and
    configuration, so the difference from the average candidate explains the choice and not the difficulty of
    the table.

    Parameters
    ----------
    recommender
        Recommender of the table and its candidates.
    configuration
        A candidate, or any configuration of the same search space.

    Returns
    -------
    Drivers
        Empty if the table is out of distribution, since its metafeatures were not used.
    """
    memory = recommender.memory
    n_metafeatures = len(memory.metafeatures)
    if recommender.is_out_of_distribution or not n_metafeatures:
        return Drivers(pd.DataFrame(columns=DRIVER_COLUMNS), 0.0, 0.0)
    configurations = [configuration, *compared_candidates(recommender)]
    table_of = memory.encode(configurations)
    encoded = finite_or_missing(
        table_of[list(memory.surrogate.configuration_columns)].to_numpy(dtype=np.float64)
    )
    values = _in_order(recommender.metafeatures, memory.metafeatures)
    described = _in_order(recommender.clipped_metafeatures, memory.metafeatures)
    contributions = np.mean(
        [
            _contributions(member, finite_or_missing(described), encoded)
            for member in memory.surrogate.members
        ],
        axis=0,
    )
    # Calibrated as the predictions
    difference = memory.surrogate.line[1] * (contributions[0] - contributions[1:].mean(axis=0))
    table = pd.DataFrame(
        {
            "metafeature": list(memory.metafeatures),
            "value": values,
            "percentile": _percentiles(values, memory.training_set.metafeatures.astype(np.float64)),
            "contribution": difference[:n_metafeatures],
        }
    )
    order = np.argsort(-table["contribution"].abs().to_numpy(), kind="stable")
    return Drivers(
        table.iloc[order].reset_index(drop=True),
        float(difference[n_metafeatures:].sum()),
        float(difference.sum()),
    )


def compared_candidates(recommender: Recommender) -> list[Configuration]:
    """Return the candidates with whose average a configuration is compared."""
    candidates = recommender.candidates.configurations
    at = np.linspace(0, len(candidates) - 1, min(len(candidates), MOST_CANDIDATES)).round().astype(int)
    return [candidates[position] for position in at]


def _in_order(values: pd.Series, names: tuple[str, ...]) -> Floats:
    return values.reindex(list(names)).to_numpy(dtype=np.float64)


def _contributions(
    member: Member, described: npt.NDArray[np.float32], encoded: npt.NDArray[np.float32]
) -> Floats:
    """Compute SHAP values of one member at configurations, shape (n_configurations, n_columns)."""
    rows = np.hstack([np.tile(described, (len(encoded), 1)), with_main_effect(member.main_effect, encoded)])
    # The last column is the mean prediction, equal for all rows
    values = member.regressor.predict(xgb.DMatrix(rows, nthread=1), pred_contribs=True)[:, :-1]
    return np.asarray(values, dtype=np.float64)


def _percentiles(values: Floats, known: Floats) -> Floats:
    """Return the percentage of known tasks below each value, NaN for missing values."""
    there = np.isfinite(known)
    # The memory stores single precision
    same = np.isclose(known, values, rtol=1e-6, atol=0) & there
    below = there & (known < values) & ~same
    count = there.sum(axis=0)
    share = np.divide(
        below.sum(axis=0) + same.sum(axis=0) / 2, count, where=count > 0, out=np.full(len(count), np.nan)
    )
    return np.where(np.isfinite(values), 100 * share, np.nan)
