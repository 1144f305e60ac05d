from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from foretune.base import UserError, derive_seed
from foretune.execution import CutOff
from foretune.hpo.design import default_configuration, design_configurations, first_configurations
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies.strategy import Proposal
from foretune.hpo.task_search import TaskSearch, count_cells, deal_out, make_context, plan_searches
from foretune.learners import get_learner
from foretune.learners.fit import Trial
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.shared_fits import group_shared_fits
from foretune.ledger.key import trial_key
from foretune.spaces.configuration import Configuration
from foretune.tables import RowSplit, SplitKind
from foretune.tasks.task import Task, content_hash

FIRST = [Configuration("linear", {"C": float(number)}) for number in (1, 2, 3)]
TRIAL = Trial([{"r2": 0.5, "rmse": 1.0, "mae": 1.0}] * 3, "ok", "", 0.1)


@pytest.fixture
def task(mixed_tasks: dict[str, Task]) -> Task:
    return mixed_tasks["mixed_regression"]


def changed(parameters: HpoParameters, **values: Any) -> HpoParameters:
    return HpoParameters.model_validate(parameters.model_dump() | values)


def tell_all(search: TaskSearch, proposals: list[Proposal]) -> None:
    for proposal in proposals:
        search.tell(proposal, TRIAL)


def test_a_design_is_proposed_once_but_for_what_is_known(task: Task, hpo_parameters: HpoParameters) -> None:
    search = TaskSearch(task, make_context(task, hpo_parameters, 0), hpo_parameters, FIRST, n_trials=3)
    search.tell(Proposal(FIRST[1]), TRIAL)
    batch = search.next_batch()
    assert batch == [Proposal(FIRST[0]), Proposal(FIRST[2])]
    assert (search.waits, search.n_left) == (True, 2)
    tell_all(search, batch)
    assert (search.waits, search.n_left) == (False, 0)
    assert search.next_batch() == []
    assert [proposal for proposal, _ in search.trials.values()] == [Proposal(FIRST[at]) for at in (1, 0, 2)]


def test_a_strategy_hears_of_scores_in_the_order_in_which_it_proposed(
    task: Task, hpo_parameters: HpoParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = changed(
        hpo_parameters,
        learners=["linear"],
        strategy={"name": "optuna_tpe", "n_startup_trials": 3},
        batch_size=2,
        n_configurations=5,
    )
    (search,), cut_off = plan_searches({task.task_id: task}, parameters, seed=1)
    assert search.first == [Proposal(default_configuration("linear", "regression"))]
    told: list[tuple[Proposal, float | None]] = []
    strategy = search._strategy
    assert strategy is not None
    before = strategy.tell

    def tell(proposal: Proposal, score: float | None) -> None:
        told.append((proposal, score))
        before(proposal, score)

    monkeypatch.setattr(strategy, "tell", tell)
    sizes, proposed = [], []
    while batch := search.next_batch():
        sizes.append(len(batch))
        proposed += batch
        tell_all(search, batch[::-1])
    assert cut_off == []
    assert sizes == [1, 2, 2, 1]
    assert told == [(proposal, 0.5) for proposal in proposed]
    assert search.n_left == 0
    assert len({proposal.key for proposal in proposed}) == 6


def test_a_key_is_that_of_the_ledger(task: Task, hpo_parameters: HpoParameters) -> None:
    context = make_context(task, hpo_parameters, 0)
    search = TaskSearch(task, context, hpo_parameters, FIRST)
    proposal = Proposal(FIRST[0], 0.5)
    assert search.key(proposal) == trial_key(context, FIRST[0], 0.5)


def test_designs_share_searches_and_take_turns(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    learners = ["k_nearest_neighbours", "linear"]
    parameters = changed(
        hpo_parameters, learners=learners, n_configurations=12, strategy={"name": "sobol", "n_path_values": 4}
    )
    searches, _ = plan_searches(mixed_tasks, parameters, seed=0)
    assert [search.task.task_id for search in searches] == ["mixed_classification", "mixed_regression"]
    proposed = [proposal.configuration for proposal in searches[1].first]
    design = design_configurations(parameters, "regression", 0)
    assert sorted(one.config_id for one in proposed) == sorted(one.config_id for one in design)
    groups = group_shared_fits([one for one in design if one.learner == learners[0]])
    in_turn = list(dict.fromkeys(one.learner for one in proposed[: 2 * len(groups[0])]))
    assert in_turn == learners
    assert proposed[: len(groups[0])] == groups[0]
    assert proposed[len(groups[0])].learner == "linear"
    assert searches[1].n_left == 26


def test_long_designs_are_cut_into_portions(task: Task, hpo_parameters: HpoParameters) -> None:
    parameters = changed(hpo_parameters, learners=["linear"], n_configurations=44)
    searches, _ = plan_searches({task.task_id: task}, parameters, seed=0)
    assert [len(search.first) for search in searches] == [20, 20, 5]


def test_a_budget_of_trials_is_dealt_out_and_the_rest_said(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    parameters = changed(
        hpo_parameters,
        learners=["linear", "svm"],
        strategies={"svm": "optuna_tpe"},
        budget={"n_trials": 10},
    )
    searches, cut_off = plan_searches(mixed_tasks, parameters, seed=0)
    assert [search.n_left for search in searches] == [3, 3, 2, 2]
    assert cut_off == [
        CutOff("mixed_classification", "n_trials", 2),
        CutOff("mixed_classification", "n_trials", 2),
        CutOff("mixed_regression", "n_trials", 3),
        CutOff("mixed_regression", "n_trials", 3),
    ]


def test_a_learner_is_left_out_on_a_task_that_is_too_large_for_it(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    # 90 rows x 4 features, times three classes
    parameters = changed(hpo_parameters, learners=["linear", "svm"], max_cells={"linear": 4 * 90})
    searches, _ = plan_searches(mixed_tasks, parameters, seed=0)
    learners = {
        search.task.task_id: {proposal.configuration.learner for proposal in search.first}
        for search in searches
    }
    assert learners == {"mixed_classification": {"svm"}, "mixed_regression": {"linear", "svm"}}


def test_a_strategy_that_cannot_be_made_is_said(task: Task, hpo_parameters: HpoParameters) -> None:
    strategy = {"name": "successive_halving", "resource": "alpha"}
    parameters = changed(hpo_parameters, learners=["linear"], strategy=strategy)
    with pytest.raises(UserError, match="the strategy of linear cannot be made"):
        plan_searches({task.task_id: task}, parameters, seed=0)


def test_cells_count_a_model_for_each_of_three_classes_or_more() -> None:
    X = pd.DataFrame({"a": range(6), "b": range(6)})
    assert count_cells(Task("t", "regression", X, pd.Series(range(6)))) == 12
    assert count_cells(Task("t", "classification", X, pd.Series([*"aabbab"]))) == 12
    assert count_cells(Task("t", "classification", X, pd.Series([*"aabbcc"]))) == 36


@pytest.mark.parametrize(
    ("n_trials", "wanted", "dealt"),
    [
        (7, [5, 5, 5], [3, 2, 2]),
        (10, [1, 9, 3], [1, 6, 3]),
        (100, [2, 0, 3], [2, 0, 3]),
        (0, [2, 3], [0, 0]),
        (5, [], []),
    ],
)
def test_trials_are_dealt_out_in_turn(n_trials: int, wanted: list[int], dealt: list[int]) -> None:
    assert deal_out(n_trials, wanted) == dealt


def test_a_context_says_what_numbers_depend_on(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    task = mixed_tasks["mixed_classification"]
    context = make_context(task, hpo_parameters, 5)
    assert context.task_hash == content_hash(task)
    assert (context.splitter, context.n_folds) == ("StratifiedKFold", hpo_parameters.n_folds)
    assert context.fold_seed == derive_seed(5, "folds", task.task_id)
    assert context.learner_seed == derive_seed(5, "learner", task.task_id)
    assert context.preprocessing == {"max_categories": hpo_parameters.preprocessing.max_categories}
    given: dict[str, Any] = {"max_categories": 20, "by_learner": True, "many_categories": "target"}
    by_learner = hpo_parameters.model_copy(update={"preprocessing": PreprocessingParameters(**given)})
    assert make_context(task, by_learner, 0).preprocessing == given
    assert {"accuracy", "log_loss"} <= set(context.metrics)
    assert make_context(mixed_tasks["mixed_regression"], hpo_parameters, 5).splitter == "KFold"


def of_r2(*scores: float, status: str = "ok") -> Trial:
    return Trial([{"r2": score, "rmse": 1.0, "mae": 1.0} for score in scores], status, "", 0.1)


def test_a_batch_races_against_what_was_told_before_it(
    task: Task, hpo_parameters: HpoParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna", reason="needs the extra optuna")
    parameters = changed(
        hpo_parameters,
        learners=["linear"],
        strategy="optuna_tpe",
        batch_size=2,
        n_configurations=6,
        racing=True,
    )
    (search,), _ = plan_searches({task.task_id: task}, parameters, seed=1)
    assert search.is_race
    told: list[float | None] = []
    assert search._strategy is not None
    monkeypatch.setattr(search._strategy, "tell", lambda _, score: told.append(score))
    (default,) = search.next_batch()
    assert search.race_of(default) is None
    behind = of_r2(0.1, status="stopped")
    assert not search.accepts(default, behind)
    search.tell(default, of_r2(0.5, 0.6, 0.7))
    first, second = search.next_batch()
    race = search.race_of(first)
    assert race is not None
    assert race is search.race_of(second)
    # A single trial does not show how much differences vary
    assert not search.accepts(first, behind)
    search.tell(second, of_r2(0.51, 0.6, 0.7))
    search.tell(first, of_r2(0.5, 0.62, 0.7))
    assert not race.is_hopeless(behind.fold_metrics)
    third, fourth = search.next_batch()
    assert search.accepts(third, behind)
    assert not search.accepts(third, of_r2(0.1, 0.1, status="stopped"))
    assert not search.accepts(third, of_r2(0.51, status="stopped"))
    assert search.accepts(third, of_r2(0.1, 0.1, 0.1))
    assert search.accepts(third, Trial([], "failed", "why", 0.1))
    search.tell(third, behind)
    # A complete trial that would have been stopped is told as if it had been
    search.tell(fourth, of_r2(0.2, 0.9, 0.9))
    search.next_batch()
    best = np.mean([0.5, 0.62, 0.7])
    assert told == pytest.approx([0.6, best, np.mean([0.51, 0.6, 0.7]), best - 0.4, best - 0.3])


@pytest.mark.parametrize(("strategy", "is_on"), [("optuna_tpe", False), ("sobol", True), ("random", True)])
def test_nothing_races_without_the_parameter_or_by_designs(
    strategy: str, is_on: bool, task: Task, hpo_parameters: HpoParameters
) -> None:
    parameters = changed(hpo_parameters, learners=["linear"], strategy=strategy, racing=is_on)
    searches, _ = plan_searches({task.task_id: task}, parameters, seed=1)
    for search in searches:
        while batch := search.next_batch():
            assert not search.is_race
            assert {search.race_of(one) for one in batch} == {None}
            tell_all(search, batch)


def trials_of_plan(task: Task, parameters: HpoParameters) -> dict[str, list[str]]:
    """Return the strategies of the planned configurations of each learner."""
    searches, _ = plan_searches({task.task_id: task}, parameters, 0)
    planned: dict[str, list[str]] = {name: [] for name in parameters.learners}
    for search in searches:
        for proposal in search.first:
            planned[proposal.configuration.learner].append(proposal.configuration.strategy)
    return planned


def test_large_tasks_and_dear_learners_get_the_first_configurations(
    task: Task, hpo_parameters: HpoParameters
) -> None:
    parameters = changed(hpo_parameters, learners=["xgboost", "linear"], n_configurations=8)
    design = [one for one in design_configurations(parameters, task.task_type, 0) if one.learner == "xgboost"]
    fewer = changed(parameters, n_configurations_of={"xgboost": 5}, n_configurations_above={50: 6, 100: 1})
    assert trials_of_plan(task, fewer) == {
        "xgboost": ["default", *["sobol"] * 5],
        "linear": ["default", *["sobol"] * 6],
    }
    searches, _ = plan_searches({task.task_id: task}, fewer, 0)
    planned = [one.configuration for search in searches for one in search.first]
    assert [one for one in planned if one.learner == "xgboost"] == design[:6]
    none = changed(parameters, n_configurations_above={1: 0})
    assert trials_of_plan(task, none) == {"xgboost": ["default"], "linear": ["default"]}


def test_tuned_defaults_come_after_the_default_on_tasks_of_any_size(
    task: Task, hpo_parameters: HpoParameters
) -> None:
    asked = changed(
        hpo_parameters, learners=["lightgbm", "linear"], tuned_defaults=True, n_configurations_above={50: 1}
    )
    assert trials_of_plan(task, asked) == {
        "lightgbm": ["default", "tuned", "tuned", "sobol"],
        "linear": ["default", "sobol"],
    }


def test_listed_configurations_come_on_tasks_of_any_size_once(
    task: Task, hpo_parameters: HpoParameters
) -> None:
    rate = {"learning_rate": 0.05}
    default = get_learner("lightgbm").library_default("regression")
    asked = changed(
        hpo_parameters,
        learners=["lightgbm", "linear"],
        early_stopping=True,
        tuned_defaults=True,
        more_configurations={"lightgbm": [rate, {"num_leaves": 128}, {**default, "n_estimators": 100}]},
        n_configurations_above={50: 1},
    )
    assert trials_of_plan(task, asked) == {
        "lightgbm": ["default", "tuned", "tuned", "tuned", "sobol"],
        "linear": ["default", "sobol"],
    }
    listed = first_configurations(asked, "lightgbm", "regression")
    assert [one.params.get("num_leaves") for one in listed] == [31, None, 100, 128]
    with pytest.raises(ValidationError, match="more_configurations names 'other', which has no search space"):
        changed(hpo_parameters, more_configurations={"other": [rate]})


def test_a_strategy_that_learns_is_asked_for_fewer_on_large_tasks(
    task: Task, hpo_parameters: HpoParameters
) -> None:
    learning = changed(
        hpo_parameters, learners=["linear"], strategy="optuna_tpe", n_configurations_above={50: 2}
    )
    searches, _ = plan_searches({task.task_id: task}, learning, 0)
    assert [search.n_left for search in searches] == [3]


def test_learners_without_a_native_form_keep_their_keys_whatever_boosters_get(
    task: Task, hpo_parameters: HpoParameters
) -> None:
    asked = changed(
        hpo_parameters, early_stopping=True, preprocessing={"max_categories": 20, "by_learner": True}
    )
    plain, native = (
        TaskSearch(task, make_context(task, one, 0), one, FIRST) for one in (hpo_parameters, asked)
    )
    of_linear, of_booster = Proposal(FIRST[0]), Proposal(Configuration("lightgbm", {"learning_rate": 0.1}))
    assert plain.key(of_linear) == native.key(of_linear)
    assert plain.key(of_booster) != native.key(of_booster)


def test_a_sample_has_the_seeds_of_its_table(task: Task, hpo_parameters: HpoParameters) -> None:
    sample = Task(f"{task.task_id}@1000", task.task_type, task.X, task.y)
    assert make_context(sample, hpo_parameters, 0) == make_context(task, hpo_parameters, 0)


def split_by(task: Task, kind: SplitKind, n_distinct: int = 8) -> Task:
    return replace(task, split=RowSplit(kind, np.arange(len(task.y)) % n_distinct, "by"))


def test_trials_by_groups_or_time_have_keys_of_their_own(
    mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    for task in mixed_tasks.values():
        contexts = [
            make_context(one, hpo_parameters, 0)
            for one in (task, split_by(task, "groups"), split_by(task, "groups", 9), split_by(task, "time"))
        ]
        is_classification = task.task_type == "classification"
        plain, by_groups = (
            ("StratifiedKFold", "StratifiedGroupKFold") if is_classification else ("KFold", "GroupKFold")
        )
        assert [one.splitter for one in contexts] == [plain, by_groups, by_groups, "TimeFolds"]
        assert len({trial_key(one, FIRST[0]) for one in contexts}) == len(contexts)
        few = changed(hpo_parameters, n_folds_above={1: 2})
        assert make_context(split_by(task, "time"), few, 0).splitter == "TimeFolds[-2:]"
        assert make_context(split_by(task, "groups"), few, 0).splitter == f"{by_groups}[:2]"


def test_contexts_of_existing_tasks_are_what_they_were(hpo_parameters: HpoParameters) -> None:
    # A new value here means that what the ledgers hold is not known any more
    X = pd.DataFrame({"x": np.arange(10.0)})
    labels = pd.Series(pd.Categorical(list("aabbaabbab")), name="target")
    tasks = [
        Task("labels", "classification", X, labels),
        Task("values", "regression", X, pd.Series(np.arange(10.0), name="target")),
    ]
    assert [make_context(one, hpo_parameters, 0).digest[:16] for one in tasks] == [
        "90e084cdeb80b7db",
        "9f21accc2f076e1e",
    ]
