"""Whether ``MetaSearchCV(max_time=)`` ends in time: the seconds of the whole call as a ratio to ``max_time``.

For tables of numbers, of numbers and texts, of ten classes, and of a target of numbers, with any number of
rows, and several budgets, the last fit included. The promise is 1.1 x max_time + 2 s; a call that is later is
marked, and ends the program with an error. The default is small; all of it takes an hour::

    python benchmarks/max_time.py --rows 1000 10000 50000 200000 --budgets 5 30 120 --learners auto svm
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
import warnings

import numpy as np
import pandas as pd

from foretune import MetaSearchCV

N_COLUMNS, N_TEXTS = 20, 8
KINDS = ("numbers", "texts", "classes", "values")


def make_table(kind: str, n_rows: int) -> tuple[pd.DataFrame, pd.Series]:
    """Make a table of a kind; in a table of texts eight columns are."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_rows, N_COLUMNS))
    score = values[:, 0] + values[:, 1] * values[:, 2] + rng.normal(size=n_rows)
    table = pd.DataFrame(values, columns=[f"x{at}" for at in range(N_COLUMNS)])
    if kind == "texts":
        words = np.array(["red", "green", "blue", "grey", "black", "white"])
        for at in range(N_TEXTS):
            codes = np.clip((values[:, at] * 1.5 + 3).astype(int), 0, len(words) - 1)
            table[f"x{at}"] = words[codes]
    n_classes = 10 if kind == "classes" else 2
    if kind == "values":
        return table, pd.Series(score)
    return table, pd.Series(np.digitize(score, np.quantile(score, np.arange(1, n_classes) / n_classes)))


def measure(kind: str, n_rows: int, max_time: float, learner: str, n_jobs: int) -> bool:
    """Search once, print the ratio and what was found, and return whether it ended in time."""
    table, target = make_table(kind, n_rows)
    search = MetaSearchCV(learner, n_trials=None, max_time=max_time, random_state=0, n_jobs=n_jobs)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(table, target)
    seconds = time.perf_counter() - start
    is_in_time = seconds <= 1.1 * max_time + 2
    print(
        f"{kind:8s} {n_rows:8,d} rows {learner:10s} max_time {max_time:5.0f} s: {seconds:6.1f} s, ratio "
        f"{seconds / max_time:4.2f}{'' if is_in_time else ' LATE'}; {search.n_trials_} trials, "
        f"{search.best_learner_} {search.best_score_:.3f}, {search.stop_reason_}, "
        f"last fit {search.refit_time_:.1f} s",
        flush=True,
    )
    return is_in_time


def main() -> None:
    """Measure the combinations that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["numbers"])
    parser.add_argument("--rows", nargs="+", type=int, default=[1_000, 20_000])
    parser.add_argument("--budgets", nargs="+", type=float, default=[5.0])
    parser.add_argument("--learners", nargs="+", default=["auto"])
    parser.add_argument("--n-jobs", type=int, default=1)
    given = parser.parse_args()
    cases = itertools.product(given.kinds, given.rows, given.budgets, given.learners)
    in_time = [measure(*case, given.n_jobs) for case in cases]
    print(f"{sum(in_time)} of {len(in_time)} calls ended within 1.1 x max_time + 2 s")
    sys.exit(0 if all(in_time) else 1)


if __name__ == "__main__":
    main()
