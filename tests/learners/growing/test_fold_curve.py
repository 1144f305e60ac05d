from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from foretune.learners.fit import Response
from foretune.learners.folds import Fold
from foretune.learners.growing import fold_curve
from foretune.learners.growing.fold_curve import FoldCurve, Step, emit
from foretune.learners.growing.model import Output
from foretune.learners.recorded_warnings import record_warnings

ONE_ROW = np.zeros(1)
FOLD = Fold(ONE_ROW[:, None], ONE_ROW, ONE_ROW[:, None], ONE_ROW)


class Model:
    """Booster that predicts its number of rounds, and ends by itself at the seventh."""

    n_rounds = 0
    ended = False

    def grow(self, n_rounds: int) -> list[Output]:
        numbers = range(self.n_rounds + 1, min(self.n_rounds + n_rounds, 7) + 1)
        self.ended = len(numbers) < n_rounds
        self.n_rounds += len(numbers)
        warnings.warn(f"grown to {self.n_rounds}", UserWarning, stacklevel=1)
        return [(number, np.full(1, float(number) if number != 3 else np.nan)) for number in numbers]

    def close(self) -> None:
        self.ended = True


class Counted:
    """Score and metrics, which count how often they are computed, and new fits."""

    def __init__(self) -> None:
        self.n_looks = 0
        self.measured: list[float] = []
        self.refitted: list[int] = []

    def look(self, response: Response, *_: Any) -> float:
        self.n_looks += 1
        warnings.warn("looked", UserWarning, stacklevel=1)
        return -float(response.output[0])

    def measure(self, response: Response, *_: Any) -> dict[str, float]:
        self.measured.append(float(response.output[0]))
        return {"at": self.measured[-1]}

    def refit(self, n_rounds: int) -> Any:
        self.refitted.append(n_rounds)
        return np.full(1, float(n_rounds))


def make_curve(*steps: int) -> tuple[FoldCurve, Counted]:
    counted = Counted()
    curve = FoldCurve(Model(), FOLD, "regression", counted.look, counted.measure, counted.refit)
    for step in steps:
        curve.grow(step)
    return curve, counted


def test_steps_tell_what_there_was_after_each() -> None:
    curve, _ = make_curve(4, 4)
    assert [(step.n_rounds, step.ended) for step in curve.steps] == [(4, False), (7, True)]
    assert [str(step.caught[0].message) for step in curve.steps] == ["grown to 4", "grown to 7"]
    assert curve.has(4, curve.steps[0])
    # An ended model stays as it is
    assert not curve.has(9, curve.steps[0])
    assert curve.has(9, curve.steps[1])
    assert curve.metrics(9) == {"at": 7.0}
    assert not curve.has(8, Step(8, False, ()))


def test_scores_are_computed_once_and_their_warnings_are_emitted_each_time() -> None:
    curve, counted = make_curve(5)
    for _ in range(2):
        assert [curve.is_finite(number) for number in (2, 3)] == [True, False]
        with record_warnings() as caught:
            assert curve.score(2) == -2.0
        assert [str(one.message) for one in caught] == ["looked"]
    assert counted.n_looks == 1
    with pytest.raises(ValueError, match="not finite"):
        curve.score(3)


def test_predictions_that_were_dropped_are_those_of_a_new_fit() -> None:
    curve, counted = make_curve(4, 4)
    curve.forget(4)
    assert curve.kept(3) is None
    assert curve.kept(4) is not None
    assert [curve.metrics(2), curve.metrics(2), curve.metrics(5)] == [{"at": 2.0}, {"at": 2.0}, {"at": 5.0}]
    assert counted.refitted == [2]
    assert curve.metrics(6, np.full(1, 0.5)) == {"at": 0.5}
    # The last of an ended model is that of all later numbers
    curve.forget(20)
    assert curve.kept(30) is not None


def test_predictions_near_the_best_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    curve, _ = make_curve(7)
    curve.keep_near(4)
    assert all(curve.kept(number) is not None for number in range(1, 8))
    monkeypatch.setattr(fold_curve, "MOST_BYTES", 3 * 8)
    curve.keep_near(4)
    assert [number for number in range(1, 8) if curve.kept(number) is not None] == [3, 4, 5]


def test_recorded_warnings_are_emitted_again() -> None:
    with record_warnings() as first:
        warnings.warn("so it goes", UserWarning, stacklevel=1)
    with record_warnings() as second:
        emit(first)
    assert [(str(one.message), one.category) for one in second] == [("so it goes", UserWarning)]


def test_a_closed_curve_has_closed_its_model() -> None:
    model = Model()
    counted = Counted()
    FoldCurve(model, FOLD, "regression", counted.look, counted.measure, counted.refit).close()
    assert model.ended
