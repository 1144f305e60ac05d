"""Two-dimensional map of tasks by their metafeatures, and the best learner of each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foretune.base import TEXT

TASK_MAP_COLUMNS = ["task_id", "task_type", "family", "x", "y", "x_share", "y_share"]
# In standard deviations, against outliers that would stretch the map
_FARTHEST = 4.0


def map_tasks(metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame) -> pd.DataFrame:
    """Project the tasks of each type on the first two principal components of their metafeatures.

    Parameters
    ----------
    metafeatures
        ``task_id`` and numeric columns; missing values are imputed by the median.
    task_catalogue
        At least ``task_id, task_type, family``.

    Returns
    -------
    DataFrame
        One row per task: ``task_id, task_type, family, x, y``, and ``x_share, y_share``, the axes' shares of
        the variance. Columns are first standardised and clipped at four standard deviations.
    """
    described = metafeatures.set_index("task_id")
    parts = []
    for _, tasks in task_catalogue[["task_id", "task_type", "family"]].groupby("task_type"):
        known = tasks[tasks["task_id"].isin(described.index)].sort_values("task_id")
        if len(known):
            parts.append(_place(known, described.loc[known["task_id"]]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=TASK_MAP_COLUMNS)


def _place(tasks: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    scores, shares = _principal_components(standardise(described))
    placed = tasks.assign(x=scores[:, 0], y=scores[:, 1], x_share=shares[0], y_share=shares[1])
    return placed[TASK_MAP_COLUMNS]


def _principal_components(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores on two components, shape (n_rows, 2), and their shares of variance, shape (2,)."""
    scores, shares = np.zeros((len(z), 2)), np.zeros(2)
    left, singular, axes = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)
    if singular.any():
        # The sign of an axis is arbitrary: make its largest component positive
        largest = np.abs(axes).argmax(axis=1, keepdims=True)
        signs = np.sign(np.take_along_axis(axes, largest, axis=1))[:, 0]
        n_axes = min(2, singular.size)
        scores[:, :n_axes] = (left * singular * signs)[:, :n_axes]
        shares[:n_axes] = (singular**2 / (singular**2).sum())[:n_axes]
    return scores, shares


def standardise(described: pd.DataFrame) -> np.ndarray:
    """Impute, standardise and clip the varying columns; shape (n_tasks, n_varying)."""
    filled = described.dropna(axis="columns", how="all")
    filled = filled.fillna(filled.median())
    values = filled.to_numpy(dtype=np.float64)
    sd = values.std(axis=0)
    # Smaller deviations are rounding errors of constant columns
    varies = sd > 1e-12 * np.abs(values).max(axis=0, initial=0)
    z: np.ndarray = (values[:, varies] - values[:, varies].mean(axis=0)) / sd[varies]
    cut: np.ndarray = np.clip(z, -_FARTHEST, _FARTHEST)
    return cut


def best_learners(trials: pd.DataFrame) -> pd.Series:
    """Return the learner of the best trial of every task.

    Parameters
    ----------
    trials
        At least ``task_id, learner, score`` (higher is better, missing for a failed trial).

    Returns
    -------
    Series
        Names of learners by ``task_id``; of equally good ones the first by name. Tasks without a score are
        absent.
    """
    scored = trials.dropna(subset=["score"])
    best = scored.groupby(["task_id", "learner"], observed=True)["score"].max().reset_index()
    ranked = best.sort_values(["task_id", "score", "learner"], ascending=[True, False, True])
    return ranked.drop_duplicates("task_id").set_index("task_id")["learner"].astype(TEXT)
