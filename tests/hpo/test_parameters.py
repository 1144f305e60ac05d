from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from foretune.hpo.parameters import HpoParameters
from foretune.learners import EarlyStopping


def test_learners_must_be_known_and_have_a_space(hpo_parameters: HpoParameters) -> None:
    raw = hpo_parameters.model_dump()
    with pytest.raises(ValidationError, match="learner 'forest' is unknown; allowed: random_forest, xgboost"):
        HpoParameters(**{**raw, "learners": ["forest"]})
    with pytest.raises(ValidationError, match=r"learner 'svm' has no search space; add hpo.spaces.svm"):
        HpoParameters(**{**raw, "learners": ["svm"], "spaces": {}})
    with pytest.raises(ValidationError, match="once only"):
        HpoParameters(**{**raw, "learners": ["svm", "svm"]})


def test_racing_is_off_unless_it_is_asked_for(hpo_parameters: HpoParameters) -> None:
    raw = hpo_parameters.model_dump()
    assert not hpo_parameters.racing
    assert not HpoParameters(**{name: value for name, value in raw.items() if name != "racing"}).racing
    assert HpoParameters(**{**raw, "racing": True}).racing
    with pytest.raises(ValidationError, match="racing"):
        HpoParameters(**{**raw, "racing": "first"})


def test_parameters_cannot_be_changed(hpo_parameters: HpoParameters) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        hpo_parameters.n_folds = 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (True, EarlyStopping(patience=50, max_rounds=2000)),
        (False, None),
        (None, None),
        ({"patience": 20}, EarlyStopping(patience=20, max_rounds=2000)),
        (EarlyStopping(max_rounds=9), EarlyStopping(patience=50, max_rounds=9)),
    ],
)
def test_early_stopping_is_on_with_limits_or_by_true(
    given: Any, expected: EarlyStopping | None, hpo_parameters: HpoParameters
) -> None:
    found = HpoParameters(**{**hpo_parameters.model_dump(), "early_stopping": given})
    assert found.early_stopping == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("yes", r"'yes' must be true, false, or limits, such as \{patience: 50, max_rounds: 2000\}"),
        (50, r"50 must be true, false, or limits, such as"),
        ([50], r"\[50\] must be true, false, or limits"),
        ({"patience": 0}, r"patience = 0 must be a whole number of at least 1"),
        ({"patients": 5}, r"patients"),
    ],
)
def test_early_stopping_is_nothing_else(given: Any, message: str, hpo_parameters: HpoParameters) -> None:
    with pytest.raises(ValidationError, match=message):
        HpoParameters(**{**hpo_parameters.model_dump(), "early_stopping": given})


def test_a_plus_joins_several(hpo_parameters: HpoParameters) -> None:
    raw = hpo_parameters.model_dump()
    found = HpoParameters(**{**raw, "learners": "catboost+lightgbm", "retry": "failed+timeout"})
    assert found.learners == ["catboost", "lightgbm"]
    assert found.retry == ["failed", "timeout"]
    assert HpoParameters(**{**raw, "learners": "svm"}).learners == ["svm"]
    with pytest.raises(ValidationError, match="learner 'forest' is unknown"):
        HpoParameters(**{**raw, "learners": "svm+forest"})
