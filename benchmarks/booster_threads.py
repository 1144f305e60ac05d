"""What a fit gains by threads of its own, and from which size on threads are better in the learner.

For each number of rows ``--jobs`` fits that differ in their seed are due. They are made one after the other
with all threads each, and at the same time with one thread each, in turns: with many fits the second way is
better if its ratio is above one. Then one single fit with all threads and with one: the ratio is what a last
fit gains. ``--exact`` fits random tables with one thread and with several, and counts the fits of which any
prediction differs. ``--busy`` keeps every core busy with something else meanwhile.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import make_classification, make_regression

from foretune.base import TaskType, one_thread, openmp_threads
from foretune.learners import get_learner

BUSY = "while True: pass"
# Of which rounds are limited, so that a measurement is short
ROUNDS = {"lightgbm": "n_estimators", "xgboost": "n_estimators", "hist_gradient_boosting": "max_iter"} | {
    "random_forest": "n_estimators",
    "extra_trees": "n_estimators",
    "catboost": "iterations",
}


def fit(name: str, X: Any, y: Any, options: argparse.Namespace, n_threads: int, seed: int = 0) -> Any:
    """Fit a library default with some threads."""
    learner, kind = get_learner(name), task_type_of(y)
    params = learner.library_default(kind) | {ROUNDS[name]: options.rounds}
    estimator = learner.build(params, kind, seed)
    # CatBoost is here to show why it keeps one thread
    n_jobs = "thread_count" if name == "catboost" else "n_jobs"
    by_openmp = learner.threads == "openmp"
    if not by_openmp:
        estimator.set_params(**{n_jobs: n_threads})
    with openmp_threads(n_threads if by_openmp else 1):
        fitted = estimator.fit(X, y, **options.given)
    return fitted if by_openmp or name == "catboost" else fitted.set_params(n_jobs=1)


def task_type_of(y: Any) -> TaskType:
    """Return the task type of a target."""
    return "regression" if y.dtype.kind == "f" else "classification"


def seconds_of(call: Callable[[], Any]) -> float:
    """Measure a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(name: str, n_rows: int, options: argparse.Namespace) -> None:
    """Print the ratios at one number of rows."""
    X, y = make_classification(n_rows, options.columns, n_informative=8, flip_y=0.1, random_state=0)
    options.given = {}
    n_jobs = options.jobs

    def in_turn() -> None:
        for seed in range(n_jobs):
            fit(name, X, y, options, n_jobs, seed)

    def at_once() -> None:
        Parallel(n_jobs)(delayed(fit)(name, X, y, options, 1, seed) for seed in range(n_jobs))

    ways: list[Callable[[], Any]] = [
        in_turn,
        at_once,
        lambda: fit(name, X, y, options, 1),
        lambda: fit(name, X, y, options, n_jobs),
    ]
    for way in ways[:2]:
        way()
    # In turns, and the fastest: something else may run in between
    times = np.array([[seconds_of(way) for way in ways] for _ in range(options.repeats)]).min(axis=0)
    print(
        f"{name}, {n_rows:,} x {options.columns} = {n_rows * options.columns:,} cells: {n_jobs} fits take "
        f"{times[0]:.2f} s in turn with {n_jobs} threads, {times[1]:.2f} s at once with one "
        f"({times[0] / times[1]:.2f}); one fit {times[2]:.2f} s with one thread, {times[3]:.2f} s with "
        f"{n_jobs} ({times[2] / times[3]:.2f} times as fast)",
        flush=True,
    )


def count_different(name: str, options: argparse.Namespace) -> None:
    """Print of how many random fits predictions differ between one thread and several."""
    n_different, largest = 0, 0.0
    for number in range(options.exact):
        rng = np.random.default_rng(number)
        size = {"n_samples": int(rng.choice([300, 3_000, 12_000])), "n_features": int(rng.choice([5, 30]))}
        if number % 2:
            X, y = make_regression(**size, noise=10, random_state=number)
            y = y + 10 * rng.standard_cauchy(len(y)) * (rng.random() < 0.5)
            y = (y - y.mean()) / y.std()
        else:
            forms = {"n_informative": 4, "n_redundant": 0, "n_classes": int(rng.choice([2, 3]))}
            X, y = make_classification(**size, **forms, flip_y=0.1, random_state=number)
        weights = rng.random(len(y)) * 10 ** rng.normal(size=len(y))
        options.given = {"sample_weight": weights} if rng.random() < 0.5 else {}
        one, several = (fit(name, X, y, options, n_threads) for n_threads in (1, options.jobs))
        with one_thread():
            predicted = [
                fitted.predict(X) if number % 2 else fitted.predict_proba(X) for fitted in (one, several)
            ]
        difference = float(np.abs(predicted[0] - predicted[1]).max())
        n_different, largest = n_different + (difference > 0), max(largest, difference)
    print(
        f"{name}: predictions of {n_different} of {options.exact} fits differ, by up to {largest:.2g}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--learners", nargs="+", default=[name for name in ROUNDS if name != "catboost"])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 5_000, 20_000, 50_000, 100_000])
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--exact", type=int, default=0, help="number of random fits to compare")
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(options.jobs * options.busy)]
    try:
        for name in options.learners:
            if options.exact:
                count_different(name, options)
                continue
            for n_rows in options.rows:
                measure(name, n_rows, options)
    finally:
        for other in others:
            other.kill()


if __name__ == "__main__":
    main()
