from __future__ import annotations

import pytest

from foretune.meta_model.provenance import Provenance
from foretune.recommendation.core.vocabulary import LearnerVocabulary
from foretune.recommendation.optuna.vocabulary import StudyVocabulary
from foretune.spaces.configuration import DEFAULT, Configuration
from foretune.spaces.hyperparameters import LearnerSpace

SPACE = LearnerSpace.model_validate(
    {
        "shared": {
            "subsample": {"type": "float", "low": 0.5, "high": 1, "when": {"subsample_freq": [1]}},
            "subsample_freq": {"type": "choice", "choices": [0, 1]},
            "num_leaves": {"type": "integer", "low": 4, "high": 64},
        }
    }
)
DEFAULTS = {"subsample_freq": 0, "num_leaves": 31, "n_estimators": 100}


@pytest.fixture
def vocabulary() -> LearnerVocabulary:
    known = [
        Configuration("lightgbm", DEFAULTS, DEFAULT),
        Configuration("lightgbm", {"subsample_freq": 1, "subsample": 0.7, "num_leaves": 8}, "sobol"),
    ]
    provenance = Provenance({one.config_id: one for one in known}, spaces={"lightgbm": SPACE})
    return StudyVocabulary.of("lightgbm", provenance, "classification")


@pytest.mark.parametrize(("frequency", "read"), [(0, 0), (1, 1), (5, 1), ("7", 1)])
def test_a_number_on_which_others_depend_is_the_nearest_choice(
    vocabulary: LearnerVocabulary, frequency: object, read: int
) -> None:
    assert vocabulary.read("subsample_freq", frequency) == read
    evaluated = vocabulary.complete({"subsample_freq": frequency, "subsample": 0.6})
    assert evaluated.params.get("subsample") == (0.6 if read else None)
    # Another number stays what it is
    assert vocabulary.read("num_leaves", 300) == 300


def test_what_the_search_left_open_is_active_beside_conditions(vocabulary: LearnerVocabulary) -> None:
    one = vocabulary.active({"n_estimators": 67, "subsample": 0.6, "subsample_freq": 0, "num_leaves": 9})
    assert one.params == {"subsample_freq": 0, "num_leaves": 9, "n_estimators": 67}
    assert vocabulary.can_have("n_estimators", one.params)
    assert not vocabulary.can_have("subsample", one.params)
    assert not vocabulary.can_have("dropout", one.params)
