"""Evaluation of groups of configurations that share one fit."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from foretune.base import TaskType
from foretune.learners import get_learner
from foretune.learners.fit import (
    FoldOutcome,
    Measure,
    Response,
    StopsTrials,
    Trial,
    describe_warnings,
    did_not_converge,
    evaluate_configuration,
    is_stopped,
    measure_metrics,
)
from foretune.learners.fold_set import mark_categories
from foretune.learners.folds import Fold
from foretune.learners.growing.lockstep import RoundChoice, evaluate_growing, has_open_rounds
from foretune.learners.nested_axis import NestedAxis, NotNestedError
from foretune.learners.recorded_warnings import record_warnings
from foretune.spaces import Configuration


def group_shared_fits(configurations: Sequence[Configuration]) -> list[list[Configuration]]:
    """Group configurations that differ only along their learner's nested axis.

    Returns
    -------
    list of list of Configuration
        In order of first appearance; within a group by ascending value of the axis.
    """
    groups: dict[tuple[str, str], list[Configuration]] = {}
    for configuration in configurations:
        axis = get_learner(configuration.learner).nested_axis
        if axis and not axis.holds(configuration.params):
            axis = None
        free = {axis.hyperparameter, *axis.shared} if axis else set()
        fixed = {name: value for name, value in configuration.params.items() if name not in free}
        # Without an axis nothing is shared, not even between equal configurations
        key = json.dumps(fixed, sort_keys=True) if axis else configuration.config_id
        groups.setdefault((configuration.learner, key), []).append(configuration)
    return [_in_order(group) for group in groups.values()]


def evaluate_group(
    group: Sequence[Configuration],
    folds: Sequence[Fold],
    task_type: TaskType,
    seed: int,
    measure: Measure = measure_metrics,
    choice: RoundChoice | None = None,
    race: StopsTrials | None = None,
) -> list[Trial]:
    """Evaluate the configurations of a group with one fit per fold.

    The trials equal those of :func:`foretune.learners.fit.evaluate_configuration`. If one fit cannot give
    them exactly, or fails, the configurations are evaluated one by one.

    Parameters
    ----------
    group
        A group of :func:`group_shared_fits`, by ascending value of the axis.
    folds
        Preprocessed folds of the task.
    task_type
        Selects the estimator and the metrics.
    seed
        Seed of the learner.
    measure
        Computes named metrics from an estimator's predictions on a fold.
    choice
        How early stopping chooses the number of rounds of configurations that do not fix it; None for the
        default of the library.
    race
        Stops trials that are hopeless on the first folds, each for itself; the others are as without it. It
        takes no boosters that grow, which have that of `choice`.

    Returns
    -------
    list of Trial
        In the order of the group. ``fit_seconds`` is an equal share of the group's time. A trial that was
        stopped has metrics of its first folds.
    """
    group = [mark_categories(one, folds) for one in group]
    if choice is not None and any(map(has_open_rounds, group)):
        return [_evaluate_one(one, folds, task_type, seed, measure, choice, race) for one in group]
    axis = get_learner(group[0].learner).nested_axis
    if axis is None or len(group) == 1:
        return [evaluate_configuration(one, folds, task_type, seed, measure, race) for one in group]
    start = time.perf_counter()
    with record_warnings() as caught:
        try:
            by_trial = _evaluate_together(group, axis, folds, task_type, seed, measure, race)
        except Exception:  # noqa: BLE001 - evaluated alone, each configuration records its own error
            return [evaluate_configuration(one, folds, task_type, seed, measure, race) for one in group]
    if did_not_converge(caught):
        return [evaluate_configuration(one, folds, task_type, seed, measure, race) for one in group]
    seconds = (time.perf_counter() - start) / len(group)
    message = describe_warnings(caught)
    return [
        Trial(
            [outcome.metrics for outcome in outcomes],
            "ok",
            message,
            seconds,
            sum(outcome.score_seconds for outcome in outcomes),
        )
        for outcomes in by_trial
    ]


def _evaluate_together(
    group: Sequence[Configuration],
    axis: NestedAxis,
    folds: Sequence[Fold],
    task_type: TaskType,
    seed: int,
    measure: Measure,
    race: StopsTrials | None,
) -> list[list[FoldOutcome]]:
    """Return the outcomes of each configuration, until the race has stopped all of them."""
    outcomes: list[list[FoldOutcome]] = [[] for _ in group]
    going = set(range(len(group)))
    for fold in folds:
        # The same fit as without a race, however many still need it
        of_fold = _evaluate_fold(group, axis, fold, task_type, seed, measure)
        for at in sorted(going):
            outcomes[at].append(of_fold[at])
        going -= {at for at in going if is_stopped(outcomes[at], race)}
        if not going:
            break
    return outcomes


def _evaluate_one(
    configuration: Configuration,
    folds: Sequence[Fold],
    task_type: TaskType,
    seed: int,
    measure: Measure,
    choice: RoundChoice,
    race: StopsTrials | None,
) -> Trial:
    if has_open_rounds(configuration):
        return evaluate_growing(configuration, folds, task_type, seed, choice, measure)
    return evaluate_configuration(configuration, folds, task_type, seed, measure, race)


def _in_order(group: list[Configuration]) -> list[Configuration]:
    axis = get_learner(group[0].learner).nested_axis
    return sorted(group, key=lambda one: axis.value(one.params)) if axis and len(group) > 1 else group


def _evaluate_fold(
    group: Sequence[Configuration],
    axis: NestedAxis,
    fold: Fold,
    task_type: TaskType,
    seed: int,
    measure: Measure,
) -> list[FoldOutcome]:
    learner = get_learner(group[0].learner)
    estimator = learner.fit(group[-1].params, task_type, seed, fold)
    start = time.perf_counter()
    outputs = axis.predict(estimator, fold.X_test, [one.params for one in group], task_type)
    decide = _refuse if hasattr(estimator, "decision_function") else None
    measured = [measure(Response(_checked(output), decide=decide), fold, task_type) for output in outputs]
    seconds = (time.perf_counter() - start) / len(group)
    return [FoldOutcome(metrics, seconds) for metrics in measured]


def _refuse() -> Any:
    """Raise NotNestedError: decision values are those of the largest fit only."""
    raise NotNestedError


def _checked(output: Any) -> Any:
    if not np.all(np.isfinite(output)):
        raise ValueError("a prediction is not finite")
    return output
