from __future__ import annotations

import pytest
from pydantic import ValidationError

from foretune.hpo.parameters import HpoParameters


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
