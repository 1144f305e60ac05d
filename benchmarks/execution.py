"""Benchmark of parallel execution: overhead of an item, cost of a crash, speed-up of two workers over one.

Run by ``make bench``. Seconds depend on the machine; compare ratios.
"""

from __future__ import annotations

import contextlib
import os
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from joblib import Parallel, delayed

from foretune.execution import Job, Limits, ParallelParameters, run_jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretune.execution import Outcome

CONF = Path(__file__).parents[1] / "conf/base/parameters_hpo.yml"
ONE = ParallelParameters(n_workers=1)
TWO = ParallelParameters(n_workers=2)
GUARDED = Limits(seconds_per_trial=600)


class Sleeping(Job):
    """Items that wait: their time is known, so the rest is overhead."""

    def __init__(self, n_items: int, seconds: float) -> None:
        self.task_id = "sleeping"
        self.items = [seconds] * n_items

    def prepare(self) -> None:
        """Need nothing."""

    def evaluate(self, shared: None, item: float) -> float:
        """Wait."""
        if item < 0:
            os._exit(1)
        time.sleep(item)
        return item


def time_run(jobs: Sequence[Job], parallel: ParallelParameters, limits: Limits | None = None) -> float:
    """Run jobs; the seconds from the first result to the last one, so that no start of processes counts."""
    arrivals: list[float] = []

    def keep(outcomes: Sequence[Outcome]) -> None:
        arrivals.append(time.perf_counter())

    run_jobs(jobs, parallel, keep, limits=limits)
    return arrivals[-1] - arrivals[0]


def measure_overhead() -> None:
    """Print what an item costs beside its own time."""
    n_items = 3000
    for name, parallel, limits in [
        ("in this process", ONE, None),
        ("one guarded process", ONE, GUARDED),
        ("two guarded processes", TWO, GUARDED),
        ("two threads", ParallelParameters(n_workers=2, backend="threads"), None),
    ]:
        start = time.perf_counter()
        run_jobs([Sleeping(n_items, 0.0)], parallel, lambda _: None, limits=limits)
        each = (time.perf_counter() - start) / n_items
        print(f"{name}: {1e6 * each:.0f} us an item, {100 * each / 0.1:.2f} % of one that takes 0.1 s")


def measure_waiting() -> None:
    """Print how much longer items of 0.1 s take than they wait, on two guarded processes."""
    n_items = 101
    took = time_run([Sleeping(n_items, 0.1)], TWO, GUARDED)
    print(
        f"items of 0.1 s on two guarded processes: {100 * (took / ((n_items - 1) / 2 * 0.1) - 1):.1f} % more"
    )


def measure_crashes() -> None:
    """Print what a process that dies costs, against starting a pool of processes anew."""
    n_crashes = 10
    start = time.perf_counter()
    run_jobs([Sleeping(n_crashes, -1.0)], ONE, lambda _: None, limits=GUARDED)
    crash = (time.perf_counter() - start) / n_crashes / 2  # each is tried twice
    start = time.perf_counter()
    for _ in range(3):
        with contextlib.suppress(BrokenExecutor):
            Parallel(n_jobs=2)(delayed(os._exit)(1) for _ in range(2))
    pool = (time.perf_counter() - start) / 3
    print(f"a crash costs {crash:.2f} s; a pool of joblib's that breaks {pool:.2f} s and what else it did")


if __name__ == "__main__":
    measure_overhead()
    measure_waiting()
    measure_crashes()
