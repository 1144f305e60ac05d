"""Analysis of one learner's trials: importance, marginal curves, tunability, better default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foretune.base import derive_seed
from foretune.understanding.forest_surface import ForestSurface
from foretune.understanding.functional_anova import Boxes
from foretune.understanding.hyperparameters import Space
from foretune.understanding.learner_trials import LearnerTrials, TaskTrials
from foretune.understanding.parameters import SurfaceParameters

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class LearnerStudy:
    """Results of the analysis of one learner for each task.

    Attributes
    ----------
    trials
        Trials of the learner.
    r2
        Out-of-bag R2 of each task's surface, shape (n_tasks,).
    main
        Share of variance of each hyperparameter, shape (n_tasks, n_hyperparameters); NaN if constant.
    pairs
        Pairs of positions of hyperparameters.
    interactions
        Share of variance of each pair's interaction, shape (n_tasks, n_pairs).
    curves
        Mean relative score at each level, per hyperparameter, shape (n_tasks, n_levels).
    candidates
        Positions of the configurations among which optima are searched.
    completed
        Relative scores of the candidates, shape (n_tasks, n_candidates): measured if tried (0 if the trial
        failed), otherwise predicted by the task's surface.
    reference, is_library_default
        Position of the reference configuration, and whether it is the library default; otherwise it is the
        best on average.
    gains
        Gain over the reference from tuning each hyperparameter alone, on the task's surface, shape (n_tasks,
        n_hyperparameters).
    gains_of_all
        Gain from tuning all hyperparameters, shape (n_tasks,).
    """

    trials: LearnerTrials
    r2: Floats
    main: Floats
    pairs: list[tuple[int, int]]
    interactions: Floats
    curves: list[Floats]
    candidates: Positions
    completed: Floats
    reference: int
    is_library_default: bool
    gains: Floats
    gains_of_all: Floats


def study_learner(trials: LearnerTrials, parameters: SurfaceParameters, seed: int) -> LearnerStudy:
    """Analyse one learner, with at least one task and one varying hyperparameter, by a forest per task."""
    space = trials.space
    candidates = trials.choose_candidates(parameters.max_candidates, seed)
    surfaces = [_fit(task, space, parameters, seed) for task in trials.tasks]
    boxes = [surface.boxes(space) for surface in surfaces]
    decompositions = [function.decompose() for function in boxes]
    completed = np.array(
        [
            _complete(task, surface, candidates, space)
            for task, surface in zip(trials.tasks, surfaces, strict=True)
        ]
    )
    default = trials.find_default()
    reference = default
    if reference is None:
        reference = int(candidates[np.argmax(family_means(completed, trials.families).mean(axis=0))])
    gains, gains_of_all = _measure_gains(surfaces, space, space.values[candidates], space.values[reference])
    return LearnerStudy(
        trials=trials,
        r2=np.array([surface.r2 for surface in surfaces]),
        main=np.array([one.main for one in decompositions]),
        pairs=decompositions[0].pairs,
        interactions=np.array([one.interactions for one in decompositions]),
        curves=[_read_curves(boxes, space, position) for position in range(len(space.hyperparameters))],
        candidates=candidates,
        completed=completed,
        reference=reference,
        is_library_default=default is not None,
        gains=gains,
        gains_of_all=gains_of_all,
    )


def family_means(values: Floats, families: Sequence[str]) -> Floats:
    """Compute means over the tasks of each family, sorted by name, shape (n_families, n_columns)."""
    names = sorted(set(families))
    belongs = np.array([[family == name for family in families] for name in names], dtype=np.float64)
    means: Floats = (belongs @ values) / belongs.sum(axis=1, keepdims=True)
    return means


def _fit(task: TaskTrials, space: Space, parameters: SurfaceParameters, seed: int) -> ForestSurface:
    seed = derive_seed(seed, "surface", task.task_id)
    known = np.flatnonzero(np.isfinite(task.scores))
    if len(known) > parameters.max_trials:
        known = np.sort(np.random.default_rng(seed).permutation(known)[: parameters.max_trials])
    return ForestSurface.fit(space.values[task.rows[known]], task.scores[known], parameters, seed)


def _complete(task: TaskTrials, surface: ForestSurface, candidates: Positions, space: Space) -> Floats:
    completed = surface.predict(space.values[candidates])
    at = np.searchsorted(candidates, task.rows)
    is_candidate = candidates[np.minimum(at, len(candidates) - 1)] == task.rows
    completed[at[is_candidate]] = np.nan_to_num(task.scores[is_candidate], nan=0.0)
    return completed


def _measure_gains(
    surfaces: Sequence[ForestSurface], space: Space, candidates: Floats, reference: Floats
) -> tuple[Floats, Floats]:
    """Compute gains over the reference as defined by Probst, Boulesteix and Bischl (JMLR 2019)."""
    sweeps = [space.sweep(reference, position) for position in range(len(space.hyperparameters))]
    ends = np.cumsum([1, *(len(sweep) for sweep in sweeps)])
    asked = np.vstack([reference[None, :], *sweeps, candidates])
    gains: list[list[float]] = []
    gains_of_all: list[float] = []
    for surface in surfaces:
        predicted = surface.predict(asked)
        gain = predicted - predicted[0]
        best = [gain[start:end].max() for start, end in pairwise(ends)]
        # The reference itself is always available
        gains.append([max(float(value), 0.0) for value in best])
        gains_of_all.append(float(gain.max()))
    return np.array(gains), np.array(gains_of_all)


def _read_curves(boxes: Sequence[Boxes], space: Space, position: int) -> Floats:
    """Compute marginal means at each level over configurations in which the hyperparameter is active."""
    weights = [hyperparameter.weights for hyperparameter in space.hyperparameters]
    condition = space.hyperparameters[position].condition
    while condition is not None:
        active = weights[condition.parent] * condition.active_levels
        weights[condition.parent] = active / active.sum()
        condition = space.hyperparameters[condition.parent].condition
    return np.array([function.marginal(position, weights) for function in boxes])
