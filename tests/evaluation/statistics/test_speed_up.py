from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.evaluation.statistics.speed_up import SPEED_UP_COLUMNS, compute_speed_up, trials_to_reach

NUMBERS = [1, 10, 100]
REGRETS = [0.5, 0.3, 0.1]


@pytest.mark.parametrize(
    ("regret", "relation", "number"),
    [
        (0.5, "=", 1),
        (0.3, "=", 10),
        (0.1, "=", 100),
        # Half of the way between 10 and 100 in logarithms
        (0.2, "=", 10**1.5),
        (0.6, "<", 1),
        (0.05, ">", 100),
    ],
)
def test_known_points(regret: float, relation: str, number: float) -> None:
    found, trials = trials_to_reach(regret, NUMBERS, REGRETS)
    assert found == relation
    assert trials == pytest.approx(number)


def test_where_the_curve_is_flat_the_first_number_counts() -> None:
    assert trials_to_reach(0.3, [1, 2, 3, 4], [0.5, 0.3, 0.3, 0.1]) == ("=", 2)
    # A curve that rises has reached what it reached before
    assert trials_to_reach(0.3, [1, 2, 3], [0.5, 0.2, 0.4])[1] < 2


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 100), st.integers(0, 100))
def test_less_regret_never_takes_fewer_trials(seed: int, one: int, other: int) -> None:
    regrets = np.sort(np.random.default_rng(seed).uniform(size=5))[::-1].tolist()
    numbers = [1, 2, 5, 10, 20]
    low, high = sorted((one / 100, other / 100))
    assert trials_to_reach(low, numbers, regrets)[1] >= trials_to_reach(high, numbers, regrets)[1] * (
        1 - 1e-9
    )


@pytest.fixture
def leaderboard() -> pd.DataFrame:
    regrets = {"random_search": REGRETS, "foretune": [0.3, 0.2, 0.01]}
    return pd.DataFrame(
        [
            {"task_type": "regression", "method": method, "n_trials": number, "mean_regret": regret}
            for method, values in regrets.items()
            for number, regret in zip(NUMBERS, values, strict=True)
        ]
    )


def test_a_known_table(leaderboard: pd.DataFrame) -> None:
    table = compute_speed_up(leaderboard.sample(frac=1, random_state=0))
    assert table.columns.tolist() == SPEED_UP_COLUMNS
    ours = table[table["method"] == "foretune"]
    assert ours["relation"].tolist() == ["=", "=", ">"]
    assert ours["random_trials"].tolist() == pytest.approx([10, 10**1.5, 100])
    assert ours["speed_up"].tolist() == pytest.approx([10, 10**0.5, 1])
    assert table.loc[table["method"] == "random_search", "speed_up"].tolist() == [1, 1, 1]


def test_without_random_search_there_is_nothing_to_compare_with(leaderboard: pd.DataFrame) -> None:
    table = compute_speed_up(leaderboard[leaderboard["method"] == "foretune"])
    assert table.empty
    assert table.columns.tolist() == SPEED_UP_COLUMNS
