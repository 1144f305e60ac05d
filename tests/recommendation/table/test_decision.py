from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from foretune.recommendation.table.decision import NOTES, show_decision
from foretune.reporting.section import Decision

if TYPE_CHECKING:
    from foretune.recommendation.table.result import RecommendationResult

PROGRAMS = {"program": "fit()", "search": "search()"}


def _decide(result: RecommendationResult, programs: dict[str, str] = PROGRAMS) -> Decision:
    decision = show_decision(result, programs).decision
    assert decision is not None
    return decision


def _facts(result: RecommendationResult) -> dict[str, tuple[str, str]]:
    return {one.name: (one.value, one.note) for one in _decide(result).facts}


def test_before_trials_score_and_gain_are_expected(result: RecommendationResult) -> None:
    rows = result.recommendations
    first = rows.iloc[0]
    decision = _decide(result)
    assert decision.sentence.startswith(f"Use {first['learner']} with ")
    assert decision.code is not None
    assert decision.code.text == "fit()"
    facts = _facts(result)
    value, interval = facts["Expected balanced accuracy"]
    assert value == f"{first['predicted_score']:.3f}"
    ends = f"{first['score_low']:.3f} to {first['score_high']:.3f}"
    assert interval == f"{ends} with a probability of 80%"
    assert facts["Measured on"][0] == "nothing yet"
    assert "a mean over 3 folds of 75 rows" in facts["Measured on"][1]
    better = rows.assign(
        is_default=False, gain=0.0123, gain_low=-0.01, gain_high=0.05, probability_worse=0.25
    )
    gain = _facts(replace(result, recommendations=better))["Expected gain over the library default"]
    assert gain[0] == "+0.012"
    assert gain[1].startswith("-0.010 to +0.050; 25% risk that the default of ")


def test_what_was_measured_says_on_how_many_rows_and_folds(measured: RecommendationResult) -> None:
    rows = measured.measured
    assert rows is not None
    ahead = rows.assign(
        score=[0.9, *[0.5] * (len(rows) - 1)],
        score_std=0.02,
        is_default=False,
        measured_gain=0.4,
        measured_gain_se=0.1,
    )
    facts = _facts(replace(measured, measured=ahead))
    assert facts["Measured balanced accuracy"][0] == "0.900"
    assert "deviation over the folds 0.020" in facts["Measured balanced accuracy"][1]
    assert facts["Measured gain over the library default"] == ("+0.4000", "standard error 0.1000")
    assert facts["Measured on"][0] == "75 rows in 3 folds"


def test_without_a_score_the_prediction_stands_and_says_so(measured: RecommendationResult) -> None:
    assert measured.measured is not None
    failed = replace(measured, measured=measured.measured.assign(score=np.nan))
    assert "Expected balanced accuracy" in _facts(failed)
    (warning,) = _decide(failed).warnings
    assert warning.startswith("None of the ")


def test_a_table_unlike_all_known_ones_is_told_in_words(result: RecommendationResult) -> None:
    assert not result.is_out_of_distribution
    assert _decide(result).warnings == ()
    strange = replace(
        result, is_out_of_distribution=True, distances={"nearest": 9.5, "typical": 1.0, "largest": 2.25}
    )
    (warning,) = _decide(strange).warnings
    assert warning.startswith(f"This table is unlike all {result.memory['n_tasks']} that the memory knows")
    assert "the nearest is 9.50 away, they are at most 2.25" in warning
    assert strange.to_json()["is_out_of_distribution"] is True


@pytest.mark.parametrize(
    ("programs", "told"),
    [
        ({"search": "search()"}, "This table cannot be cross-validated"),
        ({}, "does not know how to build what the log has tried"),
        (PROGRAMS, "The program measures it"),
    ],
)
def test_it_points_to_what_there_is(
    result: RecommendationResult, programs: dict[str, str], told: str
) -> None:
    pointer = _decide(result, programs).pointer
    assert told in pointer
    assert f"below, under {NOTES}." in pointer
    assert "below" not in _decide(replace(result, notes=())).pointer


def test_a_default_has_no_gain_and_a_memory_without_one_knows_none(result: RecommendationResult) -> None:
    name = "Expected gain over the library default"
    default = replace(result, recommendations=result.recommendations.assign(is_default=True))
    assert _facts(default)[name] == ("none", "it is the library default")
    assert _facts(replace(result, default=None))[name][0] == "not known"
