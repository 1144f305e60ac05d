"""Fit of the cost model to the times of trials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from foretune.learners import group_shared_fits, known_learners, work
from foretune.meta_model.cost_model import UNKNOWN, CostModel, LearnerCost, base_and_growth
from foretune.meta_model.memory import Memory
from foretune.meta_model.provenance import read_configurations
from foretune.spaces import Configuration

FEWEST_FITS = 20
LOG_ROWS, LOG_COLUMNS, LOG_CLASSES = "simple.log_n_rows", "simple.log_n_features", "simple.log_n_classes"
MOST_FITS = 20_000
FOLD_PREFIX = "score_fold_"
KEYS = ["task_id", "learner", "config_id"]
SIZE_COLUMNS = ["task_id", "n_rows", "n_columns", "n_classes"]
SHORTEST = 1e-5
LOWEST_EXPONENT, HIGHEST_EXPONENT = 0.2, 1.2
# Tables of a memory are small, and say little about large ones: growth with rows is near that of the work
LOWEST_GROWTH, USUAL_GROWTH, HIGHEST_GROWTH = 0.8, 1.0, 1.1
GROWTH_DEVIATION = 0.02
LARGEST_OVERHEAD = 10.0
# Deviations beyond this many logarithmic units count less
USUAL_ERROR = 0.7


class _Fits(NamedTuple):
    """Work and seconds of one learner's fits, shape (n_fits,); as for :class:`.LearnerCost`."""

    base: npt.NDArray[np.float64]
    growth: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64]


def fit_costs(trials: pd.DataFrame, sizes: pd.DataFrame) -> CostModel:
    """Fit the cost model to the seconds of trials, learner by learner.

    Parameters
    ----------
    trials
        ``task_id, learner, config_id, fit_seconds``, hyperparameters (``params`` or ``param_*``), one column
        ``score_fold_*`` for each fold or ``n_folds``, and ``status`` where there is one. Trials without
        seconds do not count.
    sizes
        Sizes of the tasks, one row each: ``task_id, n_rows, n_columns, n_classes`` (missing for regression).

    Returns
    -------
    CostModel
        Without learners of fewer than 20 fits.
    """
    rows = _usable(trials)
    known = set(known_learners())
    found = {
        str(learner): _fits_of(of_learner, sizes, shares=str(learner) in known)
        for learner, of_learner in rows.groupby("learner")
    }
    enough = {name: fits for name, fits in found.items() if len(fits.base) >= FEWEST_FITS}
    return CostModel(learners={name: fit_learner_cost(*fits) for name, fits in sorted(enough.items())})


def fit_costs_by_type(
    trials: pd.DataFrame, trial_costs: pd.DataFrame, task_catalogue: pd.DataFrame
) -> dict[str, CostModel]:
    """Fit the seconds of each learner's fits to the trials of a run, by task type.

    Parameters
    ----------
    trials
        As for :func:`fit_costs`, without seconds.
    trial_costs
        ``task_id, learner, config_id, fit_seconds``.
    task_catalogue
        ``task_id, task_type, n_rows, n_features, n_classes``.
    """
    measured = trials.drop(columns="fit_seconds", errors="ignore").merge(trial_costs, on=KEYS)
    return {
        str(task_type): fit_costs(
            measured[measured["task_id"].isin(tasks["task_id"])],
            tasks.rename(columns={"n_features": "n_columns"})[SIZE_COLUMNS],
        )
        for task_type, tasks in task_catalogue.groupby("task_type")
    }


def sizes_of(memory: Memory) -> pd.DataFrame:
    """Return the sizes of a memory's tasks by their metafeatures, as :func:`fit_costs` takes them.

    Without metafeatures of the group ``simple`` there are none.
    """
    names = list(memory.metafeatures)
    if not {LOG_ROWS, LOG_COLUMNS} <= set(names):
        return pd.DataFrame(columns=SIZE_COLUMNS)
    described = np.exp(memory.training_set.metafeatures.astype(np.float64))
    n_classes = described[:, names.index(LOG_CLASSES)] if LOG_CLASSES in names else np.nan
    return pd.DataFrame(
        {
            "task_id": list(memory.task_hashes),
            "n_rows": described[:, names.index(LOG_ROWS)],
            "n_columns": described[:, names.index(LOG_COLUMNS)],
            "n_classes": n_classes,
        }
    )


def fit_learner_cost(
    base: npt.NDArray[np.float64], growth: npt.NDArray[np.float64], seconds: npt.NDArray[np.float64]
) -> LearnerCost:
    """Fit a :class:`.LearnerCost` to the logarithm of the seconds of fits; outliers count less.

    Parameters
    ----------
    base, growth
        Work on a table of 500 rows and its growth to the rows of each fit, shape (n_fits,).
    seconds
        Wall time of each fit, shape (n_fits,).
    """
    log_base, log_growth = np.log(np.maximum(base, 1.0)), np.log(growth)
    measured = np.log(np.maximum(seconds, SHORTEST))

    def predict(free: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        overhead, rate, exponent, row_exponent = free
        rest: npt.NDArray[np.float64] = rate + exponent * log_base + row_exponent * log_growth
        return np.asarray(np.logaddexp(overhead, rest), dtype=np.float64)

    def residuals(free: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        prior = np.sqrt(len(base)) * 0.1 * (free[3] - USUAL_GROWTH) / GROWTH_DEVIATION
        return np.append((predict(free) - measured) / USUAL_ERROR, prior)

    low = np.array([np.log(SHORTEST) - 1, -60.0, LOWEST_EXPONENT, LOWEST_GROWTH])
    high = np.array([np.log(LARGEST_OVERHEAD), 9.0, HIGHEST_EXPONENT, HIGHEST_GROWTH])
    rate = float(np.median(measured - log_base - log_growth))
    start = np.clip([float(np.quantile(measured, 0.05)), rate, 1.0, USUAL_GROWTH], low + 1e-6, high - 1e-6)
    found = least_squares(residuals, start, bounds=(low, high), loss="soft_l1").x
    left = measured - predict(found)
    # Robust, but not blind to a long tail of slow fits
    spread = max(float(np.median(np.abs(left))) * 1.4826, float(np.quantile(left, 0.95)) / 1.645, 0.1)
    return LearnerCost(
        overhead=float(np.exp(found[0])),
        rate=float(np.exp(found[1])),
        exponent=float(found[2]),
        row_exponent=float(found[3]),
        spread=min(spread, UNKNOWN.spread),
        n_fits=len(base),
    )


def _usable(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials that were measured, with their number of folds."""
    if "learner" not in trials or "fit_seconds" not in trials:
        return trials.iloc[:0].assign(learner="", n_folds=1.0)
    folds = [name for name in trials.columns if str(name).startswith(FOLD_PREFIX)]
    n_folds = trials["n_folds"] if "n_folds" in trials else trials[folds].notna().sum(axis=1)
    seconds = pd.to_numeric(trials["fit_seconds"], errors="coerce")
    is_ok = np.isfinite(seconds) & (seconds > 0)
    if "status" in trials:
        is_ok &= trials["status"].eq("ok")
    kept: pd.DataFrame = trials.assign(n_folds=n_folds.clip(lower=1)).loc[is_ok]
    return kept


def _fits_of(rows: pd.DataFrame, sizes: pd.DataFrame, *, shares: bool) -> _Fits:
    known = read_configurations(rows)
    size_of = {
        str(task_id): (float(n_rows), float(n_columns), float(n_classes) if n_classes > 0 else 1.0)
        for task_id, n_rows, n_columns, n_classes in zip(
            sizes["task_id"], *(sizes[name].astype(np.float64) for name in SIZE_COLUMNS[1:]), strict=True
        )
    }
    fits: list[tuple[float, float, float]] = []
    # Tasks of which only some of the folds ran were split as the others
    n_split = float(rows["n_folds"].max()) if len(rows) else 1.0
    for task_id, of_task in rows.groupby("task_id"):
        if str(task_id) not in size_of:
            continue
        n_rows, n_columns, n_classes = size_of[str(task_id)]
        n_folds = float(of_task["n_folds"].median())
        n_training = n_rows * (1 - 1 / n_split if n_split > 1 else 1.0)
        measured = dict(zip(of_task["config_id"].astype(str), of_task["fit_seconds"], strict=True))
        for largest, total in _shared(known, measured, shares=shares):
            units = base_and_growth(largest, n_training, n_columns, n_classes)
            fits.append((*units, float(total) / n_folds))
    values = np.array(fits, dtype=np.float64).reshape(-1, 3)
    if len(values) > MOST_FITS:
        values = values[np.linspace(0, len(values) - 1, MOST_FITS).astype(int)]
    return _Fits(*values.T)


def _shared(
    known: dict[str, Configuration], measured: dict[str, float], *, shares: bool
) -> Iterator[tuple[Configuration, float]]:
    """Yield the largest configuration of each shared fit, with its seconds: each trial has an equal share.

    Where it has no more work than the smallest, as with neighbours, most of the time is not shared.
    """
    id_of = {known[one].config_id: one for one in measured}
    configurations = [known[one] for one in measured]
    groups = group_shared_fits(configurations) if shares else [[one] for one in configurations]
    for group in groups:
        total = sum(measured[id_of[one.config_id]] for one in group)
        is_one_fit = work(group[0], 1, 1) < work(group[-1], 1, 1)
        yield group[-1], total if is_one_fit else total / len(group)
