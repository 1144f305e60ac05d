"""The search that ships, on held-out tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.foretune import Foretune
from foretune.evaluation.methods.foretune_unguarded import ForetuneUnguarded
from foretune.meta_model.guard import GuardedSearch
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import Guard
from foretune.meta_model.prior import SurfacePrior
from foretune.meta_model.training import train_memory

HoldOut = Callable[..., tuple[EvaluationFold, HeldOutTask]]
RandomTable = Callable[..., pd.DataFrame]
NAN = float("nan")


def _set_rules(fold: EvaluationFold, **rules: float) -> None:
    guard = Guard.model_validate(rules)
    fold.meta_training = fold.meta_training.model_copy(update={"guard": guard})


def _ship(
    fold: EvaluationFold, task: HeldOutTask, prior: SurfacePrior, n_trials: int, seed: int, **options: bool
) -> list[int]:
    """Run the search that a user gets."""
    defaults = [at for at, is_default in enumerate(task.is_default) if is_default]
    parameters = fold.meta_training
    search = GuardedSearch(prior, parameters.policy, parameters.guard, defaults, task.rng(seed), **options)
    order = []
    for _ in range(n_trials):
        order.append(search.ask())
        search.tell(order[-1], task.evaluate(order[-1]))
    return order


def _best_default(fold: EvaluationFold, task: HeldOutTask) -> int:
    expected = fold.prior(task, 0).relative_surfaces().mean(axis=0)
    defaults = np.flatnonzero(task.is_default)
    return int(defaults[expected[defaults].argmax()])


def _orders(fold: EvaluationFold, task: HeldOutTask) -> list[list[int]]:
    methods = (Foretune(), ForetuneUnguarded())
    return [method.search(fold, task, 12, seed=0).tolist() for method in methods]


@pytest.mark.quick("nan-0.3", "50-1", "5000-0.05")
@pytest.mark.parametrize("max_risk", [0.05, 0.3, 1])
@pytest.mark.parametrize("n_rows", [NAN, 50, 5_000])
def test_it_proposes_what_the_search_that_ships_does(
    hold_out: HoldOut, random_table: RandomTable, max_risk: float, n_rows: float
) -> None:
    fold, task = hold_out(random_table(12, 20).assign(n_rows=n_rows), "cla3")
    _set_rules(fold, max_risk=max_risk, max_distance=100)
    shipped = _ship(fold, task, fold.prior(task, 1), 10, 1, default_first=n_rows < 100)
    assert Foretune().search(fold, task, 10, seed=1).tolist() == shipped


@pytest.mark.quick("0", "5")
@pytest.mark.parametrize("number", range(8))
def test_the_default_of_the_task_is_among_the_first_three(
    number: int, hold_out: HoldOut, random_table: RandomTable
) -> None:
    fold, task = hold_out(random_table(8, 12), f"cla{number}")
    _set_rules(fold, max_distance=100)
    order = Foretune().search(fold, task, 12, seed=0).tolist()
    assert sorted(order) == list(range(12))
    assert _best_default(fold, task) in order[:3]


@pytest.mark.slow
def test_with_few_rows_the_default_comes_first(hold_out: HoldOut, random_table: RandomTable) -> None:
    is_first = []
    for n_rows in (99, 100, NAN):
        fold, task = hold_out(random_table(8, 12).assign(n_rows=n_rows), "cla5")
        _set_rules(fold, max_risk=1, max_distance=100)
        is_first.append(Foretune().search(fold, task, 1, seed=0)[0] == _best_default(fold, task))
    assert is_first == [True, False, False]


@pytest.mark.quick("3-50", "6-5000")
@pytest.mark.parametrize("n_rows", [50, 5_000])
@pytest.mark.parametrize("number", range(8))
def test_on_logs_without_defaults_it_is_the_policy_alone(
    number: int, hold_out: HoldOut, random_table: RandomTable, n_rows: int
) -> None:
    table = random_table(8, 12).assign(is_default=False, n_rows=n_rows)
    fold, task = hold_out(table, f"cla{number}")
    _set_rules(fold, max_risk=1e-6, max_distance=100)
    guarded, unguarded = _orders(fold, task)
    assert guarded == unguarded


def test_on_logs_without_metafeatures_no_task_is_out_of_distribution(
    hold_out: HoldOut, random_table: RandomTable
) -> None:
    table = random_table(8, 12).assign(is_default=False)
    table = table.drop(columns=[name for name in table if str(name).startswith("metafeature:")])
    fold, task = hold_out(table, "cla2")
    assert not fold.is_out_of_distribution(task)
    guarded, unguarded = _orders(fold, task)
    assert guarded == unguarded


def test_out_of_distribution_metafeatures_do_not_count(hold_out: HoldOut, random_table: RandomTable) -> None:
    orders = []
    for value in (1e3, -1e3):
        table = random_table(10, 15)
        table.loc[table["task_id"] == "cla4", "metafeature:group.0"] = value
        fold, task = hold_out(table, "cla4")
        assert fold.is_out_of_distribution(task)
        orders.append(Foretune().search(fold, task, 6, seed=0).tolist())
        assert orders[-1] == _ship(fold, task, fold.prior_without_metafeatures(task, 0), 6, 0)
    assert orders[0] == orders[1]


def test_the_prior_without_metafeatures_is_that_of_a_memory_of_the_same_tasks(
    hold_out: HoldOut, random_table: RandomTable
) -> None:
    """All but what is drawn."""
    table = random_table(10, 15)
    fold, task = hold_out(table, "cla4")
    ours = fold.prior_without_metafeatures(task, 0)
    known = MetaDataset.from_table(table[table["task_id"] != "cla4"])
    memory = replace(train_memory(known, fold.meta_training, seed=0), kernel=fold._kernel)
    theirs = memory.prior(None, task.candidates)
    for name in ("mean", "level", "locations", "log_scales"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-6, err_msg=name)
    spread = [np.sqrt(np.sum(one.basis**2, axis=1)) for one in (ours, theirs)]
    np.testing.assert_allclose(*spread, rtol=0.1)


def test_nothing_of_the_held_out_family_decides_what_is_far(
    hold_out: HoldOut, random_table: RandomTable
) -> None:
    table = random_table(8)
    table.loc[table["task_id"] == "cla1", "family"] = "family of cla0"
    for twins in (["cla0"], ["cla0", "cla1"]):
        # What is near in its own family makes no task familiar
        table.loc[table["task_id"].isin(twins), "metafeature:group.0"] = 50.0
        fold, task = hold_out(table, "cla0")
        assert fold.is_out_of_distribution(task)
