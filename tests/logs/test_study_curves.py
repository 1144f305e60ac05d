from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState, create_trial

from foretune.logs.study_curves import CurveEstimator


def _trial(values: dict[int, float] | list[float], final: float | None = None) -> FrozenTrial:
    """A trial with intermediate values that ended with a value, or was pruned."""
    reported = dict(enumerate(values)) if isinstance(values, list) else values
    state = TrialState.PRUNED if final is None else TrialState.COMPLETE
    return create_trial(state=state, value=final, intermediate_values=reported)


def _estimate(trials: list[FrozenTrial], pruned: FrozenTrial, sign: float = -1.0) -> float:
    return sign * CurveEstimator.fit(trials, sign).estimate(pruned, sign)


def test_a_curve_is_continued_as_those_of_the_completed_trials_went_on() -> None:
    complete = [_trial([level + 2.0, level + 1.0, level], level) for level in (0.5, 0.1, 0.9)]
    assert _estimate(complete, _trial([3.0])) == pytest.approx(1.0)
    assert _estimate(complete, _trial([3.0, 2.1])) == pytest.approx(1.1)
    # Steps beyond those of a reference say nothing about it
    assert _estimate(complete, _trial({7: 4.0})) == 4.0


def test_differences_that_vanish_later_are_not_carried_on() -> None:
    complete = [_trial([10.0 * level, level], level) for level in (0.1, 0.2, 0.3, 0.4, 0.5)]
    assert _estimate(complete, _trial([8.0])) == pytest.approx(0.8)
    # Nor are those turned round whose order is no evidence
    crossing = [_trial([1.0 - level, level], level) for level in (0.1, 0.2, 0.3, 0.4, 0.5)]
    assert _estimate(crossing, _trial([5.0])) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("summary", "expected"), [(np.mean, 0.75), (lambda values: values[-1], 0.5), (np.max, 1.0)]
)
def test_what_an_objective_returns_is_found_out(summary: Any, expected: float) -> None:
    rng = np.random.default_rng(0)
    folds = [(level + rng.normal(size=8)).tolist() for level in range(12)]
    complete = [_trial(values, float(summary(values))) for values in folds]
    found = CurveEstimator.fit(complete, 1.0)
    line = found._relate(7.0)
    assert line is not None
    assert line.summary(np.array([1.0, 0.5])) == expected
    assert (line.slope, line.offset) == pytest.approx((1.0, 0.0), abs=1e-9)


def test_nothing_that_was_pruned_is_better_than_the_best() -> None:
    complete = [_trial([1.0, 0.5], 0.5), _trial([2.0, 0.4], 0.4)]
    assert _estimate(complete, _trial([-5.0])) == 0.4
    assert _estimate(complete, _trial([5.0]), sign=1.0) == 0.5


def test_without_a_completed_trial_those_that_came_furthest_are_the_measure() -> None:
    trials = [_trial([3.0, 2.0]), _trial([2.0, 1.0]), _trial([4.0])]
    assert [_estimate(trials, one) for one in trials] == [2.0, 1.0, 3.0]
    # A lone one is taken at its word
    assert _estimate([], _trial([4.0])) == 4.0


@pytest.mark.parametrize("values", [[], [math.nan], [0.3, math.nan], [0.3, math.inf], [0.3, -math.inf]])
def test_what_reported_nothing_or_diverged_has_no_estimate(values: list[float]) -> None:
    complete = [_trial([1.0, 0.5], 0.5)]
    assert math.isnan(_estimate(complete, _trial(values)))


_numbers = st.floats(width=64)


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(
    complete=st.lists(st.tuples(st.dictionaries(st.integers(0, 6), _numbers, max_size=4), _numbers)),
    pruned=st.lists(st.dictionaries(st.integers(0, 8), _numbers, max_size=4), min_size=1),
    sign=st.sampled_from([1.0, -1.0]),
)
def test_any_values_have_a_finite_estimate_or_none(
    complete: list[tuple[dict[int, float], float]], pruned: list[dict[int, float]], sign: float
) -> None:
    finished = [_trial(values, final) for values, final in complete if not math.isnan(final)]
    cut = [_trial(values) for values in pruned]
    estimator = CurveEstimator.fit([*finished, *cut], sign)
    best = max((sign * one.value for one in finished if math.isfinite(one.value)), default=math.inf)
    for trial in cut:
        estimate = estimator.estimate(trial, sign)
        assert math.isnan(estimate) or (math.isfinite(estimate) and estimate <= best)
