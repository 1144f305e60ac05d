from __future__ import annotations

import pytest

from foretune.evaluation.words import after_trials, count, join_words, write_interval, write_regret


def test_counts_and_lists() -> None:
    assert (count(1, "task"), count(1200, "task")) == ("1 task", "1,200 tasks")
    assert (count(1, "family"), count(2, "family")) == ("1 family", "2 families")
    assert [join_words(words) for words in ([], [1], [1, 2], [1, 2, 3])] == ["", "1", "1 and 2", "1, 2 and 3"]
    assert (after_trials(1), after_trials(1, 5)) == ("after one trial", "after 1 and 5 trials")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.000"), (0.1384, "0.138"), (-0.0209, "-0.021"), (0.00071, "0.00071"), (0.00001, "1e-05")],
)
def test_regrets(value: float, text: str) -> None:
    assert write_regret(value) == text


def test_intervals() -> None:
    assert write_interval(-0.01, 0.05, 0.95) == "95 % interval -0.010 to 0.050"
