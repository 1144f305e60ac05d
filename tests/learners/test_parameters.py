from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from foretune.learners.parameters import PreprocessingParameters, Scores


def test_what_is_off_is_not_written() -> None:
    assert PreprocessingParameters(max_categories=7).model_dump() == {"max_categories": 7}
    written = {"max_categories": 20, "by_learner": True, "many_categories": "target"}
    assert PreprocessingParameters(**written).model_dump() == written
    assert PreprocessingParameters(by_learner=True).model_dump() == {"max_categories": 20, "by_learner": True}


@pytest.mark.parametrize(
    "wrong",
    [
        {"by_learner": "yes"},
        {"by_learner": 1},
        {"many_categories": "mean"},
        {"max_categories": 1},
        {"max_categories": 1001},
        {"max_category": 5},
    ],
    ids=str,
)
def test_what_is_no_preprocessing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PreprocessingParameters(**wrong)


def test_a_score_is_a_metric_of_its_type() -> None:
    scores = Scores(classification="log_loss", regression="mae")
    assert (scores.of("classification"), scores.of("regression")) == ("log_loss", "mae")
    with pytest.raises(ValidationError, match=r"no such metric; allowed: .*log_loss"):
        Scores(classification="mae", regression="mae")
