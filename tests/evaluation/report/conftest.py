"""Evaluations to report on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.evaluation.regrets import make_regret

from foretune.evaluation.advice.advise import AdviceTables, advise
from foretune.evaluation.advice.best_methods import find_best_methods
from foretune.evaluation.advice.known_tasks import count_known_tasks
from foretune.evaluation.advice.starting_list import STARTING_LIST_COLUMNS
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
def tables(
    regret: pd.DataFrame, make_tables: Callable[..., EvaluationTables], parameters: EvaluationParameters
) -> EvaluationTables:
    made = make_tables(regret, calibration=_calibration(regret), evaluation_costs=_costs())
    return _with_advice(made, parameters)


def _with_advice(tables: EvaluationTables, parameters: EvaluationParameters) -> EvaluationTables:
    """Add what comes first on the page, of a made-up list and curve."""
    tasks = _tasks(tables.regret)
    meta_dataset = tasks.assign(config_id="c0", **{"metafeature:size": 1.0})
    known_tasks = count_known_tasks(meta_dataset, ("real",)).assign(n_configurations=40)
    starting_list = pd.DataFrame(
        [
            (task_type, position, learner, f"c{position}", position == 2, parameters_)
            for task_type in ("classification", "regression")
            for position, learner, parameters_ in (
                (1, "svm", '{"C": 0.123456, "kernel": "<b>"}'),
                (2, "forest", "{}"),
            )
        ],
        columns=STARTING_LIST_COLUMNS,
    )
    curves = [
        tasks.assign(n_known_families=size, n_known_tasks=size, n_trials=number, n_draws=3, regret=1 / size)
        for size in (3, 6)
        for number in (1, 5)
    ]
    learning_curve = pd.concat(curves, ignore_index=True)
    best_methods = find_best_methods(tables.regret, tables.leaderboard, parameters, 0)
    sources = AdviceTables(
        known_tasks,
        starting_list,
        learning_curve,
        tables.leaderboard,
        tables.comparisons,
        best_methods,
        tables.speed_up,
    )
    return replace(
        tables,
        known_tasks=known_tasks,
        starting_list=starting_list,
        learning_curve=learning_curve,
        best_methods=best_methods,
        advice=advise(sources, parameters, 0),
    )


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
