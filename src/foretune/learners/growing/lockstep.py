"""Early stopping in lockstep: the boosters of all folds grow together while their mean score improves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from foretune.base import TaskType
from foretune.learners import Learner, get_learner
from foretune.learners.early_stopping import EarlyStopping
from foretune.learners.fit import (
    FoldOutcome,
    Measure,
    Response,
    StopsTrials,
    Trial,
    measure_metrics,
    record_trial,
)
from foretune.learners.folds import Fold
from foretune.learners.growing.fold_curve import FoldCurve, Step, emit
from foretune.learners.growing.model import DecidingModel, GrowingModel
from foretune.learners.growing.refitted import RefittedBooster
from foretune.learners.growing.rounds import Rounds, curve_rounds, is_measured
from foretune.learners.metrics import METRICS
from foretune.learners.nested_axis import NestedAxis, NotNestedError
from foretune.learners.recorded_warnings import record_warnings
from foretune.spaces import Configuration

FEWEST_AT_ONCE = 10
# Of the rounds so far: fewer calls, and little that grows in vain
SHARE_AT_ONCE = 8
# Share of the patience after which a trial that is behind the best has had its chance
HOPELESS_PATIENCE = 0.5


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
    race
        Stops trials whose first folds, grown alone, show that they are hopeless; None to grow all folds.
        Trials that it does not stop are the same as without it.
    max_seconds
        Seconds after which nothing grows any more: the best number of rounds up to then is taken. Growing
        ends before a step that would exceed them by what the last one took. None for no limit.
    """

    early_stopping: EarlyStopping
    metric: str
    higher_is_better: bool
    look: Measure
    every: int = 1
    keeps_curve: bool = False
    n_threads: int = 1
    race: StopsTrials | None = None
    max_seconds: float | None = None


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

    With a race the first folds grow alone, as if there were no others. If it stops the trial, which it may do
    after half of the patience, the outcome is that of these folds: metrics of each of them, and the best
    number of rounds so far. If not, the others follow.

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
        growing = _Growing(configuration, folds, task_type, seed, choice, measure)
        with closing(growing):
            outcomes, rounds = _evaluate_in_stages(growing, choice, len(folds))
        found.append(rounds)
        return outcomes

    trial = record_trial(evaluate)
    return replace(trial, rounds=found[0]) if trial.status == "ok" else trial


def _evaluate_in_stages(
    growing: _Growing, choice: RoundChoice, n_folds: int
) -> tuple[list[FoldOutcome], Rounds]:
    """Return the outcome on all folds, or on the first if the race stops the trial there."""
    for n_seen in choice.race.looks if choice.race else ():
        with record_warnings() as caught:
            try:
                found = growing.find(n_seen, choice.race)
            except Exception:  # noqa: BLE001 - whether the trial fails, and of what, is found without a race
                growing.restart()
                break
        if found.is_hopeless:
            emit(caught)
            return found.outcomes, found.rounds
    found = growing.find(n_folds)
    return found.outcomes, found.rounds


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


class _Found(NamedTuple):
    """Outcome on each fold, the numbers of rounds, and whether a race stops the trial."""

    outcomes: list[FoldOutcome]
    rounds: Rounds
    is_hopeless: bool


class _Growing:
    """Boosters of a trial on its folds, those of the first of which may grow before the others."""

    def __init__(
        self,
        configuration: Configuration,
        folds: Sequence[Fold],
        task_type: TaskType,
        seed: int,
        choice: RoundChoice,
        measure: Measure,
    ) -> None:
        self._start = partial(_start_curve, configuration, task_type, seed, choice, measure)
        self._folds = folds
        self._choice = choice
        self._curves: list[FoldCurve] = []
        n_threads = min(choice.n_threads, len(folds))
        self._pool = ThreadPoolExecutor(n_threads) if n_threads > 1 else None
        self._end = math.inf if choice.max_seconds is None else time.perf_counter() + choice.max_seconds

    def find(self, n_seen: int, race: StopsTrials | None = None) -> _Found:
        """Grow on the first folds until they stop together, and return the outcome.

        Parameters
        ----------
        n_seen
            Number of folds.
        race
            Stops the trial if it is hopeless on these folds; if it is not, they can be followed again,
            together with others.
        """
        self._curves += [self._start(fold) for fold in self._folds[len(self._curves) : n_seen]]
        lockstep = _Lockstep(self._curves, self._choice, self._grow, race, self._end)
        lockstep.run()
        return lockstep.result()

    def restart(self) -> None:
        """Begin anew."""
        self._close_models()
        self._curves = []

    def close(self) -> None:
        """Close the models."""
        if self._pool is not None:
            self._pool.shutdown()
        self._close_models()

    def _grow(self, curves: Sequence[FoldCurve], n_rounds: int) -> None:
        if self._pool is None:
            for curve in curves:
                curve.grow(n_rounds)
        else:
            list(self._pool.map(lambda curve: curve.grow(n_rounds), curves))

    def _close_models(self) -> None:
        for curve in self._curves:
            curve.close()


def _start_curve(
    configuration: Configuration,
    task_type: TaskType,
    seed: int,
    choice: RoundChoice,
    measure: Measure,
    fold: Fold,
) -> FoldCurve:
    def look(response: Response, of: Fold, kind: TaskType) -> float:
        return choice.look(response, of, kind)[choice.metric]

    learner = get_learner(configuration.learner)

    def fit(n_rounds: int) -> Any:
        return learner.fit(with_rounds(configuration, n_rounds).params, task_type, seed, fold)

    def refit(n_rounds: int) -> Any:
        fitted = fit(n_rounds)
        return (fitted.predict_proba if task_type == "classification" else fitted.predict)(fold.X_test)

    def decide(n_rounds: int) -> Any:
        if isinstance(model, DecidingModel):
            with suppress(NotNestedError):
                return model.decide(n_rounds)
        return fit(n_rounds).decision_function(fold.X_test)

    model = _start(configuration, fold, task_type, seed, choice)
    # Scorers prefer decision values, which may differ where probabilities are equal in their last bits
    decides = task_type == "classification" and hasattr(
        learner.build(with_rounds(configuration, 1).params, task_type, seed), "decision_function"
    )
    return FoldCurve(model, fold, task_type, look, measure, refit, decide if decides else None)


@dataclass
class _Look:
    """Number of rounds, its score, higher is better, and predictions for each fold; None if not kept."""

    n_rounds: int
    score: float
    outputs: list[Any]


class _Lockstep:
    """Search for the number of rounds of folds that grow together.

    Folds that have grown before are followed from their first round, as if they had not.
    """

    def __init__(
        self,
        curves: Sequence[FoldCurve],
        choice: RoundChoice,
        grow: Callable[[Sequence[FoldCurve], int], None],
        race: StopsTrials | None,
        end: float = math.inf,
    ) -> None:
        self._curves = curves
        self._choice = choice
        self._grow = grow
        self._race = race
        self._end = end
        self._is_cut = False
        self._seconds_per_round = 0.0
        self._n_grown = 0
        self._best: _Look | None = None
        self._curve_rounds = frozenset(curve_rounds(choice.early_stopping.max_rounds))
        # By number of rounds the mean of each metric
        self._means: dict[int, dict[str, float]] = {}

    def run(self) -> None:
        """Grow until the mean score has not improved for long enough, or nothing can grow."""
        largest = self._choice.early_stopping.max_rounds
        n_asked = 0
        for step_at in count():
            n_more = min(max(FEWEST_AT_ONCE, n_asked // SHARE_AT_ONCE), largest - n_asked)
            if self._is_late(n_more):
                self._is_cut = True
                return
            start = time.perf_counter()
            self._grow([curve for curve in self._curves if len(curve.steps) == step_at], n_more)
            n_asked += n_more
            steps = [curve.steps[step_at] for curve in self._curves]
            for step in steps:
                emit(step.caught)
            are_over = all(step.ended for step in steps)
            end = min(n_asked, max(step.n_rounds for step in steps))
            last_look = end if are_over else largest
            for n_rounds in range(n_asked - n_more + 1, end + 1):
                is_wanted = n_rounds % self._choice.every == 0 or n_rounds == last_look
                if is_wanted and self._are_there(n_rounds, steps) and self._look_at(n_rounds):
                    return
            if are_over or n_asked >= largest or self._gives_up(n_asked):
                return
            self._forget(n_asked)
            self._seconds_per_round = (time.perf_counter() - start) / n_more

    def result(self) -> _Found:
        """Measure the best look, and ask the race.

        Raises
        ------
        ValueError
            If no number of rounds has finite predictions.
        """
        best = self._best
        if best is None:
            raise ValueError("a prediction is not finite")
        metrics = self._measure(best)
        self._means[best.n_rounds] = _means(metrics)
        is_hopeless = self._race is not None and self._race.is_hopeless(metrics)
        seconds = sum(curve.score_seconds for curve in self._curves) / len(self._curves)
        outcomes = [FoldOutcome(one, seconds) for one in metrics]
        return _Found(outcomes, self._rounds(best.n_rounds), is_hopeless)

    def _measure(self, look: _Look) -> list[dict[str, float]]:
        return [
            curve.metrics(look.n_rounds, output)
            for curve, output in zip(self._curves, look.outputs, strict=True)
        ]

    def _gives_up(self, n_asked: int) -> bool:
        """Return whether a race stops a trial that has not improved for a part of the patience."""
        if self._race is None or self._best is None:
            return False
        since = n_asked - self._best.n_rounds
        is_due = since >= HOPELESS_PATIENCE * self._choice.early_stopping.patience
        return is_due and self._race.is_hopeless(self._measure(self._best))

    def _is_late(self, n_more: int) -> bool:
        """Return whether there is no time for more rounds, once some number of them can be taken."""
        if self._best is None or math.isinf(self._end):
            return False
        return time.perf_counter() + n_more * self._seconds_per_round > self._end

    def _are_there(self, n_rounds: int, steps: Sequence[Step]) -> bool:
        return all(curve.has(n_rounds, step) for curve, step in zip(self._curves, steps, strict=True))

    def _look_at(self, n_rounds: int) -> bool:
        """Take in the predictions at a number of rounds; return whether growing is over."""
        self._n_grown = n_rounds
        if all(curve.is_finite(n_rounds) for curve in self._curves):
            score = self._score(n_rounds)
            if self._best is None or _is_better(score, self._best.score):
                self._best = _Look(n_rounds, score, [curve.kept(n_rounds) for curve in self._curves])
            if self._choice.keeps_curve and (is_measured(n_rounds) or n_rounds in self._curve_rounds):
                self._means[n_rounds] = _means([curve.metrics(n_rounds) for curve in self._curves])
        since = self._best.n_rounds if self._best else 0
        return n_rounds - since >= self._choice.early_stopping.patience

    def _score(self, n_rounds: int) -> float:
        """Return the mean over the folds; NaN if one has no score."""
        mean = float(np.mean([curve.score(n_rounds) for curve in self._curves]))
        return mean if self._choice.higher_is_better else -mean

    def _forget(self, n_rounds: int) -> None:
        """Drop predictions that are not needed any more."""
        for curve in self._curves:
            if self._race:
                curve.keep_near(self._best.n_rounds if self._best else n_rounds)
            else:
                curve.forget(n_rounds)

    def _rounds(self, chosen: int) -> Rounds:
        if not self._choice.keeps_curve:
            return Rounds(chosen, self._choice.metric, self._n_grown, is_cut=self._is_cut)
        names = list(self._means[chosen])
        curve = {
            name: {at: self._means[at][name] for at in sorted(self._curve_rounds & self._means.keys())}
            for name in names
        }
        best = {name: self._best_of(name, chosen) for name in names}
        return Rounds(chosen, self._choice.metric, self._n_grown, best, curve, self._is_cut)

    def _best_of(self, name: str, chosen: int) -> tuple[float, int]:
        if name == self._choice.metric:
            return self._means[chosen][name], chosen
        sign = 1.0 if METRICS[self._curves[0].task_type][name].higher_is_better else -1.0
        known = {at: sign * means[name] for at, means in self._means.items() if np.isfinite(means[name])}
        if not known:
            return float("nan"), chosen
        at = max(sorted(known), key=lambda one: known[one])
        return self._means[at][name], at


def _is_better(score: float, other: float) -> bool:
    return score > other or (np.isnan(other) and not np.isnan(score))


def _means(metrics: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in metrics])) for name in metrics[0]}
