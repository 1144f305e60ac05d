from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from foretune.evaluation.advice.gain_of_tasks import GainOfTasks, estimate_gain
from foretune.evaluation.parameters import EvaluationParameters

MakeCurve = Callable[..., pd.DataFrame]
SIZES = (3, 6, 12, 24)


def _gain(curve: pd.DataFrame, parameters: EvaluationParameters) -> GainOfTasks:
    gain = estimate_gain(curve, 1, parameters, 0)
    assert gain is not None
    return gain


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5])
def test_a_power_law_is_found_and_prolonged(
    make_curve: MakeCurve, parameters: EvaluationParameters, power: float
) -> None:
    gain = _gain(make_curve({size: size**-power for size in SIZES}), parameters)
    assert gain.is_clear
    assert gain.exponent == pytest.approx(power)
    assert gain.regret_with(2) == pytest.approx((48**-power,) * 3)
    assert (gain.n_tasks, gain.n_half) == (24, 12)
    # Half the regret takes 2^(1 / power) times as many tasks; more than twice as many are not foretold
    expected = None if power < 1 else pytest.approx(2 ** (1 / power))
    assert gain.factor_to_halve == expected


def test_what_flattens_is_prolonged_by_its_last_doubling(
    make_curve: MakeCurve, parameters: EvaluationParameters
) -> None:
    gain = _gain(make_curve({3: 0.8, 6: 0.4, 12: 0.2, 24: 0.19}), parameters)
    assert gain.regret_with(2)[0] == pytest.approx(0.19 * 0.19 / 0.2)


def test_noise_is_no_gain(make_curve: MakeCurve, parameters: EvaluationParameters) -> None:
    curve = make_curve(dict.fromkeys(SIZES, 0.1) | {24: 0.098}, noise=0.05)
    gain = _gain(curve, parameters)
    assert not gain.is_clear
    assert gain.factor_to_halve is None
    assert gain.difference_low < 0 < gain.difference_high


def test_without_a_curve_nothing_is_estimated(
    make_curve: MakeCurve, parameters: EvaluationParameters
) -> None:
    for curve in (
        make_curve({24: 0.1}),
        make_curve({12: 0.2, 24: 0.1}, n_tasks=5),
        make_curve({12: 0.2, 24: 0.1}).head(0),
    ):
        assert estimate_gain(curve, 1, parameters, 0) is None
