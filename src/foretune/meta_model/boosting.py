"""XGBoost models of the meta-model, fitted on one thread for reproducibility."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from foretune.meta_model.parameters import BoosterParameters

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
    """Fit boosted trees to a target, or with ``groups`` to its order within each group.

    Parameters
    ----------
    parameters
        Parameters of the trees.
    rows
        Shape (n_rows, n_columns), NaN where missing.
    targets
        Shape (n_rows,); for ranking, grades from 0.
    seed
        Seed of the row and column samples.
    weights
        Shape (n_rows,), or (n_groups,) for ranking.
    groups
        Sorted group of each row, shape (n_rows,).
    """
    settings = parameters.model_dump(exclude={"n_rounds"})
    settings |= {"tree_method": "hist", "max_bin": 64, "seed": seed, "nthread": 1}
    settings["objective"] = "reg:squarederror"
    if groups is not None:
        # Random pairs of rows instead of all pairs with the best 32 take a quarter of the time
        settings |= {"objective": "rank:ndcg", "lambdarank_pair_method": "mean"}
    # A QuantileDMatrix gives the same trees, but takes longer to build than so few rows to train
    data = xgb.DMatrix(rows, label=targets, weight=weights, qid=groups, nthread=1)
    return xgb.train(settings, data, num_boost_round=parameters.n_rounds)


def predict_booster(booster: xgb.Booster, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Predict with a booster, shape (n_rows,)."""
    return np.asarray(booster.inplace_predict(rows), dtype=np.float64)


def finite_or_missing(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Convert features to single precision, with infinite values missing, as XGBoost rejects them."""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    return np.where(np.isfinite(single), single, np.float32(np.nan))
