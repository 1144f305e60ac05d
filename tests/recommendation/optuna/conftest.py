"""Two learners as a memory knows them, and a memory of studies."""

from __future__ import annotations

import math

import optuna
import pytest

from foretune.logs import import_logs, trials_from_study
from foretune.meta_model import MetaTrainingParameters
from foretune.meta_model.memory import Memory
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


def network_loss(trial: optuna.Trial, rate: float) -> float:
    """Return a loss with a known best learning rate, as of a network, for which there is no learner."""
    distance = math.log10(trial.suggest_float("lr", 1e-4, 1e-1, log=True) / rate)
    size = math.log2(trial.suggest_int("units", 8, 256, log=True)) - 6
    penalty = 0.3 if trial.suggest_categorical("act", ["relu", "tanh"]) == "tanh" else 0.0
    return distance**2 + size**2 / 10 + penalty


def study_of_network(rate: float, seed: int) -> optuna.Study:
    """Return a study of a network on one data set, by random search."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    study.optimize(lambda trial: network_loss(trial, rate), n_trials=25)
    optuna.logging.set_verbosity(before)
    return study


@pytest.fixture(scope="session")
def memory_of_studies() -> Memory:
    """Memory of four studies of a network, whose best learning rates are near 0.01."""
    logs = [
        trials_from_study(study_of_network(0.01 * 1.2**number, number), f"task_{number}")
        for number in range(4)
    ]
    parameters = MetaTrainingParameters(n_members=6)
    return import_logs(logs).train_memories(parameters)["any"]
