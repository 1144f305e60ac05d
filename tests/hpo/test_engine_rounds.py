from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from foretune.execution import ParallelParameters
from foretune.hpo.design import design_configurations, first_configuration, space_to_search
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies.strategy import Proposal
from foretune.hpo.task_search import TaskSearch, make_context
from foretune.learners import EarlyStopping, Learner, get_learner, registry
from foretune.learners.fit import evaluate_configuration
from foretune.learners.folds import make_folds
from foretune.learners.growing.lockstep import with_rounds
from foretune.ledger import trial_key
from foretune.ledger.ledger import Ledger
from foretune.spaces.configuration import DEFAULT, Configuration
from foretune.tasks.task import Task


@pytest.fixture
def stopping(hpo_parameters: HpoParameters) -> HpoParameters:
    raw = hpo_parameters.model_dump() | {
        "learners": ["xgboost", "k_nearest_neighbours"],
        "n_configurations": 2,
        "early_stopping": {"patience": 8, "max_rounds": 60},
        "score": {"classification": "log_loss", "regression": "rmse"},
    }
    return HpoParameters(**raw)


def test_the_parameter_is_a_mapping_or_null(hpo_parameters: HpoParameters) -> None:
    raw = hpo_parameters.model_dump()
    assert HpoParameters(**raw).early_stopping is None
    given = HpoParameters(**(raw | {"early_stopping": {"patience": 3}}))
    assert given.early_stopping == EarlyStopping(3)
    for wrong in ({"patience": 0}, {"patient": 3}, 7, "yes", {"max_rounds": "many"}):
        with pytest.raises(ValidationError, match="early_stopping"):
            HpoParameters(**(raw | {"early_stopping": wrong}))


def test_the_number_of_rounds_leaves_the_space_and_the_default_keeps_it(
    stopping: HpoParameters, hpo_parameters: HpoParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    designed = design_configurations(stopping, "regression", 0)
    for one in designed:
        has_rounds = "n_estimators" in one.params
        assert has_rounds == (one.strategy == DEFAULT and one.learner == "xgboost")
    assert "n_estimators" in space_to_search(hpo_parameters, "xgboost").shared
    bare = Learner(
        "bare", get_learner("xgboost").build, lambda _: {}, nested_axis=get_learner("xgboost").nested_axis
    )
    monkeypatch.setitem(registry._LEARNERS, "bare", bare)
    assert first_configuration(stopping, "bare", "regression").params == {"n_estimators": 100}
    assert first_configuration(hpo_parameters, "bare", "regression").params == {}


def test_trials_are_those_of_the_chosen_rounds_and_are_known_again(
    mixed_tasks: dict[str, Task], stopping: HpoParameters, tmp_path: Path
) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        trials, _ = run_hpo(mixed_tasks, stopping, 0, ledger=ledger)
        stored = {trial.key: trial for trial in ledger.rows()}
        again, _ = run_hpo(mixed_tasks, stopping, 0, ledger=ledger)
        assert len(list(ledger.rows())) == len(stored)
    pd.testing.assert_frame_equal(trials, again)
    two, _ = run_hpo(mixed_tasks, stopping, 0, ParallelParameters(n_workers=2, backend="threads"))
    pd.testing.assert_frame_equal(trials, two, check_exact=True)
    grown = trials[trials["n_rounds"].notna()]
    assert set(grown["learner"]) == {"xgboost"}
    assert len(grown) == 4
    for row in grown.to_dict("records"):
        task = mixed_tasks[row["task_id"]]
        context = make_context(task, stopping, 0)
        folds = make_folds(task, stopping.n_folds, stopping.preprocessing, context.fold_seed)
        fixed = with_rounds(Configuration("xgboost", json.loads(row["params"])), row["n_rounds"])
        alone = evaluate_configuration(fixed, folds, task.task_type, context.learner_seed)
        name = stopping.score.of(task.task_type)
        assert row["score"] == -float(np.mean([one[name] for one in alone.fold_metrics]))
    rounds = [trial.trial.rounds for trial in stored.values() if trial.trial.rounds]
    assert len(rounds) == len(grown)
    assert all(one.curve[one.metric][1] >= one.best[one.metric][0] for one in rounds)


def test_only_keys_of_configurations_without_rounds_depend_on_it(
    mixed_tasks: dict[str, Task], stopping: HpoParameters
) -> None:
    task = mixed_tasks["mixed_regression"]
    plain = stopping.model_copy(update={"early_stopping": None})
    longer = stopping.model_copy(update={"early_stopping": EarlyStopping(9, 60)})
    configurations = {
        "open": Configuration("xgboost", {"max_depth": 3}),
        "fixed": Configuration("xgboost", {"n_estimators": 3}),
        "forest": Configuration("random_forest", {}),
    }

    def keys(name: str) -> list[str]:
        one = configurations[name]
        made = [(make_context(task, given, 0), given) for given in (plain, stopping, longer)]
        found = [TaskSearch(task, context, given, [one]).key(Proposal(one)) for context, given in made]
        assert found[0] == trial_key(made[0][0], one)
        return found

    assert [len(set(keys(name))) for name in configurations] == [3, 1, 1]
