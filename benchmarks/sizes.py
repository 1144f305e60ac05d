"""How configurations rank from size to size of a table, and between tables: the pilot of a memory of sizes.

Reads the trials of nested samples (``name@1000``, ``name@4000``, ...) from a ledger. For each learner
and pair of sizes it prints, as means over tables,

- Spearman's correlation of the configurations within a table, and between different tables of one size,
- what it costs to take the best of the smaller size at the larger one, that of the average of other tables,
  the library default, and a configuration by chance: the distance from the table's best as a share of the
  distance between its best and its median configuration.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import TASK_TYPES, TaskType
from foretune.learners import METRICS
from foretune.ledger import Ledger, tabulate_trials
from foretune.tasks import table_of

METRIC: dict[TaskType, str] = {"classification": "log_loss", "regression": "rmse"}
FEWEST = 5
# By task type, table and size the loss of each configuration
Surfaces = dict[tuple[str, str, int], pd.Series]


def main() -> None:
    """Print one table of correlations and one of costs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="sqlite:///data/03_primary/ledger.sqlite")
    parser.add_argument("--learners", default="lightgbm,xgboost,catboost,random_forest,mlp")
    parser.add_argument("--sizes", default="1000,4000,16000", help="Rows of the samples; whole tables are 0.")
    parser.add_argument("--metric", choices=["score", "roc_auc_ovr", "mae"], default="score")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    with Ledger.open(options.url, read_only=True) as ledger:
        trials = tabulate_trials(trial for trial in ledger.rows() if "@" in trial.task_id)
    trials = keep_fewest_folds(trials)
    learners = options.learners.split(",")
    losses = tabulate_losses(trials[trials["learner"].isin(learners)], options.metric)
    rows = [row for learner in learners for row in compare_sizes(losses[losses["learner"] == learner], sizes)]
    print(pd.DataFrame(rows).round(2).to_string(index=False))


def keep_fewest_folds(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials of the fewest folds of each task: means over other folds do not compare with them."""
    of_folds = [name for name in trials if str(name).startswith("fold_")]
    firsts = {str(name).split("_", 2)[1]: name for name in of_folds}
    by_fold = pd.DataFrame(
        {
            fold: trials[[name for name in of_folds if str(name).startswith(f"fold_{fold}_")]]
            .notna()
            .any(axis=1)
            for fold in firsts
        }
    )
    n_folds = by_fold.sum(axis=1).where(trials["status"].eq("ok"))
    fewest = n_folds.groupby([trials["task_id"], trials["learner"]]).transform("min")
    return trials[n_folds.eq(fewest)]


def tabulate_losses(trials: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return ``learner, table, size, config_id, is_default, loss`` of the trials that worked."""
    parts = []
    for task_type in TASK_TYPES:
        rows = trials[trials["status"].eq("ok") & trials["task_type"].eq(task_type)]
        name = METRIC[task_type] if metric == "score" else metric
        if name not in METRICS[task_type]:
            continue
        sign = -1.0 if METRICS[task_type][name].higher_is_better else 1.0
        parts.append(
            pd.DataFrame(
                {
                    "learner": rows["learner"],
                    "table": [table_of(task) for task in rows["task_id"]],
                    "size": [int(task.partition("@")[2]) for task in rows["task_id"]],
                    "task_type": task_type,
                    "config_id": rows["config_id"],
                    "is_default": rows["strategy"].eq("default"),
                    "loss": sign * rows[f"metric_{name}"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def compare_sizes(losses: pd.DataFrame, sizes: list[int]) -> list[dict[str, Any]]:
    """Return a row for each pair of sizes of one learner."""
    surfaces: Surfaces = {
        (str(key[0]), str(key[1]), int(str(key[2]))): rows.drop_duplicates("config_id").set_index(
            "config_id"
        )["loss"]
        for key, rows in losses.groupby(["task_type", "table", "size"])
    }
    defaults = set(losses.loc[losses["is_default"], "config_id"])
    found = []
    for small, large in combinations(sizes, 2):
        rows = [
            _compare(key, small, large, surfaces, defaults)
            for key in surfaces
            if key[2] == large and (*key[:2], small) in surfaces
        ]
        rows = [row for row in rows if row]
        if rows:
            means = {str(name): mean for name, mean in pd.DataFrame(rows).mean().items()}
            found.append(
                {
                    "learner": losses["learner"].iloc[0],
                    "sizes": f"{small:,} to {large:,}",
                    "tables": len(rows),
                    **means,
                }
            )
    return found


def _compare(
    key: tuple[str, str, int],
    small: int,
    large: int,
    surfaces: Surfaces,
    defaults: set[str],
) -> dict[str, float]:
    """Compare the surfaces of one table at two sizes, and with those of other tables at the larger size."""
    task_type, table, _ = key
    both = pd.concat([surfaces[task_type, table, small], surfaces[key]], axis=1, join="inner").dropna()
    others = [
        one
        for (kind, name, size), one in surfaces.items()
        if (kind, size) == (task_type, large) and name != table
    ]
    here = surfaces[key].dropna()
    shared = (
        pd.concat([here, *others], axis=1, join="inner", ignore_index=True).dropna()
        if others
        else pd.DataFrame()
    )
    if min(len(both), len(shared)) < FEWEST:
        return {}
    average = shared.iloc[:, 1:].rank().mean(axis=1)
    default = here[here.index.isin(defaults)]
    return {
        "within": _spearman(both.iloc[:, 0], both.iloc[:, 1]),
        "between": float(
            np.mean([_spearman(shared.iloc[:, 0], one) for _, one in shared.iloc[:, 1:].items()])
        ),
        "best_of_smaller": _cost(here, both.iloc[:, 0]),
        "best_of_others": _cost(here, average),
        "default": _cost(here, default) if len(default) else np.nan,
        "chance": float(np.mean([_cost(here, here[[one]]) for one in here.index])),
    }


def _spearman(first: pd.Series, second: pd.Series) -> float:
    return float(first.corr(second, method="spearman"))


def _cost(losses: pd.Series, guide: pd.Series) -> float:
    """Distance of the configuration with the least guide from the best, as a share of that of the median."""
    chosen = losses[guide.index[int(np.argmin(guide.to_numpy()))]]
    best, median = losses.min(), losses.median()
    return float((chosen - best) / (median - best)) if median > best else 0.0


if __name__ == "__main__":
    main()
