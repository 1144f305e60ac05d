from __future__ import annotations

import pytest

from foretune.learners.growing.rounds import curve_rounds, is_measured


def test_the_curve_has_at_most_twelve_points_from_one_round_to_the_last() -> None:
    assert curve_rounds(2000) == (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2000)
    assert curve_rounds(1) == (1,)
    assert curve_rounds(20) == (1, 2, 4, 8, 16, 20)


@pytest.mark.parametrize("largest", [2, 3, 64, 2047, 2048, 2049, 10_000, 1_000_000])
def test_the_points_of_a_curve_ascend(largest: int) -> None:
    rounds = curve_rounds(largest)
    assert (rounds[0], rounds[-1]) == (1, largest)
    assert len(rounds) <= 12
    assert list(rounds) == sorted(set(rounds))


def test_all_metrics_are_measured_less_often_the_more_rounds_there_are() -> None:
    measured = [n for n in range(1, 1025) if is_measured(n)]
    assert measured[:31] == list(range(1, 32))
    assert all(len([n for n in measured if low <= n < 2 * low]) == 16 for low in (16, 32, 64, 128, 256, 512))
