"""How the best values of hyperparameters move with the number of rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import derive_seed
from foretune.evaluation import bootstrap_means
from foretune.meta_model import MetaDataset
from foretune.tasks import table_of
from foretune.understanding.hyperparameters import Hyperparameter, describe_space
from foretune.understanding.parameters import UnderstandingParameters

# The best configurations of a task, whose values are averaged: one alone is mostly chance
SHARE_OF_BEST, FEWEST_BEST = 0.15, 3
FEWEST_TABLES = 3
BEST_COLUMNS = ["task_type", "learner", "hyperparameter", "table", "n_rows", "value", "is_log"]
TREND_COLUMNS = [
    *["task_type", "learner", "hyperparameter", "n_tables", "is_log", "typical"],
    *["per_tenfold", "ci_low", "ci_high", "share_rising"],
]


def study_sizes(
    meta_dataset: pd.DataFrame, parameters: UnderstandingParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the best values of hyperparameters between nested samples of the same tables.

    Within a table everything but the number of rows is equal. Tables of one size, and nominal
    hyperparameters, are left out.

    Parameters
    ----------
    meta_dataset
        Table of :func:`foretune.meta_model.meta_dataset.build_meta_dataset`; samples are tasks such as
        ``diamonds@1000``.
    parameters
        Fewest trials of a task, and bootstrap intervals.
    seed
        Seed of the intervals.

    Returns
    -------
    best_by_rows : pandas.DataFrame
        ``task_type, learner, hyperparameter, table, n_rows, value, is_log``: the mean over the best
        configurations of each sample, the geometric one if ``is_log``.
    size_trends : pandas.DataFrame
        ``task_type, learner, hyperparameter, n_tables, is_log, typical, per_tenfold, ci_low, ci_high,
        share_rising``: the typical value, what it changes by with ten times the rows as a mean over tables
        (a factor if ``is_log``, else a difference), its interval, and the share of tables where it rises.
    """
    if "hyperparameters" not in parameters.parts:
        return pd.DataFrame(columns=BEST_COLUMNS), pd.DataFrame(columns=TREND_COLUMNS)
    records = [
        record
        for task_type, rows in _several_sizes(meta_dataset).groupby("task_type", sort=True)
        for record in _best_values(str(task_type), MetaDataset.from_table(rows), parameters)
    ]
    best = pd.DataFrame(records, columns=BEST_COLUMNS)
    keys = ["task_type", "learner", "hyperparameter"]
    trends = [
        dict(zip(keys, map(str, key), strict=True)) | trend
        for key, rows in best.groupby(keys, sort=True)
        if (trend := _trend(rows, parameters, derive_seed(seed, "size trends", *map(str, key))))
    ]
    return best, pd.DataFrame(trends, columns=TREND_COLUMNS)


def _several_sizes(meta_dataset: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of tables that are there at several sizes."""
    tables = meta_dataset["task_id"].map(table_of)
    kept = meta_dataset["task_id"].groupby(tables).transform("nunique") > 1
    return meta_dataset[kept & meta_dataset["n_rows"].notna()]


def _best_values(
    task_type: str, known: MetaDataset, parameters: UnderstandingParameters
) -> Iterator[dict[str, Any]]:
    """Yield the value of each numeric hyperparameter among the best configurations of each task."""
    for learner in sorted(known.learners.unique()):
        ids = known.learners.index[known.learners == learner]
        is_default = known.is_default[ids].to_numpy(dtype=bool)
        space = describe_space(known.configurations.loc[ids], is_default, parameters.surface.n_levels)
        design = set(ids[~is_default])
        for task_id in known.tasks.index:
            scores = known.scores_of(task_id).dropna()
            scores = scores[scores.index.isin(design)]
            if len(scores) < parameters.surface.min_trials:
                continue
            best = scores.nlargest(max(FEWEST_BEST, round(SHARE_OF_BEST * len(scores)))).index
            values = space.values[ids.get_indexer(best)]
            for hyperparameter in space.hyperparameters:
                if (value := _mean_value(hyperparameter, values)) is not None:
                    yield {
                        "task_type": task_type,
                        "learner": learner,
                        "hyperparameter": hyperparameter.name,
                        "table": table_of(task_id),
                        "n_rows": float(known.tasks.loc[task_id, "n_rows"]),
                        "value": value,
                        "is_log": hyperparameter.looks_logarithmic,
                    }


def _mean_value(hyperparameter: Hyperparameter, values: npt.NDArray[np.float64]) -> float | None:
    """Return the mean of a numeric hyperparameter where it is set; None if it is nominal or never set."""
    if hyperparameter.is_nominal:
        return None
    found = values[:, hyperparameter.columns]
    found = found[(found != hyperparameter.missing).any(axis=1)][:, 0]
    if not len(found):
        return None
    return float(np.exp(np.log(found).mean()) if hyperparameter.looks_logarithmic else found.mean())


def _trend(rows: pd.DataFrame, parameters: UnderstandingParameters, seed: int) -> dict[str, Any] | None:
    is_log = bool(rows["is_log"].iloc[0])
    values = np.log10(rows["value"]) if is_log else rows["value"]
    by_table = {
        str(table): np.polyfit(np.log10(of_table["n_rows"]), values[of_table.index], 1)[0]
        for table, of_table in rows.groupby("table", sort=True)
        if np.ptp(of_table["n_rows"]) > 0
    }
    if len(by_table) < FEWEST_TABLES:
        return None
    slopes, rng = np.array(list(by_table.values())), np.random.default_rng(seed)
    means = bootstrap_means(slopes[:, None], list(by_table), parameters.n_bootstrap, rng)
    tail = (1 - parameters.confidence_level) / 2
    found = np.array([slopes.mean(), *np.quantile(means, [tail, 1 - tail])])
    per_tenfold, ci_low, ci_high = 10.0**found if is_log else found
    return {
        "n_tables": len(slopes),
        "is_log": is_log,
        "typical": float(10.0 ** values.median() if is_log else values.median()),
        "per_tenfold": float(per_tenfold),
        "ci_low": float(ci_low),
        "ci_high": float(ci_high),
        "share_rising": float((slopes > 0).mean()),
    }
