"""Calls in parallel processes, for Python code that holds the GIL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Result = TypeVar("Result")

# joblib ends workers that were idle for five minutes; a call that arrives while they end can wait for ever
IDLE_SECONDS = 86_400


def in_processes(
    function: Callable[..., Result], calls: Iterable[tuple[Any, ...]], n_workers: int
) -> Iterator[Result]:
    """Call a function in parallel processes and yield its results in the order of the calls.

    Parameters
    ----------
    function
        Function to call; it, its arguments and its results must pickle.
    calls
        Positional arguments of each call.
    n_workers
        Number of processes, 1 to stay in this one; an active ``joblib.parallel_config`` decides on the
        backend.
    """
    from joblib import Parallel, delayed

    parallel = Parallel(
        n_jobs=n_workers, prefer="processes", return_as="generator", idle_worker_timeout=IDLE_SECONDS
    )
    yield from cast("Iterator[Result]", parallel(delayed(function)(*call) for call in calls))
