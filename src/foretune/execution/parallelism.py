"""Numbers of workers, cores and threads per worker."""

from __future__ import annotations

import os
import sys

from foretune.execution.parameters import ParallelParameters

# One thread per worker even if cores are free: the order of summation changes results, which must be equal
# for any number of workers
THREADS_PER_WORKER = 1
# Rows x columns from which a fit gains by threads of its own; benchmarks/booster_threads.py measures it
CELLS_WORTH_THREADS = 4_000_000
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def count_workers(parallel: ParallelParameters) -> int:
    """Return the number of workers on this machine: as requested, or one per usable core."""
    return parallel.n_workers if parallel.n_workers > 0 else count_cores()


def count_cores() -> int:
    """Return the number of cores that the affinity mask and the container leave to this process."""
    from joblib import cpu_count

    return int(cpu_count())


def count_threads(n_workers: int, n_fits: int, n_cells: float, n_cores: int) -> int:
    """Return the number of threads that each fit of a learner with threads of its own gets.

    Many small fits share the workers, and take one thread each. Where fewer large fits wait than there are
    workers, the idle workers' threads go to the learner. Workers x threads never exceed the cores, unless
    more workers are asked for than there are.

    Parameters
    ----------
    n_workers
        Number of fits that may run at once.
    n_fits
        Number of fits that are due together.
    n_cells
        Rows x columns of the training part of a fit.
    n_cores
        Number of cores of this machine.
    """
    if n_fits < 1 or n_cells < CELLS_WORTH_THREADS:
        return THREADS_PER_WORKER
    return max(min(n_workers, n_cores) // n_fits, THREADS_PER_WORKER)


def describe_parallelism(parallel: ParallelParameters) -> str:
    """Describe the workers, threads and cores of a run in one line.

    Parameters
    ----------
    parallel
        Workers and backend.
    """
    if parallel.backend == "dask":
        return f"Dask cluster at {parallel.address}, {THREADS_PER_WORKER} thread per process"
    n_workers, n_cores = count_workers(parallel), count_cores()
    text = f"{n_workers} {parallel.backend} x {THREADS_PER_WORKER} thread on {n_cores} cores"
    if n_workers * THREADS_PER_WORKER > n_cores:
        text += f": more than there are cores; n_workers = {n_cores} would be faster"
    return text


def pinned_environment() -> dict[str, str]:
    """Return a worker's environment variables, with one thread for each numerical library."""
    pinned = dict.fromkeys(THREAD_VARIABLES, str(THREADS_PER_WORKER))
    # The import path of this process; an empty entry means the working directory
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, **pinned, "PYTHONPATH": path}
