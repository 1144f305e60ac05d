from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from foretune.recommendation.core.values import NO_VALUE
from foretune.recommendation.optuna.values import NUDGE, draw_value, fit_value, nudge_value

CHOICES = CategoricalDistribution(["10", "rbf", None, True, 3])


@pytest.mark.parametrize(
    ("value", "distribution", "fitted"),
    [
        # Whole numbers and steps take the nearest, up to half a step outside
        (7.4, IntDistribution(1, 10), 7),
        (10.4, IntDistribution(1, 10), 10),
        (10.6, IntDistribution(1, 10), NO_VALUE),
        (0.4, IntDistribution(1, 10), NO_VALUE),
        (24, IntDistribution(10, 90, step=20), 30),
        (0.61, FloatDistribution(0.0, 1.0, step=0.25), 0.5),
        (1.1, FloatDistribution(0.0, 1.0, step=0.25), 1.0),
        # Other numbers are kept where they are within the range
        (0.123456789, FloatDistribution(0.0, 1.0), 0.123457),
        (1.0001, FloatDistribution(0.0, 1.0), NO_VALUE),
        ("0.5", FloatDistribution(0.0, 1.0), NO_VALUE),
        (True, IntDistribution(0, 10), NO_VALUE),
        # Choices go by type, number, text, then by the nearest number between the choices
        (None, CHOICES, None),
        ("None", CHOICES, None),
        (True, CHOICES, True),
        (3.0, CHOICES, 3),
        (10, CHOICES, "10"),
        (8, CHOICES, "10"),
        (5, CHOICES, 3),
        (11, CHOICES, NO_VALUE),
        ("poly", CHOICES, NO_VALUE),
        (5, CategoricalDistribution(["a", "b"]), NO_VALUE),
    ],
)
def test_a_value_stands_for_one_of_the_study(
    value: object, distribution: BaseDistribution, fitted: object
) -> None:
    found = fit_value(value, distribution)
    assert found == fitted
    assert type(found) is type(fitted)


@pytest.mark.parametrize(
    ("distribution", "middle"),
    [
        (FloatDistribution(0.0, 10.0), 5.0),
        (FloatDistribution(0.01, 100.0, log=True), 1.0),
        (IntDistribution(0, 100, step=10), 50),
    ],
)
def test_draws_are_spread_over_the_range(distribution: BaseDistribution, middle: float) -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_value(distribution, lambda _: True, rng) for _ in range(400)]
    assert all(distribution._contains(distribution.to_internal_repr(value)) for value in drawn)
    assert sum(value < middle for value in drawn) == pytest.approx(200, abs=50)


def test_of_choices_only_the_usable_are_drawn() -> None:
    rng = np.random.default_rng(0)
    drawn = {draw_value(CHOICES, lambda choice: choice in ("rbf", None), rng) for _ in range(50)}
    assert drawn == {"rbf", None}
    assert draw_value(CHOICES, lambda _: False, rng) is NO_VALUE


@pytest.mark.parametrize(
    ("distribution", "value", "width"),
    [
        (FloatDistribution(0.0, 10.0), 5.0, 10.0),
        (FloatDistribution(1e-4, 1e4, log=True), 1.0, np.log(1e8)),
    ],
)
def test_a_nudge_moves_a_number_by_a_share_of_its_range(
    distribution: FloatDistribution, value: float, width: float
) -> None:
    rng = np.random.default_rng(0)
    moved = np.array([nudge_value(value, distribution, rng) for _ in range(500)])
    steps = (np.log(moved / value) if distribution.log else moved - value) / width
    assert steps.mean() == pytest.approx(0, abs=0.02)
    assert steps.std() == pytest.approx(NUDGE, abs=0.015)
    assert (moved >= distribution.low).all()
    assert (moved <= distribution.high).all()


def test_a_nudge_leaves_choices_and_foreign_values_alone() -> None:
    rng = np.random.default_rng(0)
    assert nudge_value("rbf", CHOICES, rng) == "rbf"
    assert nudge_value(50, IntDistribution(1, 10), rng) is NO_VALUE
    assert nudge_value(3, IntDistribution(3, 3), rng) == 3
