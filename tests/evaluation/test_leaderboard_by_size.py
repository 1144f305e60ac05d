from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.evaluation.regrets import make_regret

from foretune.evaluation.leaderboard import build_leaderboard
from foretune.evaluation.leaderboard_by_size import (
    BY_SIZE_COLUMNS,
    build_leaderboard_by_size,
    classify_tasks,
    count_size_classes,
)
from foretune.evaluation.parameters import EvaluationParameters

PARAMETERS = EvaluationParameters(n_bootstrap=200)
# Two of the small tables are of one family, and the only one of middle size is alone
FAMILIES = ["a", "a", "b", "c", "d", "e"]
ROWS = [100.0, 1_000.0, 500.0, 3_000.0, 30_000.0, 50_000.0]
OURS = [0.1, 0.2, 0.3, 0.2, 0.4, 0.2]
OTHERS = [0.3, 0.1, 0.5, 0.1, 0.4, 0.4]


def _tasks(rows: list[float] = ROWS) -> pd.DataFrame:
    """Make a meta-dataset with two configurations of each task."""
    tasks = pd.DataFrame({"task_id": [f"task {number}" for number in range(len(rows))], "n_rows": rows})
    return pd.concat([tasks.assign(provenance="real")] * 2, ignore_index=True)


@pytest.fixture
def regret() -> pd.DataFrame:
    regrets = {"foretune": OURS, "greedy_portfolio": OTHERS}
    return make_regret({method: {1: values, 5: values} for method, values in regrets.items()}, FAMILIES)


def test_every_column_of_a_known_case(regret: pd.DataFrame) -> None:
    board = build_leaderboard_by_size(regret, _tasks(), PARAMETERS, seed=0)
    assert board.columns.tolist() == BY_SIZE_COLUMNS
    after_one = board[board["n_trials"] == 1].set_index(["size_class", "method"])
    assert list(dict.fromkeys(board["size_class"])) == ["up to 1,000", "1,000 to 4,000", "above 20,000"]
    assert list(dict.fromkeys(board["rows_above"])) == [0, 1_000, 20_000]
    small = after_one.loc["up to 1,000"]
    assert small.index.tolist() == ["foretune", "greedy_portfolio"]
    assert small["n_tasks"].tolist() == [3, 3]
    assert small["n_families"].tolist() == [2, 2]
    assert small["mean_regret"].tolist() == pytest.approx([0.2, 0.3])
    theirs = small.loc["greedy_portfolio"]
    assert theirs["difference"] == pytest.approx(-0.1)
    # The mean lead is 0.05 in one family, and 0.2 in the other
    assert theirs["difference_low"] == pytest.approx(-0.2)
    assert theirs["difference_high"] == pytest.approx(-0.05)
    assert theirs["ci_low"] == pytest.approx(0.2)
    assert theirs["ci_high"] == pytest.approx(0.5)
    of_ours = ["difference", "difference_low", "difference_high"]
    assert small.loc["foretune", of_ours].isna().all()


def test_a_single_family_has_no_interval(regret: pd.DataFrame) -> None:
    board = build_leaderboard_by_size(regret, _tasks(), PARAMETERS, seed=0)
    alone = board[board["size_class"] == "1,000 to 4,000"]
    assert alone["n_families"].tolist() == [1] * 4
    assert alone["mean_regret"].notna().all()
    assert alone[["ci_low", "ci_high", "difference_low", "difference_high"]].isna().all(axis=None)


def test_with_one_class_it_is_the_leaderboard(regret: pd.DataFrame) -> None:
    board = build_leaderboard_by_size(regret, _tasks([10.0] * 6), PARAMETERS, seed=3)
    shared = ["task_type", "n_tasks", "method", "n_trials", "mean_regret", "ci_low", "ci_high"]
    expected = build_leaderboard(regret, PARAMETERS, seed=3)
    pd.testing.assert_frame_equal(board[shared], expected[shared])


def test_classes_are_those_of_the_parameters(regret: pd.DataFrame) -> None:
    parameters = PARAMETERS.model_copy(update={"size_classes": (500,)})
    board = build_leaderboard_by_size(regret, _tasks(), parameters, seed=0)
    assert board.groupby("size_class")["n_tasks"].first().to_dict() == {"up to 500": 2, "above 500": 4}


def test_tasks_without_a_number_of_rows_are_left_out(regret: pd.DataFrame) -> None:
    rows = [np.nan, *ROWS[1:]]
    board = build_leaderboard_by_size(regret, _tasks(rows), PARAMETERS, seed=0)
    assert board.loc[board["size_class"] == "up to 1,000", "n_tasks"].unique().tolist() == [2]


@pytest.mark.parametrize("why", ["unknown", "no classes", "no claim", "no tasks"])
def test_without_rows_classes_or_tasks_the_table_is_empty(regret: pd.DataFrame, why: str) -> None:
    parameters = {
        "no classes": PARAMETERS.model_copy(update={"size_classes": ()}),
        "no claim": PARAMETERS.model_copy(update={"claims_on": ("elsewhere",)}),
    }.get(why, PARAMETERS)
    tasks = _tasks([np.nan] * 6 if why == "unknown" else ROWS)
    board = build_leaderboard_by_size(
        regret.head(0) if why == "no tasks" else regret, tasks, parameters, seed=0
    )
    assert board.empty
    assert board.columns.tolist() == BY_SIZE_COLUMNS


def test_without_foretune_there_is_no_difference(regret: pd.DataFrame) -> None:
    board = build_leaderboard_by_size(regret[regret["method"] != "foretune"], _tasks(), PARAMETERS, seed=0)
    assert board["mean_regret"].notna().all()
    assert board[["difference", "difference_low", "difference_high"]].isna().all(axis=None)


def test_a_log_may_tell_the_rows_by_a_metafeature() -> None:
    tasks = _tasks([np.nan] * 6).assign(**{"metafeature:simple.log_n_rows": np.log(ROWS * 2)})
    assert classify_tasks(tasks, PARAMETERS) == classify_tasks(_tasks(), PARAMETERS)


def test_classes_are_counted_of_tasks_that_count() -> None:
    tasks = _tasks()
    assert count_size_classes(tasks, PARAMETERS) == 3
    is_large = tasks["n_rows"] > 1_000
    others = tasks.assign(provenance=tasks["provenance"].mask(is_large, "synthetic"))
    assert count_size_classes(others, PARAMETERS) == 1
    assert count_size_classes(_tasks([np.nan]), PARAMETERS) == 0
