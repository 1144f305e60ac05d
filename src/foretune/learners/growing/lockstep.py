"""Early stopping in lockstep: the boosters of all folds grow together while their mean score improves."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from foretune.base import TaskType, one_thread
from foretune.learners import Learner, get_learner
from foretune.learners.early_stopping import EarlyStopping
from foretune.learners.fit import FoldOutcome, Measure, Response, Trial, measure_metrics, record_trial
from foretune.learners.folds import Fold
from foretune.learners.growing.model import GrowingModel, Output
from foretune.learners.growing.refitted import RefittedBooster
from foretune.learners.growing.rounds import Rounds, curve_rounds, is_measured
from foretune.learners.metrics import METRICS
from foretune.learners.nested_axis import NestedAxis
from foretune.learners.recorded_warnings import record_warnings
from foretune.spaces import Configuration

FEWEST_AT_ONCE = 10
# Of the rounds so far: fewer calls, and little that grows in vain
SHARE_AT_ONCE = 8


@dataclass(frozen=True)
class RoundChoice:
    """How the number of boosting rounds is chosen.

    Attributes
    ----------
    early_stopping
        Patience, and the largest number of rounds.
    metric
        Metric by which it is chosen, among those of `look`.
    higher_is_better
        Direction of the metric.
    look
        Computes the metric, and nothing that is not needed.
    every
        Numbers of rounds to look at: all multiples of it, and the last.
    keeps_curve
        Whether the trial keeps the curve and the best value of each metric.
    n_threads
        Number of folds that grow at the same time; results do not depend on it.
    """

    early_stopping: EarlyStopping
    metric: str
    higher_is_better: bool
    look: Measure
    every: int = 1
    keeps_curve: bool = False
    n_threads: int = 1


def axis_of_rounds(learner: Learner) -> NestedAxis | None:
    """Return the nested axis of a learner if it is the number of boosting rounds."""
    axis = learner.nested_axis
    return axis if axis is not None and axis.is_rounds else None


def has_open_rounds(configuration: Configuration) -> bool:
    """Whether a configuration is of a booster and does not fix the number of rounds."""
    axis = axis_of_rounds(get_learner(configuration.learner))
    return axis is not None and axis.hyperparameter not in configuration.params


def without_rounds(configuration: Configuration) -> Configuration:
    """Return the configuration without its number of boosting rounds, if it has one."""
    axis = axis_of_rounds(get_learner(configuration.learner))
    if axis is None or axis.hyperparameter not in configuration.params:
        return configuration
    left = {name: value for name, value in configuration.params.items() if name != axis.hyperparameter}
    return replace(configuration, params=left)


def with_rounds(configuration: Configuration, n_rounds: int) -> Configuration:
    """Return the configuration of a booster with a number of rounds."""
    axis = axis_of_rounds(get_learner(configuration.learner))
    if axis is None:
        raise ValueError(f"{configuration.learner} has no boosting rounds")
    return replace(configuration, params={**configuration.params, axis.hyperparameter: n_rounds})


def evaluate_growing(
    configuration: Configuration,
    folds: Sequence[Fold],
    task_type: TaskType,
    seed: int,
    choice: RoundChoice,
    measure: Measure = measure_metrics,
) -> Trial:
    """Choose a booster's number of rounds by early stopping, and score it on every fold.

    The metrics are those of separate fits with the chosen number. It is the best of the mean over the folds,
    the smallest of equal ones, among the numbers of rounds up to the first at which the mean has not improved
    for ``patience`` rounds.

    Parameters
    ----------
    configuration
        Learner and hyperparameters, for which :func:`has_open_rounds` holds.
    folds
        Preprocessed folds of the task.
    task_type
        Selects the estimator and the metrics.
    seed
        Seed of the learner.
    choice
        Metric, patience, largest number of rounds.
    measure
        Computes named metrics at the chosen number, and for the curve.
    """
    found: list[Rounds] = []

    def evaluate() -> list[FoldOutcome]:
        lockstep = _Lockstep(folds, task_type, choice, measure)
        models = [_start(configuration, fold, task_type, seed, choice) for fold in folds]
        lockstep.grow(models)
        outcomes, rounds = lockstep.result()
        found.append(rounds)
        return outcomes

    trial = record_trial(evaluate)
    return replace(trial, rounds=found[0]) if trial.status == "ok" else trial


def _start(
    configuration: Configuration, fold: Fold, task_type: TaskType, seed: int, choice: RoundChoice
) -> GrowingModel:
    learner, params = get_learner(configuration.learner), configuration.params
    axis = axis_of_rounds(learner)
    if axis is None:
        raise ValueError(f"{learner.name} has no boosting rounds")
    largest = choice.early_stopping.max_rounds
    grown = _grow_or_none(learner, params, task_type, seed, fold, largest)
    return grown or RefittedBooster(learner, axis, params, task_type, seed, fold, largest)


def _grow_or_none(
    learner: Learner, params: dict[str, Any], task_type: TaskType, seed: int, fold: Fold, max_rounds: int
) -> GrowingModel | None:
    return None if learner.grow is None else learner.grow(params, task_type, seed, fold, max_rounds)


@dataclass
class _Look:
    """Number of rounds, its score, higher is better, and predictions for each fold."""

    n_rounds: int
    score: float
    responses: list[Response]


class _Lockstep:
    """State of growing models that stop together."""

    def __init__(
        self, folds: Sequence[Fold], task_type: TaskType, choice: RoundChoice, measure: Measure
    ) -> None:
        self._folds = folds
        self._task_type: TaskType = task_type
        self._choice = choice
        self._measure = measure
        self._n_grown = 0
        self._best: _Look | None = None
        self._curve_rounds = frozenset(curve_rounds(choice.early_stopping.max_rounds))
        # By number of rounds the mean of each metric
        self._means: dict[int, dict[str, float]] = {}
        self._score_seconds = 0.0

    def grow(self, models: Sequence[GrowingModel]) -> None:
        """Grow until the mean score has not improved for long enough, or nothing can grow."""
        largest = self._choice.early_stopping.max_rounds
        last: list[Any] = [None] * len(models)
        n_asked = 0
        with closing(_Growers(models, self._choice.n_threads)) as growers:
            while n_asked < largest:
                n_more = min(max(FEWEST_AT_ONCE, n_asked // SHARE_AT_ONCE), largest - n_asked)
                grown = [dict(outputs) for outputs in growers.grow(n_more)]
                n_asked += n_more
                are_over = all(model.ended for model in models)
                end = min(n_asked, max(model.n_rounds for model in models))
                last_look = end if are_over else largest
                for n_rounds in range(n_asked - n_more + 1, end + 1):
                    # A model that ended stays as it is
                    is_there = [
                        n_rounds in outputs or (model.ended and n_rounds > model.n_rounds)
                        for model, outputs in zip(models, grown, strict=True)
                    ]
                    last = [outputs.get(n_rounds, old) for outputs, old in zip(grown, last, strict=True)]
                    is_wanted = n_rounds % self._choice.every == 0 or n_rounds == last_look
                    if all(is_there) and is_wanted and self._look_at(n_rounds, last):
                        return
                if are_over:
                    return

    def result(self) -> tuple[list[FoldOutcome], Rounds]:
        """Measure the best look.

        Raises
        ------
        ValueError
            If no number of rounds has finite predictions.
        """
        best = self._best
        if best is None:
            raise ValueError("a prediction is not finite")
        metrics = self._measure_all(best.responses)
        self._means[best.n_rounds] = _means(metrics)
        seconds = self._score_seconds / len(self._folds)
        outcomes = [FoldOutcome(one, seconds) for one in metrics]
        return outcomes, self._rounds(best.n_rounds)

    def _look_at(self, n_rounds: int, outputs: Sequence[Any]) -> bool:
        """Take in the predictions at a number of rounds; return whether growing is over."""
        start = time.perf_counter()
        self._n_grown = n_rounds
        if all(np.isfinite(output).all() for output in outputs):
            responses = [Response(output) for output in outputs]
            score = self._score(responses)
            if self._best is None or _is_better(score, self._best.score):
                self._best = _Look(n_rounds, score, responses)
            if self._choice.keeps_curve and (is_measured(n_rounds) or n_rounds in self._curve_rounds):
                self._means[n_rounds] = _means(self._measure_all(responses))
        self._score_seconds += time.perf_counter() - start
        since = self._best.n_rounds if self._best else 0
        return n_rounds - since >= self._choice.early_stopping.patience

    def _score(self, responses: Sequence[Response]) -> float:
        """Return the mean over the folds; NaN if one has no score."""
        name, look = self._choice.metric, self._choice.look
        pairs = zip(responses, self._folds, strict=True)
        mean = float(np.mean([look(response, fold, self._task_type)[name] for response, fold in pairs]))
        return mean if self._choice.higher_is_better else -mean

    def _measure_all(self, responses: Sequence[Response]) -> list[dict[str, float]]:
        pairs = zip(responses, self._folds, strict=True)
        return [self._measure(response, fold, self._task_type) for response, fold in pairs]

    def _rounds(self, chosen: int) -> Rounds:
        if not self._choice.keeps_curve:
            return Rounds(chosen, self._choice.metric, self._n_grown)
        names = list(self._means[chosen])
        curve = {
            name: {at: self._means[at][name] for at in sorted(self._curve_rounds & self._means.keys())}
            for name in names
        }
        best = {name: self._best_of(name, chosen) for name in names}
        return Rounds(chosen, self._choice.metric, self._n_grown, best, curve)

    def _best_of(self, name: str, chosen: int) -> tuple[float, int]:
        if name == self._choice.metric:
            return self._means[chosen][name], chosen
        sign = 1.0 if METRICS[self._task_type][name].higher_is_better else -1.0
        known = {at: sign * means[name] for at, means in self._means.items() if np.isfinite(means[name])}
        if not known:
            return float("nan"), chosen
        at = max(sorted(known), key=lambda one: known[one])
        return self._means[at][name], at


class _Growers:
    """Growing models, several of which grow at the same time."""

    def __init__(self, models: Sequence[GrowingModel], n_threads: int) -> None:
        self._models = models
        self._pool = ThreadPoolExecutor(min(n_threads, len(models))) if n_threads > 1 else None

    def grow(self, n_rounds: int) -> list[list[Output]]:
        """Add rounds to each model, and return their predictions."""
        if self._pool is None:
            return [model.grow(n_rounds) for model in self._models]
        replies = list(self._pool.map(partial(_grow_aside, n_rounds=n_rounds), self._models))
        for _, caught in replies:
            for one in caught:
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        return [outputs for outputs, _ in replies]

    def close(self) -> None:
        """Close the models."""
        if self._pool is not None:
            self._pool.shutdown()
        for model in self._models:
            model.close()


def _grow_aside(model: GrowingModel, n_rounds: int) -> tuple[list[Output], list[warnings.WarningMessage]]:
    """Grow a model in another thread than that which records warnings."""
    with record_warnings() as caught, one_thread():
        outputs = model.grow(n_rounds)
    return outputs, caught


def _is_better(score: float, other: float) -> bool:
    return score > other or (np.isnan(other) and not np.isnan(score))


def _means(metrics: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in metrics])) for name in metrics[0]}
