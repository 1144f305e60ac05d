"""Fit of a configuration to all rows, which may use all workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from joblib import parallel_config

from foretune.base import openmp_threads
from foretune.execution import count_cores, count_threads
from foretune.learners import get_learner
from foretune.recommendation.search_cv.estimator import fit_pipeline
from foretune.recommendation.search_cv.folds import GivenData
from foretune.spaces import Configuration

# Where the wrappers of a learner keep it, unfitted and fitted
PLACES = ("classifier", "regressor", "classifier_", "regressor_")


def fit_to_all(
    build: Callable[[Configuration], Any], configuration: Configuration, data: GivenData, n_workers: int
) -> Any:
    """Build and fit the pipeline of a configuration, with threads if the rule gives the learner some.

    It runs alone, so a large fit gets a thread for each worker where the result is the same with any number
    (:func:`foretune.execution.count_threads`). The fitted learner predicts with one thread, like any other.

    Parameters
    ----------
    build
        ``build(configuration)`` returns the unfitted pipeline.
    configuration
        Learner and hyperparameters.
    data
        Rows, target and sample weights.
    n_workers
        Number of parallel fits that the user allows.
    """
    pipeline = build(configuration)
    threads = get_learner(configuration.learner).threads
    n_cells = float(np.prod(np.shape(data.X)))
    n_threads = 1 if threads is None else count_threads(n_workers, 1, n_cells, count_cores())
    n_openmp = n_threads if threads == "openmp" else 1
    n_jobs = n_threads if threads == "n_jobs" else 1
    with openmp_threads(n_openmp), _n_jobs(pipeline[-1], n_jobs):
        return fit_pipeline(pipeline, data.X, data.target, data.weights)


@contextmanager
def _n_jobs(step: Any, n_jobs: int) -> Iterator[None]:
    """Set ``n_jobs`` of a learner, if there are several, and of its fitted copy back to 1 afterwards."""
    if n_jobs == 1:
        yield
        return
    for learner in _learners_of(step):
        learner.set_params(n_jobs=n_jobs)
    try:
        # Forests would follow a backend of the user's to other machines
        with parallel_config(backend="threading"):
            yield
    finally:
        for learner in _learners_of(step):
            learner.set_params(n_jobs=1)


def _learners_of(step: Any) -> list[Any]:
    """Return the learner of a pipeline's last step, unfitted and fitted."""
    inner = [vars(step)[name] for name in PLACES if vars(step).get(name) is not None]
    return inner or [step]
