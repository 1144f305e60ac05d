"""Made cases: regrets and known tasks with known answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.evaluation.regrets import make_regret

from foretune.evaluation.advice.advise import AdviceTables
from foretune.evaluation.advice.best_methods import find_best_methods
from foretune.evaluation.advice.learning_curve import LEARNING_CURVE_COLUMNS
from foretune.evaluation.advice.starting_list import STARTING_LIST_COLUMNS
from foretune.evaluation.leaderboard import build_leaderboard
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.comparisons import compare_pairs
from foretune.evaluation.statistics.speed_up import compute_speed_up

Regrets = Mapping[str, Mapping[int, Sequence[float]]]


@pytest.fixture(scope="session")
def parameters() -> EvaluationParameters:
    return EvaluationParameters(n_trials=(1, 5, 20), n_bootstrap=500)


@pytest.fixture(scope="session")
def make_known() -> Callable[..., dict[str, Any]]:
    """Make a row of the table of known tasks; every task is its own family unless told otherwise."""

    def make(n_tasks: int, n_families: int | None = None, **other: Any) -> dict[str, Any]:
        n_families = n_tasks if n_families is None else n_families
        return {
            "task_type": "classification",
            "n_tasks": n_tasks,
            "n_families": n_families,
            "n_counted_tasks": n_tasks,
            "n_counted_families": n_families,
            "largest_family": "big",
            "n_tasks_of_largest": n_tasks - n_families + 1,
            "n_configurations": 40,
            "n_metafeatures": 30,
        } | other

    return make


@pytest.fixture(scope="session")
def make_curve() -> Callable[..., pd.DataFrame]:
    """Make the learning curve of one trial from the mean regret by number of known tasks."""

    def make(means: Mapping[int, float], n_tasks: int = 12, noise: float = 0.0) -> pd.DataFrame:
        rng = np.random.default_rng(0)
        rows = [
            {
                "task_type": "classification",
                "n_known_families": size,
                "n_known_tasks": float(size),
                "n_trials": 1,
                "task_id": f"task {number}",
                "family": f"family {number}",
                "n_draws": 5,
                "regret": mean * factor + noise * rng.normal(),
            }
            for size, mean in means.items()
            for number, factor in enumerate(np.linspace(0.5, 1.5, n_tasks))
        ]
        return pd.DataFrame(rows, columns=LEARNING_CURVE_COLUMNS)

    return make


@pytest.fixture(scope="session")
def make_advice_tables(
    parameters: EvaluationParameters, make_known: Callable[..., dict[str, Any]]
) -> Callable[..., AdviceTables]:
    """Make what advice is computed from, out of regrets by method and number of trials."""

    def make(regrets: Regrets, families: Sequence[str] | None = None, **known: Any) -> AdviceTables:
        regret = make_regret(regrets, families)
        leaderboard = build_leaderboard(regret, parameters, 0)
        starters = [
            {
                "task_type": "classification",
                "position": position,
                "learner": learner,
                "config_id": f"c{position}",
                "is_default": position == 2,
                "parameters": '{"depth": 3}',
            }
            for position, learner in enumerate(["forest", "svm", "forest"], start=1)
        ]
        n_tasks = regret["task_id"].nunique()
        return AdviceTables(
            known_tasks=pd.DataFrame([make_known(n_tasks, regret["family"].nunique(), **known)]),
            starting_list=pd.DataFrame(starters, columns=STARTING_LIST_COLUMNS),
            learning_curve=pd.DataFrame(columns=LEARNING_CURVE_COLUMNS),
            leaderboard=leaderboard,
            comparisons=compare_pairs(regret, parameters, 0),
            best_methods=find_best_methods(regret, leaderboard, parameters, 0),
            speed_up=compute_speed_up(leaderboard),
        )

    return make


@pytest.fixture(scope="session")
def around() -> Callable[..., dict[int, list[float]]]:
    """Make regrets of tasks around a mean for each number of trials, reproducibly."""

    def make(
        means: Mapping[int, float], n_tasks: int = 16, seed: int = 0, spread: float = 0.3
    ) -> dict[int, list[float]]:
        rng = np.random.default_rng(seed)
        return {
            number: (mean * (1 + spread * rng.uniform(-1, 1, n_tasks))).round(4).tolist()
            for number, mean in means.items()
        }

    return make
