"""Expected gains of configurations over the library default before any trial."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.recommendation.core.recommender import COVERAGE, Recommender

Floats = npt.NDArray[np.float64]


GAIN_COLUMNS = ["gain", "gain_low", "gain_high", "probability_worse"]


def expected_gains(recommender: Recommender, config_ids: list[str]) -> tuple[pd.DataFrame, str | None]:
    """Compute the expected gains of candidates over the library default.

    Returns
    -------
    gains : pandas.DataFrame
        One row each, and a last one for the best of them. ``gain`` is the median, over plausible surfaces, of
        the score minus that of the default; ``gain_low`` and ``gain_high`` bound an interval of 80 %;
        ``probability_worse`` is the share of surfaces below the default. All missing if the memory has no
        default.
    default : str or None
        ``config_id`` of the default; of several learners that with the highest expected score.
    """
    position = {one.config_id: at for at, one in enumerate(recommender.candidates.configurations)}
    chosen = np.array([position[config_id] for config_id in config_ids])
    default = recommender.start_search().default
    if default is None:
        return pd.DataFrame(np.nan, index=range(len(chosen) + 1), columns=GAIN_COLUMNS), None
    scores = np.clip(recommender.prior.score_surfaces(), *recommender.score_bounds)
    gains = scores[:, chosen] - scores[:, [default]]
    gains = np.hstack([gains, gains.max(axis=1, keepdims=True)])
    low, high = _interval(gains)
    return pd.DataFrame(
        {
            "gain": np.median(gains, axis=0),
            "gain_low": low,
            "gain_high": high,
            "probability_worse": (gains < 0).mean(axis=0),
        }
    ), recommender.candidates.configurations[default].config_id


def _interval(values: Floats) -> tuple[Floats, Floats]:
    """Compute the interval over rows as in :meth:`foretune.meta_model.prior.SurfacePrior.interval`."""
    ordered = np.sort(values, axis=0)
    tail = (1 - COVERAGE) / 2
    low = int(np.clip(np.floor(tail * (len(ordered) + 1)) - 1, 0, len(ordered) - 1))
    return ordered[low], ordered[len(ordered) - 1 - low]
