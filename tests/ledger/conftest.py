"""Ledgers to test on: a SQLite file and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foretune.learners.fit import Trial
from foretune.ledger import EvaluationContext, StoredTrial, trial_key
from foretune.spaces.configuration import Configuration

CONTEXT = EvaluationContext("a" * 64, "StratifiedKFold", 3, 1, 2, {"max_categories": 20}, ("accuracy", "auc"))


@pytest.fixture(scope="session")
def context() -> EvaluationContext:
    return CONTEXT


@pytest.fixture(scope="session")
def make_trial() -> Callable[..., StoredTrial]:
    """Give a function that makes the trial of a number."""

    def make(number: int, status: str = "ok", fit_seconds: float = 0.5, **changed: Any) -> StoredTrial:
        configuration = Configuration("svm", {"C": number / 3, "gamma": None, "kernel": "rbf"}, "sobol")
        folds = [{"accuracy": 1 / (3 + number + i), "auc": float("nan")} for i in range(3)]
        seen = {"ok": folds, "stopped": folds[:1]}.get(status, [])
        trial = Trial(seen, status, "" if status == "ok" else "why", fit_seconds)
        parts: dict[str, Any] = {"task_id": "iris", "task_hash": "a" * 64, "task_type": "classification"}
        return StoredTrial(
            trial_key(CONTEXT, configuration),
            configuration=configuration,
            trial=trial,
            **(parts | {"context": CONTEXT.digest} | changed),
        )

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty ledger, in each database."""
    name: str = request.getfixturevalue(f"{request.param}_url")
    return name


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledgers/ledger.sqlite"
