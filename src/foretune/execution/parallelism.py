"""How many workers, and how many threads in each."""

from __future__ import annotations

import os
import sys

from foretune.execution.parameters import ParallelParameters

# One thread in each worker, however many cores are free: sums in another order are other numbers, and the
# same seed must give the same bytes with any number of workers
THREADS_PER_WORKER = 1
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def count_workers(parallel: ParallelParameters) -> int:
    """Count the workers on this machine: as many as asked for, or one per core that the process may use."""
    return parallel.n_workers if parallel.n_workers > 0 else count_cores()


def count_cores() -> int:
    """Count the cores that this process may use, by its affinity mask and the limits of its container."""
    from joblib import cpu_count

    return int(cpu_count())


def describe_parallelism(parallel: ParallelParameters) -> str:
    """Describe in a line what a run uses: workers, threads in each, cores.

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
    """Copy the environment for a worker, with the thread pools of numerical libraries pinned."""
    pinned = dict.fromkeys(THREAD_VARIABLES, str(THREADS_PER_WORKER))
    # A worker imports what this process can import; an empty entry means the working directory
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, **pinned, "PYTHONPATH": path}
