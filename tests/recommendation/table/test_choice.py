from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from foretune.recommendation.table.choice import chosen_configuration, describe_choice, write_params

if TYPE_CHECKING:
    from foretune.recommendation.table.result import RecommendationResult


def test_the_best_that_was_measured_is_chosen_if_it_is_better_than_noise(
    result: RecommendationResult, measured: RecommendationResult
) -> None:
    assert chosen_configuration(result) == result.recommendations["config_id"].iloc[0]
    rows = measured.measured
    assert rows is not None
    for best in rows.index:
        ahead = np.where(rows.index == best, 0.4 * (best > 0), 0.0)
        ranked = rows.assign(score=0.5 + ahead, over_first=ahead, over_first_se=0.1)
        one = replace(measured, measured=ranked)
        assert chosen_configuration(one) == ranked["config_id"][best]
        assert f"measured balanced accuracy {ranked['score'][best]:.4f}" in describe_choice(one)
        assert ("+0.4000 (standard error 0.1000) over rank 1" in describe_choice(one)) == (best > 0)
    close = replace(
        measured,
        measured=rows.assign(score=[0.7, 0.71][: len(rows)], over_first=[0, 0.01], over_first_se=0.02),
    )
    assert chosen_configuration(close) == rows["config_id"].iloc[0]
    assert "has +0.0100 (standard error 0.0200), not more than its standard error" in describe_choice(close)
    failed = replace(measured, measured=rows.assign(score=np.nan))
    assert chosen_configuration(failed) == chosen_configuration(result)


def test_without_trials_the_first_is_chosen_with_its_interval(result: RecommendationResult) -> None:
    first = result.recommendations.iloc[0]
    assert describe_choice(result) == (
        f"Use {first['learner']} with {write_params(first['params'])}: predicted balanced accuracy "
        f"{first['predicted_score']:.4f} ({first['score_low']:.4f} to {first['score_high']:.4f})."
    )


def test_hyperparameters_are_written_as_arguments() -> None:
    assert write_params({"C": 1.0, "kernel": "rbf"}) == "C=1.0, kernel='rbf'"
    assert write_params({}) == "no parameters"
