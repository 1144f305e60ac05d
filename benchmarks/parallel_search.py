"""What several jobs gain a search, and what it loses by proposals that do not know the last scores.

On each table ``MetaSearchCV`` searches with one job and with several, with the same number of trials.
Printed are the seconds of both without the last fit, their ratio, and the best scores; at the end the ratio
over all searches, and how often the search with several jobs is behind by more than a standard error.
Tables are a folder of Parquet files with the column ``target``; without one, simulated ones.
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
from sklearn.datasets import make_classification

from foretune import MetaSearchCV


class Found(NamedTuple):
    """Scores of the chosen configuration on the folds, and the seconds of the search."""

    scores: npt.NDArray[np.float64]
    seconds: float


def search(X: pd.DataFrame, y: pd.Series, options: argparse.Namespace, n_jobs: int, seed: int) -> Found:
    """Search without a last fit."""
    start = time.perf_counter()
    found = MetaSearchCV(
        options.learner,
        options.trials,
        n_jobs=n_jobs,
        refit=False,
        random_state=seed,
        min_gain=0,
        racing=None if options.racing else False,
    ).fit(X, y)
    results = found.cv_results_
    folds = [results[f"split{fold}_test_score"][found.best_index_] for fold in range(found.n_splits_)]
    return Found(np.array(folds), time.perf_counter() - start)


def read_tables(options: argparse.Namespace) -> Iterator[tuple[str, pd.DataFrame, pd.Series]]:
    """Give the tables, with up to ``--rows`` rows."""
    if options.folder is None:
        for number in range(5):
            X, y = make_classification(options.rows, 20, n_informative=8, flip_y=0.1, random_state=number)
            yield f"simulated {number}", pd.DataFrame(X).add_prefix("x"), pd.Series(y)
        return
    for path in sorted(options.folder.glob("*.parquet")):
        table = pd.read_parquet(path)
        table = table.sample(min(options.rows, len(table)), random_state=0).reset_index(drop=True)
        yield path.stem, table.drop(columns="target"), table["target"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--learner", default="xgboost")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--racing", action="store_true", help="race where MetaSearchCV does by default")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    behind, seconds = [], []
    for name, X, y in read_tables(options):
        # Workers start once a session
        search(
            X.head(200), y.head(200), argparse.Namespace(**{**vars(options), "trials": 1}), options.jobs, 0
        )
        for seed in range(options.seeds):
            one, several = (search(X, y, options, n_jobs, seed) for n_jobs in (1, options.jobs))
            error = np.std(one.scores, ddof=1) / np.sqrt(len(one.scores))
            behind.append(several.scores.mean() < one.scores.mean() - error)
            seconds.append((one.seconds, several.seconds))
            print(
                f"{name}: {one.seconds:.1f} s with one job, {several.seconds:.1f} s with {options.jobs}, "
                f"{one.seconds / several.seconds:.2f} times as fast; best {one.scores.mean():.4f} and "
                f"{several.scores.mean():.4f}",
                flush=True,
            )
    total = np.sum(seconds, axis=0)
    print(
        f"{total[0] / total[1]:.2f} times as fast in all; behind by more than a standard error in "
        f"{np.mean(behind):.0%} of {len(behind)} searches"
    )


if __name__ == "__main__":
    main()
