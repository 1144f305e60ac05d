"""Estimates of the final values of pruned trials of a study from their intermediate values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from optuna.trial import FrozenTrial, TrialState

# Number of trials from which relations of intermediate and final values are learnt: the latest ones
MOST_REFERENCES = 100
# Number of trials from which a slope, or the kind of summary, is learnt
LEAST_FOR_SLOPE, LEAST_FOR_KIND = 5, 3

Floats = npt.NDArray[np.float64]


class _Curve(NamedTuple):
    """Intermediate values of a trial by step, higher is better, and its final value."""

    steps: Floats
    values: Floats
    final: float

    @classmethod
    def of(cls, trial: FrozenTrial, sign: float) -> _Curve | None:
        """Read the finite intermediate values of a trial; None if there is none."""
        reported = {step: value for step, value in trial.intermediate_values.items() if math.isfinite(value)}
        if not reported:
            return None
        steps = np.array(sorted(reported), dtype=np.float64)
        values = sign * np.array([reported[step] for step in sorted(reported)], dtype=np.float64)
        is_complete = trial.state == TrialState.COMPLETE and trial.value is not None
        return cls(steps, values, sign * float(trial.value) if is_complete else float(values[-1]))  # type: ignore[arg-type]


# What an objective returns is often the last value, the mean of all (of folds or instances), or the best
SUMMARIES: tuple[Callable[[Floats], float], ...] = (
    lambda values: float(values[-1]),
    lambda values: float(values.mean()),
    lambda values: float(values.max()),
)


class _Line(NamedTuple):
    """Relation of the summary of the values up to a step to the final value."""

    summary: Callable[[Floats], float]
    slope: float
    offset: float


@dataclass
class CurveEstimator:
    """Estimator of the final value of a trial that was pruned.

    The values up to the step at which the trial ended are summarised by the last of them, their mean or the
    best, whichever tells the final values of the completed trials best from their own values up to that step.
    A line leads from the summary to the final value: the median difference, and with five completed trials or
    more a slope between 0 and 1 as well. Without a completed trial those that came furthest take their place.

    Attributes
    ----------
    references
        Completed trials, or those that came furthest.
    best
        Best final value of a completed trial, which no estimate exceeds; infinite without any.
    """

    references: Sequence[_Curve]
    best: float

    def __post_init__(self) -> None:
        self._lines: dict[float, _Line | None] = {}

    @classmethod
    def fit(cls, trials: Iterable[FrozenTrial], sign: float) -> CurveEstimator:
        """Collect the references of a study; ``sign`` is -1 if it minimises."""
        complete: list[_Curve] = []
        pruned: list[_Curve] = []
        best = -math.inf
        for trial in trials:
            if trial.state == TrialState.COMPLETE and trial.value is not None and math.isfinite(trial.value):
                best = max(best, sign * trial.value)
            if trial.state not in (TrialState.COMPLETE, TrialState.PRUNED):
                continue
            curve = _Curve.of(trial, sign)
            if curve is not None and math.isfinite(curve.final):
                (complete if trial.state == TrialState.COMPLETE else pruned).append(curve)
        if not complete and pruned:
            furthest = max(curve.steps[-1] for curve in pruned)
            complete = [curve for curve in pruned if curve.steps[-1] == furthest]
        return cls(complete[-MOST_REFERENCES:], math.inf if best == -math.inf else best)

    def estimate(self, trial: FrozenTrial, sign: float) -> float:
        """Return the final value that a pruned trial would probably have had, higher is better.

        NaN if it reported nothing, or a last value that is not finite.
        """
        curve = _Curve.of(trial, sign)
        if curve is None or not math.isfinite(trial.intermediate_values[max(trial.intermediate_values)]):
            return math.nan
        step = float(curve.steps[-1])
        if step not in self._lines:
            self._lines[step] = self._relate(step)
        line = self._lines[step]
        if line is None:
            return min(float(curve.values[-1]), self.best)
        with np.errstate(over="ignore", invalid="ignore"):
            final = line.offset + line.slope * line.summary(curve.values)
        return min(final, self.best) if math.isfinite(final) else math.nan

    def _relate(self, step: float) -> _Line | None:
        """Return the line that tells the references' final values best; None if none has come so far."""
        reached = [one for one in self.references if one.steps[0] <= step <= one.steps[-1]]
        if not reached:
            return None
        finals = np.array([one.final for one in reached])
        lines: list[tuple[float, _Line]] = []
        kinds = SUMMARIES if len(reached) >= LEAST_FOR_KIND else SUMMARIES[:1]
        for summary in kinds:
            with np.errstate(over="ignore", invalid="ignore"):
                early = np.array([summary(one.values[one.steps <= step]) for one in reached])
                slope = _slope(early, finals)
                offset = float(np.median(finals - slope * early))
                error = float(np.median(np.abs(finals - slope * early - offset)))
            if math.isfinite(error):
                lines.append((error, _Line(summary, slope, offset)))
        return min(lines, key=lambda one: one[0])[1] if lines else None


def _slope(early: Floats, finals: Floats) -> float:
    """Return the slope of the least squares' line, between 0 and 1; 1 where that is unknown."""
    if len(early) < LEAST_FOR_SLOPE:
        return 1.0
    deviations = early - early.mean()
    variance = float(deviations @ deviations)
    slope = float(deviations @ (finals - finals.mean())) / variance if variance > 0 else 1.0
    return min(max(slope, 0.0), 1.0) if math.isfinite(slope) else 1.0
