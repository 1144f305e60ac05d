from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import pytest
from tests.evaluation.regrets import make_regret

from foretune.evaluation.leaderboard import build_leaderboard
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.claims import CLAIM_COLUMNS, CLAIMS, check_claims
from foretune.evaluation.statistics.comparisons import compare_pairs

PARAMETERS = EvaluationParameters(n_bootstrap=100)
# Ten tasks whose regrets differ, so that a constant factor is a significant difference
TASKS = [0.02 * number for number in range(2, 12)]
OPPONENTS = ["greedy_portfolio", "optuna_tpe", "cold_gaussian_process", "shuffled_metafeatures"]


def _scaled(factor: float) -> list[float]:
    return [factor * value for value in TASKS]


def _claims(regrets: Mapping[str, Mapping[int, Sequence[float]]]) -> pd.DataFrame:
    regret = make_regret(regrets)
    board = build_leaderboard(regret, PARAMETERS, 0)
    return check_claims(board, compare_pairs(regret, PARAMETERS, 0))


def _holding(claims: pd.DataFrame, claim: str) -> dict[int, bool | None]:
    rows = claims[claims["claim"] == claim]
    return {
        n_trials: None if pd.isna(holds) else bool(holds)
        for n_trials, holds in zip(rows["n_trials"], rows["holds"], strict=True)
    }


def test_all_hold_where_foretune_has_half_of_everybodys_regret() -> None:
    numbers = (1, 5, 10, 50)
    regrets = {name: dict.fromkeys(numbers, _scaled(2)) for name in OPPONENTS}
    claims = _claims({"foretune": dict.fromkeys(numbers, _scaled(1)), **regrets})
    assert claims.columns.tolist() == CLAIM_COLUMNS
    assert claims["claim"].unique().tolist() == list(CLAIMS)
    assert claims["holds"].all()
    assert list(_holding(claims, "lowest_mean")) == [1, 5, 10, 50]
    # Searches that start from nothing catch up: promised up to 20 trials only
    assert list(_holding(claims, "beats_cold_tpe")) == [1, 5, 10]
    assert list(_holding(claims, "beats_cold_gp")) == [1, 5, 10]
    assert list(_holding(claims, "shuffled_worse")) == [1, 5, 10, 50]


@pytest.mark.parametrize(
    ("factor", "early", "late"), [(0.95, False, False), (0.85, True, False), (0.55, True, True)]
)
def test_how_far_below_the_portfolio(factor: float, early: bool, late: bool) -> None:
    numbers = (1, 3, 5, 7, 10, 20)
    claims = _claims(
        {
            "foretune": dict.fromkeys(numbers, _scaled(factor)),
            "greedy_portfolio": dict.fromkeys(numbers, _scaled(1)),
        }
    )
    # Nothing is promised between 5 and 10
    assert _holding(claims, "below_portfolio") == {1: early, 3: early, 5: early, 10: late, 20: late}


def test_a_tie_for_the_lowest_mean_holds_and_a_worse_one_does_not() -> None:
    claims = _claims(
        {"foretune": {1: _scaled(1), 2: _scaled(1)}, "best_average": {1: _scaled(1), 2: _scaled(0.9)}}
    )
    assert _holding(claims, "lowest_mean") == {1: True, 2: False}
    lowest = claims[claims["claim"] == "lowest_mean"].set_index("n_trials")
    assert lowest["opponent"].tolist() == ["best_average", "best_average"]
    assert lowest["found"][2] == "0.13, the best other method 0.117"


def test_a_lower_mean_with_higher_ranks_is_not_better() -> None:
    # Worse on nine tasks, much better on one
    claims = _claims(
        {
            "foretune": {1: [*_scaled(1)[:9], 0.0]},
            "optuna_tpe": {1: [*_scaled(0.9)[:9], 1.0]},
        }
    )
    assert _holding(claims, "lowest_mean") == {1: True}
    assert _holding(claims, "beats_cold_tpe") == {1: False}


def test_what_was_not_compared_is_missing() -> None:
    claims = _claims({"foretune": {1: _scaled(1)}, "best_average": {1: _scaled(2)}})
    missing = claims[claims["holds"].isna()]
    assert set(missing["claim"]) == {"below_portfolio", "beats_cold_tpe", "beats_cold_gp", "shuffled_worse"}
    assert set(missing["found"]) == {"not compared"}
    assert _claims({"best_average": {1: _scaled(1)}})["holds"].isna().all()


def test_a_portfolio_without_regret_cannot_be_undercut() -> None:
    claims = _claims({"foretune": {1: [0.0] * 3}, "greedy_portfolio": {1: [0.0] * 3}})
    assert _holding(claims, "below_portfolio") == {1: None}
    assert _holding(claims, "lowest_mean") == {1: True}


def test_no_task_no_claim() -> None:
    regret = make_regret({"foretune": {1: TASKS}}).head(0)
    claims = check_claims(build_leaderboard(regret, PARAMETERS, 0), compare_pairs(regret, PARAMETERS, 0))
    assert claims.columns.tolist() == CLAIM_COLUMNS
    assert claims.empty
