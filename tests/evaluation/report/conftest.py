"""Evaluations to report on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from tests.evaluation.regrets import make_regret

from foretune.evaluation.leaderboard import build_leaderboard
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.report.tables import EvaluationTables
from foretune.evaluation.statistics.claims import check_claims
from foretune.evaluation.statistics.comparisons import compare_pairs
from foretune.evaluation.statistics.ranks import rank_by_family
from foretune.evaluation.statistics.speed_up import compute_speed_up

NUMBERS = (1, 5, 20)
# A task with a name that would do harm if it were not escaped
EVIL = "<script>document.title = 'harmed'</script>"
LEVELS = {
    "foretune": 0.5,
    "greedy_portfolio": 0.52,
    "random_search": 1.0,
    "library_default": 0.9,
    "shuffled_metafeatures": 0.8,
}


@pytest.fixture(scope="session")
def parameters() -> EvaluationParameters:
    return EvaluationParameters(n_bootstrap=100)


@pytest.fixture(scope="session")
def regret() -> pd.DataFrame:
    """Regrets of 8 classification and 7 regression tasks, two of one family, and one that does not count."""
    rng = np.random.default_rng(0)
    parts = []
    for task_type, n_tasks in (("classification", 8), ("regression", 7)):
        regrets = {
            method: {
                number: (level * rng.uniform(0.1, 0.9, n_tasks) / number**0.7).round(3).tolist()
                for number in NUMBERS
            }
            for method, level in LEVELS.items()
        }
        families = [f"{task_type[:3]} family {max(number, 1)}" for number in range(n_tasks)]
        part = make_regret(regrets, families, task_type)
        parts.append(part.assign(task_id=task_type[:3] + " " + part["task_id"]))
    table = pd.concat(parts, ignore_index=True)
    table["task_id"] = table["task_id"].replace("cla task 3", EVIL)
    return table.assign(provenance=table["provenance"].mask(table["task_id"] == "cla task 7", "synthetic"))


@pytest.fixture(scope="session")
def make_tables(parameters: EvaluationParameters) -> Callable[..., EvaluationTables]:
    """Make all tables of an evaluation from its regrets."""

    def make(regret: pd.DataFrame, **optional: pd.DataFrame) -> EvaluationTables:
        leaderboard = build_leaderboard(regret, parameters, seed=0)
        comparisons = compare_pairs(regret, parameters, seed=0)
        friedman, ranks = rank_by_family(regret, parameters)
        return EvaluationTables(
            regret=regret,
            leaderboard=leaderboard,
            comparisons=comparisons,
            friedman=friedman,
            ranks=ranks,
            speed_up=compute_speed_up(leaderboard),
            claims=check_claims(leaderboard, comparisons),
            surrogate_quality=_quality(regret),
            **optional,
        )

    return make


@pytest.fixture(scope="session")
def tables(regret: pd.DataFrame, make_tables: Callable[..., EvaluationTables]) -> EvaluationTables:
    return make_tables(regret, calibration=_calibration(regret), evaluation_costs=_costs())


def _tasks(regret: pd.DataFrame) -> pd.DataFrame:
    return regret[["task_id", "task_type", "family", "provenance"]].drop_duplicates(ignore_index=True)


def _quality(regret: pd.DataFrame) -> pd.DataFrame:
    tasks = _tasks(regret)
    ordered = np.linspace(0.1, 0.9, len(tasks))
    names = ("rmse", "mae", "r2", "spearman", "kendall")
    values = {
        prefix + name: ordered * (0.5 if prefix else 1) for prefix in ("", "trivial_") for name in names
    }
    return tasks.assign(n_configurations=40, **values)


def _calibration(regret: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(
        [
            _tasks(regret).assign(nominal=nominal, coverage=nominal - 0.1, mean_width=0.2)
            for nominal in (0.8, 0.95)
        ],
        ignore_index=True,
    )


def _costs() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"task_type": task_type, "stage": stage, "name": name, "seconds": seconds}
            for task_type in ("classification", "regression")
            for stage, name, seconds in (
                ("fit", "surrogate", 12.5),
                ("search", "foretune", 3.25),
                ("search", "foretune", 1.0),
            )
        ]
    )
