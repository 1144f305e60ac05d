"""A search over two learners whose scores follow a formula, and a memory that knows a part of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from foretune.plots import Scale, ShownSearch, ShownTrial
from foretune.spaces import Choice, configuration_at
from foretune.spaces.hyperparameters import FloatRange, Hyperparameter, IntegerRange

Floats = npt.NDArray[np.float64]
SPACES: dict[str, dict[str, Hyperparameter]] = {
    "xgboost": {
        "learning_rate": FloatRange(type="float", low=0.001, high=1.0, log=True),
        "max_depth": IntegerRange(type="integer", low=1, high=10),
    },
    "svm": {
        "C": FloatRange(type="float", low=0.01, high=100.0, log=True),
        "kernel": Choice(type="choice", choices=["linear", "rbf"]),
        "gamma": FloatRange(type="float", low=0.0001, high=1.0, log=True, when={"kernel": ["rbf"]}),
    },
}


def true_score(params: Mapping[str, Any]) -> float:
    """Score of a configuration: the best learning rate is 0.1, the best C is 1."""
    if "learning_rate" in params:
        rate, depth = float(params["learning_rate"]), int(params["max_depth"])
        return 0.9 - 0.1 * abs(math.log10(rate) + 1) - 0.001 * depth
    return 0.85 - 0.05 * abs(math.log10(params["C"])) + (0.03 if params["kernel"] == "rbf" else 0.0)


class FormulaMemory:
    """Memory that predicts the formula, 0.02 too high."""

    def __init__(self, *, knows_metric: bool = True) -> None:
        self.knows_metric = knows_metric
        self.score_name = "Balanced accuracy" if knows_metric else "ROC AUC"
        self.learners: Sequence[str] = list(SPACES)

    def predict(
        self, learner: str, configurations: Sequence[Mapping[str, Any]]
    ) -> tuple[Floats, Floats, Floats]:
        """Predict; nothing is known of a kernel that is no choice."""
        known = np.array(
            [math.nan if one.get("kernel") == "sigmoid" else true_score(one) + 0.02 for one in configurations]
        )
        return known, known - 0.05, known + 0.05

    def draw(self, learner: str, n: int, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Draw from the space."""
        return [configuration_at(point, SPACES[learner]) for point in rng.random((n, len(SPACES[learner])))]


def scales() -> dict[str, dict[str, Scale]]:
    return {
        "xgboost": {"learning_rate": Scale(0.001, 1.0, is_log=True), "max_depth": Scale(1, 10)},
        "svm": {
            "C": Scale(0.01, 100.0, is_log=True),
            "kernel": Scale(choices=("linear", "rbf")),
            "gamma": Scale(0.0001, 1.0, is_log=True),
        },
    }


def make_trials(n: int) -> list[ShownTrial]:
    """Trials of both learners in turn: the first is a default, the fourth failed, the fifth was stopped."""
    rng = np.random.default_rng(0)
    trials = []
    for at in range(n):
        learner = ("xgboost", "svm")[at % 2]
        params = configuration_at(rng.random(len(SPACES[learner])).tolist(), SPACES[learner])
        status = {3: "failed", 4: "stopped"}.get(at, "ok")
        score = true_score(params) if status == "ok" else math.nan
        trials.append(
            ShownTrial(
                at + 1,
                learner,
                params,
                score,
                std=0.01,
                status=status,
                error="<b>it broke</b>" if status == "failed" else "",
                is_default=at == 0,
                predicted=true_score(params) + 0.02,
                seconds=1.5,
            )
        )
    return trials


def make_search(n: int = 24, memory: Any = None, **given: Any) -> ShownSearch:
    return ShownSearch(tuple(make_trials(n)), "Balanced accuracy", scales=scales(), memory=memory, **given)


@pytest.fixture
def search() -> ShownSearch:
    return make_search()


@pytest.fixture
def led_search() -> ShownSearch:
    return make_search(memory=FormulaMemory())
