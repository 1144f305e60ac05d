from __future__ import annotations

from collections.abc import Callable

import pytest

from foretune.evaluation.advice.advise import AdviceTables
from foretune.evaluation.advice.pairs import Pair, families_to_tell, pair_up

MakeTables = Callable[..., AdviceTables]
Around = Callable[..., dict[int, list[float]]]


def _pair(tables: AdviceTables, opponent: str = "rgpe") -> list[Pair]:
    return pair_up(tables.leaderboard, tables.comparisons, opponent, 0.95)


def test_means_differences_and_what_is_more_than_noise(
    make_advice_tables: MakeTables, around: Around
) -> None:
    tables = make_advice_tables(
        {"foretune": around({1: 0.1, 5: 0.1}, seed=1), "rgpe": around({1: 0.1, 5: 0.2}, seed=2)}
    )
    first, second = _pair(tables)
    board = tables.leaderboard.set_index(["method", "n_trials"])["mean_regret"]
    assert (first.n_trials, second.n_trials, second.n_families) == (1, 5, 16)
    assert second.ours == board["foretune", 5]
    assert second.theirs == board["rgpe", 5]
    assert second.difference == pytest.approx(second.ours - second.theirs)
    assert second.low < second.difference < second.high < 0
    assert (first.is_clear, second.is_clear) == (False, True)
    assert first.evidence().endswith(": no more than noise")
    assert second.evidence().endswith(": more than noise")


def test_p_values_are_adjusted_for_the_numbers_of_trials(
    make_advice_tables: MakeTables, around: Around
) -> None:
    tables = make_advice_tables(
        {
            "foretune": around({1: 0.1, 5: 0.1, 20: 0.1}, seed=1),
            "rgpe": around({1: 0.1, 5: 0.2, 20: 0.1}, seed=2),
        }
    )
    rows = tables.comparisons.set_index("n_trials")
    assert _pair(tables)[1].p_value == pytest.approx(3 * rows["p_value"][5])


def test_one_task_that_turns_the_mean_is_no_clear_difference(make_advice_tables: MakeTables) -> None:
    # Better on fifteen of sixteen tasks, but so much worse on the last that the mean is worse
    ours, theirs = [0.1] * 15 + [0.99], [0.11 + 0.001 * at for at in range(15)] + [0.05]
    (pair,) = _pair(make_advice_tables({"foretune": {1: ours}, "rgpe": {1: theirs}}))
    assert pair.difference > 0
    assert pair.p_value < 0.05
    assert not pair.is_clear


@pytest.mark.parametrize(("level", "expected"), [(0.9, 5), (0.95, 6), (0.99, 8), (0.5, 3)])
def test_families_that_a_test_needs(level: float, expected: int) -> None:
    assert families_to_tell(level) == expected
    assert 2.0 ** (1 - expected) < 1 - level <= 2.0 ** (2 - expected)


def test_without_one_of_the_two_there_is_no_pair(make_advice_tables: MakeTables, around: Around) -> None:
    regrets = around({1: 0.1})
    assert _pair(make_advice_tables({"foretune": regrets})) == []
    assert _pair(make_advice_tables({"rgpe": regrets})) == []
