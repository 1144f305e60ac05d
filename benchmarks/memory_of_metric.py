"""What choosing by one memory or another gives: by that of the usual score, or by that of early stopping.

The memory that ships knows tables of up to 1,000 rows with seven learners for balanced accuracy and R2, and
LightGBM and XGBoost with early stopping for other metrics. On the tables that both know, each held out with
its family, the first n choices of either are looked up in the ledger's trials. Scores of regression are 0 for
the median configuration of the table and 1 for the best of both memories, those of classification are as they
are; ``difference`` is the second memory's lead, with its standard error, and ``better`` the share of the
tables on which it is better::

    python benchmarks/memory_of_metric.py --metric accuracy
    python benchmarks/memory_of_metric.py --metric balanced_accuracy --second accuracy
    python benchmarks/memory_of_metric.py --metric r2 --second rmse
    python benchmarks/memory_of_metric.py --metric mae --second rmse

take less than a minute each.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune import load_memory
from foretune.base import TaskType
from foretune.learners import METRICS
from foretune.meta_model import Memory, tabulate_tasks
from foretune.meta_model.restoring import restore_trials
from foretune.spaces import Configuration

NUMBERS = (1, 3, 5, 20)
RAW = Path(__file__).parents[1] / "data/01_raw"
LEDGERS = ("reference_ledger.parquet", "memory_ledger_*.parquet")
Floats = npt.NDArray[np.float64]


def main() -> None:
    """Print scores by number of choices and size of the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--metric", default="accuracy", help="metric that is measured")
    parser.add_argument("--second", default=None, help="metric of the second memory; else the one measured")
    options = parser.parse_args()
    kind = next(name for name, metrics in METRICS.items() if options.metric in metrics)
    memories = load_memory(kind), load_memory(kind, metric=options.second or options.metric)
    measured = compare(*memories, read_scores(kind, options.metric), scaled=kind == "regression")
    for name, part in measured.groupby(np.where(measured["n_rows"] < 1000, "below 1,000", "1,000 and more")):
        print(f"{name} rows, {len(part)} tables")
        print(_summarise(part).round(3).to_string())


def read_scores(task_type: TaskType, metric: str) -> pd.DataFrame:
    """Return the score of each trial of the ledger, more is better: rows are tables by hash."""
    sign = 1 if METRICS[task_type][metric].higher_is_better else -1
    columns = ["task_hash", "config_id", "task_type", "status", "fold_metrics"]
    files = [file for pattern in LEDGERS for file in sorted(RAW.glob(pattern))]
    trials = pd.concat([pd.read_parquet(file, columns=columns) for file in files])
    trials = trials[(trials["task_type"] == task_type) & (trials["status"] == "ok")]
    trials["score"] = [sign * np.mean(json.loads(text)[metric]) for text in trials["fold_metrics"]]
    return trials.pivot_table(index="task_hash", columns="config_id", values="score")


def compare(first: Memory, second: Memory, scores: pd.DataFrame, *, scaled: bool) -> pd.DataFrame:
    """Return the scores of the first n choices of either memory, one row per table that both know."""
    ours = set(first.task_hashes.values())
    sizes = tabulate_tasks(second).set_index("task_id")
    described, by_hash = restore_trials(second).metafeatures.T, scores.T
    known = [list(restore_trials(memory).configurations.values()) for memory in (first, second)]
    rows = []
    for name, digest in second.task_hashes.items():
        if digest not in ours or digest not in by_hash:
            continue
        table = _Table(described[name], str(sizes["family"][name]), by_hash[digest])
        found = [_choose(memory, of, table) for memory, of in zip((first, second), known, strict=True)]
        of_all = np.concatenate(found)
        middle, best = (np.nanmedian(of_all), np.nanmax(of_all)) if scaled else (0.0, 1.0)
        row = {"n_rows": sizes["n_rows"][name]}
        for way, one in zip(("first", "second"), found, strict=True):
            row |= {(way, n): (np.nanmax(one[:n]) - middle) / (best - middle) for n in NUMBERS}
        rows.append(row)
    return pd.DataFrame(rows)


class _Table(NamedTuple):
    """Metafeatures of a table, its family, and its scores by configuration."""

    described: pd.Series
    family: str
    scores: pd.Series


def _choose(memory: Memory, configurations: Sequence[Configuration], table: _Table) -> Floats:
    """Return the scores of the configurations that have one, in the order of the memory's choices."""
    known = [one for one in configurations if np.isfinite(table.scores.get(one.config_id, np.nan))]
    left = memory.without([table.family]) if table.family in memory.training_set.families else memory
    described = table.described.reindex(list(memory.metafeatures))
    predicted = left.surrogate.predict_target(described, memory.encode(known))
    order = np.argsort(-np.ravel(predicted), kind="stable")
    return table.scores[[known[at].config_id for at in order]].to_numpy(dtype=np.float64)


def _summarise(table: pd.DataFrame) -> pd.DataFrame:
    rows = {}
    for n in NUMBERS:
        first, second = table[("first", n)], table[("second", n)]
        difference = second - first
        rows[n] = {
            "usual score": first.mean(),
            "second memory": second.mean(),
            "difference": difference.mean(),
            "standard error": difference.sem(),
            "better": (difference > 0).mean(),
        }
    return pd.DataFrame(rows).T.rename_axis("choices")


if __name__ == "__main__":
    main()
