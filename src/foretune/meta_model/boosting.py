"""XGBoost as the meta-model uses it: one thread a fit, so that the result depends on no machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from foretune.meta_model.parameters import BoosterParameters

if TYPE_CHECKING:
    import xgboost as xgb


ROWS_AT_ONCE = 50_000


def fit_booster(
    parameters: BoosterParameters,
    rows: npt.NDArray[np.float32],
    targets: npt.NDArray[np.float64],
    seed: int,
    *,
    weights: npt.NDArray[np.float64] | None = None,
    groups: npt.NDArray[np.intp] | None = None,
) -> xgb.Booster:
    """Fit trees to a target, or with ``groups`` (of each row, sorted) to its order within a group.

    Parameters
    ----------
    parameters
        Settings of the trees.
    rows
        Shape (n_rows, n_columns), NaN where missing.
    targets
        Shape (n_rows,); for ranking, grades from 0 on.
    seed
        Seed of the row and column samples.
    weights
        Shape (n_rows,), or (n_groups,) for ranking.
    groups
        Shape (n_rows,).
    """
    import xgboost as xgb

    settings = parameters.model_dump(exclude={"n_rounds"})
    settings |= {"tree_method": "hist", "max_bin": 64, "seed": seed, "nthread": 1}
    settings["objective"] = "reg:squarederror"
    if groups is not None:
        # Pairs of random rows instead of all pairs with the best 32: a quarter of the time
        settings |= {"objective": "rank:ndcg", "lambdarank_pair_method": "mean"}
    # A QuantileDMatrix gives the same trees, and takes longer to build than these few rows take to train
    data = xgb.DMatrix(rows, label=targets, weight=weights, qid=groups, nthread=1)
    return xgb.train(settings, data, num_boost_round=parameters.n_rounds)


def predict_booster(booster: xgb.Booster, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Predict, shape (n_rows,)."""
    return np.asarray(booster.inplace_predict(rows), dtype=np.float64)


def finite_or_missing(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Bring features to XGBoost's precision; it refuses what is infinite there, so that counts as missing."""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    return np.where(np.isfinite(single), single, np.float32(np.nan))
