"""Jobs of the benchmark: each method on each split table, for each metric, in one or several processes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from foretune.base import UserError, first_line
from large.case import Case, Fitted
from large.methods import Method, Settings, list_methods
from large.metrics import METRICS
from large.results import Key, Results
from large.tables import SplitTable, TableFile, split_table

N_WARM_UP_ROWS = 200


@dataclass(frozen=True)
class Job:
    """One line of the results to be."""

    file: TableFile
    metric: str
    method: str
    seed: int

    @property
    def key(self) -> Key:
        """What the line is about."""
        return Key(self.file.name, self.metric, self.method, self.seed)


def list_jobs(
    files: Iterable[TableFile], metrics: Sequence[str], methods: Sequence[str], seeds: int
) -> list[Job]:
    """List the jobs table by table, so that what an interrupted run has is complete for some tables."""
    return [
        Job(file, metric, method, seed)
        for file in files
        for seed in range(seeds)
        for metric in metrics
        if METRICS[metric].task_type == file.task_type
        for method in methods
    ]


def run_jobs(jobs: Sequence[Job], settings: Settings, results: Results, n_processes: int = 1) -> None:
    """Run the jobs that have no result yet, and print a line for each."""
    open_jobs = [job for job in jobs if job.key not in results]
    print(f"{len(open_jobs)} of {len(jobs)} fits to do", flush=True)
    rows = (
        (run_job(job, settings) for job in open_jobs)
        if n_processes == 1
        else _run_in_processes(open_jobs, settings, n_processes)
    )
    for done, row in enumerate(rows, 1):
        results.add(row)
        found = row["error"] or f"{row['loss']:.5g}"
        print(
            f"{done}/{len(open_jobs)} {row['table']} {row['metric']} {row['method']} seed {row['seed']}: "
            f"{found}, {row['seconds']:.1f} s",
            flush=True,
        )


def _run_in_processes(jobs: Sequence[Job], settings: Settings, n_processes: int) -> Iterator[dict[str, Any]]:
    # A fork of a process with OpenMP threads may hang
    with ProcessPoolExecutor(n_processes, get_context("spawn")) as pool:
        running: dict[Future[dict[str, Any]], Job] = {
            pool.submit(run_job, job, settings): job for job in jobs
        }
        try:
            for future in as_completed(running):
                yield future.result()
        except BrokenProcessPool as error:
            raise UserError(
                "a process was ended from outside, perhaps for its memory: start again, with fewer --jobs"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def run_job(job: Job, settings: Settings) -> dict[str, Any]:
    """Fit and score a method; one that fails is a row with its error."""
    start = time.perf_counter()
    row: dict[str, Any] = {**job.key._asdict(), "loss": None, "error": ""}
    try:
        with warnings.catch_warnings(), threadpool_limits(settings.threads):
            warnings.simplefilter("ignore")
            table = split_table(job.file, job.seed, settings.max_rows)
            case = Case(table, METRICS[job.metric], job.seed, settings.threads)
            method = _methods(settings)[job.method]
            _warm_up(method, table.task_type, settings.threads)
            start = time.perf_counter()
            fitted = method.fit(case)
            row["seconds"] = time.perf_counter() - start if fitted.seconds is None else fitted.seconds
            row |= _score(case, fitted)
    except Exception as error:  # noqa: BLE001 - the other methods go on
        row["error"] = f"{type(error).__name__}: {first_line(str(error))}"
    return {"seconds": time.perf_counter() - start} | row


def _score(case: Case, fitted: Fitted) -> dict[str, Any]:
    start = time.perf_counter()
    predictions = fitted.predict(case.table.X_test)
    seconds = time.perf_counter() - start
    details = {
        name: value if isinstance(value, int | float | str | None) else repr(value)
        for name, value in fitted.details.items()
    }
    return {
        "loss": case.metric.loss(case.table.y_test, predictions),
        "predict_seconds": seconds,
        "n_rows": len(case.table.X),
        "n_features": case.table.X.shape[1],
        **details,
    }


@lru_cache(maxsize=1)
def _methods(settings: Settings) -> dict[str, Method]:
    return {method.name: method for method in list_methods(settings)[0]}


_WARM: set[tuple[str, str]] = set()


def _warm_up(method: Method, task_type: str, threads: int) -> None:
    """Load what a method loads once in a process, by a fit to a few rows that nobody times."""
    kind = str(method.warm_up), task_type
    if method.warm_up is None or kind in _WARM:
        return
    _WARM.add(kind)
    metric = next(metric for metric in METRICS.values() if metric.task_type == task_type)
    # One that fails fails again where it is recorded
    try:
        method.warm_up(Case(_small_table(task_type), metric, 0, threads))
    except Exception:  # noqa: BLE001
        return


def _small_table(task_type: Any) -> SplitTable:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(N_WARM_UP_ROWS, 3)), columns=[*"abc"])
    values = X["a"] + rng.normal(size=N_WARM_UP_ROWS)
    is_class = task_type == "classification"
    y = (values > 0).astype(int) if is_class else values
    return SplitTable("warm_up", task_type, X, y, X, y, 2 if is_class else 0)
