from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from foretune.evaluation.advice.gain_of_tasks import estimate_gain
from foretune.evaluation.advice.more_tasks import judge_more_tasks
from foretune.evaluation.parameters import EvaluationParameters

MakeCurve = Callable[..., pd.DataFrame]
SIZES = (3, 6, 12, 24)


def _say(curve: pd.DataFrame, parameters: EvaluationParameters) -> str:
    (advice,) = judge_more_tasks(estimate_gain(curve, 1, parameters, 0), 1, 0.95)
    return f"{advice.sentence} {advice.evidence}"


def test_halving_is_said_with_the_number_of_tasks(
    make_curve: MakeCurve, parameters: EvaluationParameters
) -> None:
    said = _say(make_curve({size: 2 / size for size in SIZES}), parameters)
    assert said.startswith(
        "24 more tasks would halve the regret of the starting list after one trial, from 0.083"
    )
    assert "0.167 with 12 known tasks, 0.083 with 24" in said


def test_less_than_halving_is_said_as_what_twice_as_many_bring(
    make_curve: MakeCurve, parameters: EvaluationParameters
) -> None:
    said = _say(make_curve({size: size**-0.5 for size in SIZES}), parameters)
    assert said.startswith(
        "24 more tasks would lower the regret of the starting list after one trial from 0.204 to about 0.144"
    )


@pytest.mark.parametrize("last", [0.1, 0.12])
def test_no_more_tasks_where_they_do_not_help(
    make_curve: MakeCurve, parameters: EvaluationParameters, last: float
) -> None:
    said = _say(make_curve({3: 0.1, 6: 0.1, 12: 0.1, 24: last}), parameters)
    assert said.startswith(
        "More tasks of this kind would hardly help: with half of these tasks the starting list"
    )


def test_what_noise_hides_is_left_open(make_curve: MakeCurve, parameters: EvaluationParameters) -> None:
    said = _say(make_curve(dict.fromkeys(SIZES, 0.1) | {24: 0.07}, noise=0.05), parameters)
    assert said.startswith(
        "More tasks may help or not: with half of these tasks the starting list has regret 0."
    )
    assert "no more than noise" in said


def test_no_regret_cannot_fall(make_curve: MakeCurve, parameters: EvaluationParameters) -> None:
    said = _say(make_curve(dict.fromkeys(SIZES, 0.0)), parameters)
    assert said.startswith("More tasks cannot help: the starting list has no regret after one trial.")


def test_without_an_estimate_it_says_what_is_missing() -> None:
    (advice,) = judge_more_tasks(None, 1, 0.95)
    assert advice.kind == "missing"
    assert "takes 6 families" in advice.evidence
