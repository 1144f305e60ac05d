"""Foretune by gain per second, on logs in which what is cheap is nearly as good."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.evaluate import evaluate_methods
from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.leaderboard import build_leaderboard_in_time
from foretune.evaluation.methods.foretune import Foretune
from foretune.evaluation.methods.foretune_timed import ForetuneTimed
from foretune.evaluation.parameters import EvaluationParameters
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters

N = 24
IS_CHEAP = np.arange(N) % 2 == 0
MakeTable = Callable[..., pd.DataFrame]


def _scores(n_tasks: int = 8) -> dict[str, list[float]]:
    """What is dear is a little better, and the best half is at the end."""
    rng = np.random.default_rng(1)
    surface = np.linspace(0, 1, N) + np.where(IS_CHEAP, 0, 0.1)
    return {f"t{at}": list(surface + rng.normal(0, 0.05, N)) for at in range(n_tasks)}


def _costs(scores: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (task, f"c{number:02d}", (at + 1) * (1.0 if IS_CHEAP[number] else 60.0))
            for at, task in enumerate(scores)
            for number in range(N)
        ],
        columns=["task_id", "config_id", "fit_seconds"],
    )


def _hold_out(
    table: pd.DataFrame, costs: pd.DataFrame, task_id: str, meta_training: MetaTrainingParameters
) -> tuple[EvaluationFold, HeldOutTask]:
    meta_dataset = MetaDataset.from_table(table)
    truth = Truth.from_meta_dataset(meta_dataset, meta_training.target, costs)
    evidence = Evidence.fit(meta_dataset, truth, meta_training, ["surrogate"], 0)
    fold = EvaluationFold(meta_dataset, task_id, meta_training, {0: evidence}, truth)
    return fold, HeldOutTask.from_meta_dataset(meta_dataset, task_id, truth.seconds)


def test_where_cheap_is_nearly_as_good_it_has_the_lowest_regret_in_time(
    make_table: MakeTable, meta_training: MetaTrainingParameters
) -> None:
    scores = _scores()
    parameters = EvaluationParameters(n_trials=(1, 5), times=(0.2, 0.5, 1), n_seeds=1, n_random_orders=50)
    found = evaluate_methods(make_table(scores), parameters, meta_training, 0, 1, trial_costs=_costs(scores))
    board = build_leaderboard_in_time(found.regret_in_time, parameters, 0).set_index(["time", "method"])
    for time in parameters.times:
        regrets = board.loc[time, "mean_regret"]
        assert regrets["foretune_timed"] == regrets.min()
        # The best ones are dear, and the others try these first
        assert regrets["foretune_timed"] < 0.5 * regrets["foretune"]
    # In trials it is not compared
    assert "foretune_timed" not in set(found.regret["method"])


def test_times_of_the_held_out_task_are_known_only_when_they_are_paid(
    make_table: MakeTable, meta_training: MetaTrainingParameters
) -> None:
    scores = _scores()
    table, costs = make_table(scores), _costs(scores)
    fold, task = _hold_out(table, costs, "t3", meta_training)
    order = ForetuneTimed().search(fold, task, 10, 0)
    # Other seconds of what it does not try, and of the last trial, change nothing
    others = ~costs["config_id"].isin([f"c{at:02d}" for at in order[:-1]]) & (costs["task_id"] == "t3")
    changed = costs.assign(fit_seconds=costs["fit_seconds"].mask(others, 1e-3))
    fold, task = _hold_out(table, changed, "t3", meta_training)
    np.testing.assert_array_equal(ForetuneTimed().search(fold, task, 10, 0), order)


def test_what_it_has_paid_tells_what_is_cheap(
    make_table: MakeTable, meta_training: MetaTrainingParameters
) -> None:
    """On half of the tasks the even configurations are cheap, on the others the odd ones."""
    rng = np.random.default_rng(2)
    scores = {f"t{at}": list(np.repeat(rng.uniform(size=N // 2), 2)) for at in range(12)}
    is_even = np.arange(N) % 2 == 0
    costs = pd.DataFrame(
        [
            (task, f"c{number:02d}", 1.0 if is_even[number] == (at % 2 == 0) else 60.0)
            for at, task in enumerate(scores)
            for number in range(N)
        ],
        columns=["task_id", "config_id", "fit_seconds"],
    )
    table = make_table(scores)
    for task_id in ("t4", "t5"):
        fold, task = _hold_out(table, costs, task_id, meta_training)
        order = ForetuneTimed().search(fold, task, 7, 0)
        # By chance it would be half of them
        assert (task.reveal_seconds()[order[1:]] == 1.0).sum() >= 5


def test_it_ends_when_nothing_more_is_read(
    make_table: MakeTable, meta_training: MetaTrainingParameters
) -> None:
    scores = _scores()
    fold, task = _hold_out(make_table(scores), _costs(scores), "t2", meta_training)
    limited = task.with_time(0.5)
    order = ForetuneTimed().search(fold, limited, N, 0)
    seconds = task.reveal_seconds()[order]
    assert seconds[:-1].sum() < limited.until <= seconds.sum()
    np.testing.assert_array_equal(order, ForetuneTimed().search(fold, task, N, 0)[: len(order)])


def test_with_equal_seconds_it_is_foretune(
    make_table: MakeTable, meta_training: MetaTrainingParameters
) -> None:
    scores = _scores()
    costs = _costs(scores).assign(fit_seconds=2.0)
    fold, task = _hold_out(make_table(scores), costs, "t1", meta_training)
    timed, plain = (method.search(fold, task, 8, 0).tolist() for method in (ForetuneTimed(), Foretune()))
    assert timed[:3] == plain[:3]
    with pytest.raises(ValueError, match="have no seconds"):
        HeldOutTask.from_meta_dataset(MetaDataset.from_table(make_table(scores)), "t1").pay(0)
