"""Trials of a search as runs of MLflow: one for the search, and a nested one for each trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from foretune.base import first_line, how_to_install
from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces import Configuration

MLFLOW = "mlflow"
SCORE, BEST = "score", "best_score"
# MLflow takes longer values of parameters only in parts
LONGEST = 500
_log: ContextVar[Callable[[int, Configuration, ScoredTrial], None] | None] = ContextVar(
    "trial_log", default=None
)


@contextmanager
def logged_search(log_to: str | None, search: Any) -> Iterator[None]:
    """Log a search to where ``log_to`` says.

    The run of the search is nested in the active one, if there is any. It gets the best parameters and the
    score when the search ends; if it raises, its status is ``FAILED``.

    Parameters
    ----------
    log_to
        ``"mlflow"``, or None for nothing.
    search
        The search, fitted when the context ends.

    Raises
    ------
    SearchError
        If MLflow is missing or takes no runs, or ``log_to`` is something else.
    """
    if log_to is None:
        yield
        return
    if log_to != MLFLOW:
        raise SearchError(f"log_to = {log_to!r} must be 'mlflow' or None")
    try:
        import mlflow
    except ModuleNotFoundError as error:
        raise SearchError(f"log_to = 'mlflow' needs MLflow: {how_to_install(MLFLOW)}") from error

    try:
        run = mlflow.start_run(nested=mlflow.active_run() is not None, run_name=type(search).__name__)
    except mlflow.MlflowException as error:
        raise SearchError(f"log_to = 'mlflow': {first_line(error)}") from error
    with run:
        name = search.scoring if isinstance(search.scoring, str) else SCORE
        token = _log.set(partial(_log_to_mlflow, name))
        try:
            yield
        finally:
            _log.reset(token)
        mlflow.set_tag("stop_reason", search.stop_reason_)
        mlflow.log_metric("n_trials", search.n_trials_)
        # Of several scores without refit there is no best, and a function may choose without one
        if hasattr(search, "best_params_"):
            mlflow.log_params(_as_params(search.best_learner_, search.best_params_))
        if math.isfinite(getattr(search, "best_score_", math.nan)):
            mlflow.log_metric(BEST, search.best_score_)


def log_trial(number: int, configuration: Configuration, trial: ScoredTrial) -> None:
    """Log a trial, if its search is logged."""
    if (log := _log.get()) is not None:
        log(number, configuration, trial)


def _log_to_mlflow(name: str, number: int, configuration: Configuration, trial: ScoredTrial) -> None:
    import mlflow

    mlflow.start_run(nested=True, run_name=f"trial {number}")
    try:
        mlflow.log_params(_as_params(configuration.learner, configuration.params))
        seconds = float((trial.fit_seconds + trial.score_seconds).sum())
        mlflow.log_metrics({"seconds": seconds, **(_scores(trial, name) if trial.is_ok else {})})
        mlflow.set_tags({"status": trial.status, "strategy": configuration.strategy})
        if trial.has_failed:
            mlflow.set_tag("error", first_line(trial.error))
    finally:
        mlflow.end_run("FAILED" if trial.has_failed else "FINISHED")


def _as_params(learner: str, params: Mapping[str, Any]) -> dict[str, str]:
    return {
        "learner": learner,
        **{name: " ".join(str(value).split())[:LONGEST] for name, value in params.items()},
    }


def _scores(trial: ScoredTrial, name: str) -> dict[str, float]:
    """Return the mean of each score of a trial, without those that are not finite, which MLflow refuses.

    The leading one is there twice: as the score, and by its name, as other runs of the team have it.
    """
    means = {
        SCORE: trial.score,
        name: trial.score,
        **{other: float(one.mean()) for other, one in trial.further.items()},
    }
    return {measured: mean for measured, mean in means.items() if math.isfinite(mean)}
