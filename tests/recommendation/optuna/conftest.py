"""Two learners as a memory knows them."""

from __future__ import annotations

import pytest

from foretune.meta_model.provenance import Provenance
from foretune.recommendation.core.vocabulary import LearnerVocabulary
from foretune.spaces.configuration import DEFAULT, Configuration
from foretune.spaces.hyperparameters import LearnerSpace

SVM = LearnerSpace.model_validate(
    {
        "shared": {
            "C": {"type": "float", "low": 0.01, "high": 100, "log": True},
            "kernel": {"type": "choice", "choices": ["linear", "rbf"]},
            "gamma": {"type": "float", "low": 0.001, "high": 1, "when": {"kernel": ["rbf"]}},
        }
    }
)
KNN = LearnerSpace.model_validate({"shared": {"n_neighbors": {"type": "integer", "low": 1, "high": 30}}})
REMEMBERED = [
    Configuration("svm", {"C": 1.0, "kernel": "rbf"}, DEFAULT),
    Configuration("svm", {"C": 10.0, "kernel": "linear"}, "sobol"),
    Configuration("svm", {"C": 0.1, "kernel": "rbf", "gamma": 0.5}, "sobol"),
    Configuration("k_nearest_neighbours", {"n_neighbors": 5}, DEFAULT),
    Configuration("k_nearest_neighbours", {"n_neighbors": 20}, "sobol"),
]


@pytest.fixture(scope="session")
def remembered() -> list[Configuration]:
    return REMEMBERED


@pytest.fixture(scope="session")
def vocabularies() -> dict[str, LearnerVocabulary]:
    """Vocabularies by learner, in the order of the learners' names."""
    spaces = {"svm": SVM, "k_nearest_neighbours": KNN}
    provenance = Provenance({one.config_id: one for one in REMEMBERED}, spaces=spaces)
    return {name: LearnerVocabulary.of(name, provenance, "classification") for name in sorted(spaces)}
