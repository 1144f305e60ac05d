"""Learner of linear models: logistic regression for classification, elastic net for regression."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners.learner import Learner

# scikit-learn's limits of 100 and 1,000 iterations are often too few for weak penalties
LOGISTIC_ITERATIONS = 1_000
ELASTIC_NET_ITERATIONS = 10_000


def _build(params: dict[str, Any], task_type: TaskType, seed: int) -> Any:
    from sklearn.linear_model import ElasticNet, LogisticRegression

    if task_type == "classification":
        return LogisticRegression(max_iter=LOGISTIC_ITERATIONS, random_state=seed, **params)
    return ElasticNet(max_iter=ELASTIC_NET_ITERATIONS, random_state=seed, **params)


def _library_default(task_type: TaskType) -> dict[str, Any]:
    return {"C": 1.0} if task_type == "classification" else {"alpha": 1.0, "l1_ratio": 0.5}


LEARNER = Learner("linear", _build, _library_default, takes_labels=True)
