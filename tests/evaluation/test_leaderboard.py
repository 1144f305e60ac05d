from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.leaderboard import (
    IN_TIME_COLUMNS,
    LEADERBOARD_COLUMNS,
    bootstrap_means,
    build_leaderboard,
    build_leaderboard_in_time,
)
from foretune.evaluation.parameters import EvaluationParameters

# Regret of four tasks by method; made-up ones must not count
REGRETS = {
    "library_default": [0.2, 0.4, 0.0, 0.1],
    "random_search": [0.3, 0.3, 0.3, 0.3],
    "best_average": [0.1, 0.5, 0.0, 0.3],
}


def _regret(by_method: dict[str, list[float]] | None = None, families: str = "abcd") -> pd.DataFrame:
    rows = [
        {
            "task_id": f"task {number}",
            "task_type": "classification",
            "family": families[number],
            "provenance": "real",
            "method": method,
            "seed": seed,
            "n_trials": 1,
            "regret": regret + noise,
            "score": 0.5,
        }
        for method, regrets in (by_method or REGRETS).items()
        for number, regret in enumerate(regrets)
        for seed, noise in ((0, 0.05), (1, -0.05))
    ]
    made_up = [row | {"provenance": "synthetic", "task_id": "made up", "regret": 1.0} for row in rows[:1]]
    return pd.DataFrame(rows + made_up)


def test_every_column_of_a_known_case() -> None:
    board = build_leaderboard(_regret(), EvaluationParameters(), seed=0)
    assert board.columns.tolist() == LEADERBOARD_COLUMNS
    rows = board.set_index("method")
    assert rows.index.tolist() == ["library_default", "best_average", "random_search"]
    assert rows["n_tasks"].tolist() == [4, 4, 4]
    best_average = rows.loc["best_average"]
    assert best_average["mean_regret"] == pytest.approx(0.225)
    assert best_average["median_regret"] == pytest.approx(0.2)
    assert best_average["worst_regret"] == pytest.approx(0.5)
    assert 0 <= best_average["ci_low"] < 0.225 < best_average["ci_high"] <= 0.5
    # Ranks 1, 3, 1.5 and 2.5
    assert best_average["mean_rank"] == pytest.approx(2.0)
    assert best_average[["wins", "ties", "losses"]].tolist() == [2, 1, 1]
    assert best_average["share_harmed"] == 0.5
    assert best_average["share_harmed_random"] == 0.25
    assert rows.loc["random_search", ["wins", "ties", "losses"]].tolist() == [0, 4, 0]
    assert rows.loc["library_default", "share_harmed"] == 0


def test_without_an_opponent_the_comparison_is_missing() -> None:
    only = {"best_average": REGRETS["best_average"]}
    board = build_leaderboard(_regret(only), EvaluationParameters(), seed=0)
    assert board[["wins", "ties", "losses", "share_harmed", "share_harmed_random"]].isna().all(axis=None)
    assert board["mean_rank"].tolist() == [1.0]


def test_no_task_to_claim_on_gives_an_empty_board() -> None:
    board = build_leaderboard(_regret(), EvaluationParameters(claims_on=("elsewhere",)), seed=0)
    assert board.empty
    assert board.columns.tolist() == LEADERBOARD_COLUMNS


def test_the_seed_makes_the_interval() -> None:
    parameters = EvaluationParameters(n_bootstrap=100)
    first, again, other = (build_leaderboard(_regret(), parameters, seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first["ci_low"].equals(other["ci_low"])


def test_the_bootstrap_over_single_tasks_has_the_standard_error_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(size=(40, 1))
    means = bootstrap_means(values, range(40), 20_000, np.random.default_rng(1))
    assert means.mean() == pytest.approx(values.mean(), abs=0.01)
    assert means.std() == pytest.approx(values.std() / 40**0.5, rel=0.05)


def test_copies_of_a_task_in_its_family_are_no_further_evidence() -> None:
    values = np.random.default_rng(0).normal(size=(20, 1))
    single = bootstrap_means(values, range(20), 500, np.random.default_rng(1))
    copies = bootstrap_means(
        np.repeat(values, 5, axis=0), np.repeat(range(20), 5), 500, np.random.default_rng(1)
    )
    np.testing.assert_allclose(copies.std(), single.std())


def test_in_time_it_is_the_same_board_by_time() -> None:
    regret = _regret()
    in_time = pd.concat([regret.assign(time=0.5), regret.assign(time=2.0, regret=regret["regret"] / 2)])
    board = build_leaderboard_in_time(in_time.assign(n_trials=7.0), EvaluationParameters(), seed=0)
    assert board.columns.tolist() == IN_TIME_COLUMNS
    assert board["time"].tolist() == [0.5] * 3 + [2.0] * 3
    by_trials = build_leaderboard(regret, EvaluationParameters(), seed=0)
    shared = [column for column in LEADERBOARD_COLUMNS if column != "n_trials"]
    pd.testing.assert_frame_equal(board.loc[:2, shared], by_trials[shared])
    np.testing.assert_allclose(board["mean_regret"][3:], by_trials["mean_regret"] / 2)


def test_without_times_the_board_in_time_is_empty() -> None:
    none = _regret().assign(time=1.0).iloc[:0]
    board = build_leaderboard_in_time(none, EvaluationParameters(), seed=0)
    assert board.empty
    assert board.columns.tolist() == IN_TIME_COLUMNS
