"""The policy alone, as a control."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.foretune_unguarded import ForetuneUnguarded
from foretune.meta_model.policy_mixture import PolicyMixture

HoldOut = Callable[..., tuple[EvaluationFold, HeldOutTask]]


def test_it_proposes_what_the_policy_does(
    hold_out: HoldOut, random_table: Callable[..., pd.DataFrame]
) -> None:
    fold, task = hold_out(random_table(12, 20), "cla3")
    policy = PolicyMixture(fold.prior(task, 1), fold.meta_training.policy, task.rng(1))
    order = []
    for _ in range(10):
        order.append(policy.propose())
        policy.observe(order[-1], task.evaluate(order[-1]))
    assert ForetuneUnguarded().search(fold, task, 10, seed=1).tolist() == order


@pytest.mark.slow
def test_it_tries_every_candidate_once_and_learns_from_scores(
    hold_out: HoldOut, random_table: Callable[..., pd.DataFrame]
) -> None:
    table = random_table(12, 30)
    # Metafeatures mislead here: only scores can tell where the best configuration is
    table["metafeature:group.0"] = 0.0
    fold, task = hold_out(table, "cla3")
    order = ForetuneUnguarded().search(fold, task, 50, seed=0)
    assert sorted(order) == list(range(30))
    found = task.reveal_all()[order]
    assert found[:6].max() > np.quantile(task.reveal_all(), 0.9)
    np.testing.assert_array_equal(order, ForetuneUnguarded().search(fold, task, 50, seed=0))


def test_failed_trials_tell_nothing_and_are_not_repeated(
    hold_out: HoldOut, random_table: Callable[..., pd.DataFrame]
) -> None:
    table = random_table(8, 12)
    failing = (table["task_id"] == "cla2") & table["config_id"].isin(
        [f"c{number:02d}" for number in range(9)]
    )
    table.loc[failing, "score"] = np.nan
    fold, task = hold_out(table, "cla2")
    assert sorted(ForetuneUnguarded().search(fold, task, 12, seed=0)) == list(range(12))
