"""Learner of multi-layer perceptrons."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.learner import Learner


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    from foretune.learners.scaled_mlp import ScaledMLPClassifier, ScaledMLPRegressor

    network = ScaledMLPClassifier if task_type == "classification" else ScaledMLPRegressor
    return network(**{"random_state": seed, **params})


def _library_default(task_type: TaskType) -> dict[str, Any]:
    # scikit-learn's values, but with early stopping
    return {
        "n_layers": 1,
        "width": 100,
        "learning_rate_init": 0.001,
        "alpha": 0.0001,
        "batch_size": 200,
        "early_stopping": True,
        "scaling": "quantile",
    }


LEARNER = Learner("mlp", _build, _library_default, takes_labels=True)
