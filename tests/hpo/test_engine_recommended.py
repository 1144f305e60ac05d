"""Recommendations that were tried and fed back: trials of the next run, whatever its design."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from foretune.hpo.engine import run_hpo, run_searches
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.task_search import TaskSearch, make_context
from foretune.ledger.ledger import Ledger
from foretune.spaces.configuration import RECOMMENDED, Configuration
from foretune.tasks.task import Task

TASK = "mixed_classification"
FED = Configuration("linear", {"C": 0.5}, RECOMMENDED)


def _feed(task: Task, parameters: HpoParameters, ledger: Ledger, *configurations: Configuration) -> None:
    context = make_context(task, parameters, 0)
    search = TaskSearch(task, context, parameters, configurations, n_trials=len(configurations))
    run_searches([search], [], parameters, ledger=ledger)


def test_what_was_fed_back_is_a_trial_of_the_next_run(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    parameters = hpo_parameters.model_copy(update={"learners": ["linear"]})
    task = mixed_tasks[TASK]
    plain, _ = run_hpo(mixed_tasks, parameters, 0)
    first = plain[(plain["task_id"] == TASK) & (plain["strategy"] == "sobol")].iloc[0]
    also_planned = Configuration(
        "linear", {"C": first["param_C"], "class_weight": first["param_class_weight"]}
    )
    assert also_planned.config_id == first["config_id"]
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        _feed(task, parameters, ledger, FED, replace(also_planned, strategy=RECOMMENDED))
        fed, _ = run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
        again, _ = run_hpo(mixed_tasks, parameters, 0, ledger=ledger)
    extra = fed[fed["strategy"] == RECOMMENDED]
    assert extra[["task_id", "config_id"]].to_numpy().tolist() == [[TASK, FED.config_id]]
    pd.testing.assert_frame_equal(fed, again, check_exact=True)
    # All else is as without it
    rest = fed[fed["strategy"] != RECOMMENDED].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, plain, check_exact=True)


def test_what_is_not_comparable_or_not_wanted_stays_in_the_ledger(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    parameters = hpo_parameters.model_copy(update={"learners": ["linear"]})
    other_folds = parameters.model_copy(update={"n_folds": 2})
    others = [
        Configuration("k_nearest_neighbours", {"n_neighbors": 3}, RECOMMENDED),
        replace(FED, strategy="given"),
    ]
    both = parameters.model_copy(update={"learners": ["linear", "k_nearest_neighbours"]})
    task = mixed_tasks[TASK]
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        _feed(task, other_folds, ledger, FED)
        _feed(task, both, ledger, *others)
        trials, _ = run_hpo({TASK: task}, parameters, 0, ledger=ledger)
    assert set(trials["strategy"]) == {"default", "sobol"}
    assert len(trials) == 1 + parameters.n_configurations
