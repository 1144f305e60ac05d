"""What racing over folds saves, and whether it changes what a search chooses.

Takes a folder of Parquet files with the column ``target``. On each table and seed ``MetaSearchCV`` searches
twice, with every fold of every trial and with racing, on the same folds. A choice counts as the same if its
mean score is within one standard error of the other's: the standard deviation of their differences over the
folds, divided by the root of the number of folds, and not below that of the score itself where both chose
the same. Seconds are those of the whole search without the last fit.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune import MetaSearchCV


class Found(NamedTuple):
    """Scores of the chosen configuration on the folds, and the seconds of the search."""

    scores: npt.NDArray[np.float64]
    seconds: float
    n_stopped: int


def search(X: pd.DataFrame, y: pd.Series, options: argparse.Namespace, seed: int, *, racing: bool) -> Found:
    """Search without a last fit."""
    start = time.perf_counter()
    found = MetaSearchCV(
        options.learner,
        options.trials,
        scoring=options.scoring,
        refit=False,
        random_state=seed,
        racing=racing,
    ).fit(X, y)
    seconds = time.perf_counter() - start
    results = found.cv_results_
    folds = [results[f"split{fold}_test_score"][found.best_index_] for fold in range(found.n_splits_)]
    return Found(np.array(folds), seconds, int((results["status"] == "stopped").sum()))


def is_same(whole: Found, raced: Found) -> bool:
    """Whether the choice of the race is at most one standard error behind."""
    errors = [np.std(one, ddof=1) for one in (whole.scores, raced.scores)]
    standard_error = max(errors) / np.sqrt(len(whole.scores))
    return bool(raced.scores.mean() >= whole.scores.mean() - standard_error)


def read_tables(options: argparse.Namespace) -> Iterator[tuple[str, pd.DataFrame, pd.Series]]:
    """Read the tables, with up to ``--max-rows`` rows."""
    for path in sorted(options.folder.glob("*.parquet")):
        if options.tables and path.stem not in options.tables:
            continue
        table = pd.read_parquet(path)
        if len(table) > options.max_rows:
            table = table.sample(options.max_rows, random_state=0).reset_index(drop=True)
        yield path.stem, table.drop(columns="target"), table["target"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", nargs="+", default=[], help="names of files; all if not given")
    parser.add_argument("--learner", default="xgboost")
    parser.add_argument("--scoring", default=None)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--max-rows", type=int, default=2_000)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    same, seconds = [], []
    for name, X, y in read_tables(options):
        for seed in range(options.seeds):
            whole = search(X, y, options, seed, racing=False)
            raced = search(X, y, options, seed, racing=True)
            same.append(is_same(whole, raced))
            seconds.append((whole.seconds, raced.seconds))
            print(
                f"{name}, seed {seed}: {whole.scores.mean():.4f} in {whole.seconds:.1f} s, racing "
                f"{raced.scores.mean():.4f} in {raced.seconds:.1f} s, {raced.n_stopped} stopped",
                flush=True,
            )
    total = np.array(seconds)
    shares = total[:, 1] / total[:, 0]
    whole_seconds, raced_seconds = total.sum(axis=0)
    print(
        f"{len(same)} searches: the same within one standard error in {np.mean(same):.0%}, "
        f"{raced_seconds / whole_seconds:.0%} of the time in all, {np.median(shares):.0%} in the median"
    )


if __name__ == "__main__":
    main()
