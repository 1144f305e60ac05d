from __future__ import annotations

from collections.abc import Callable

import pytest

from foretune.evaluation.advice.advise import AdviceTables
from foretune.evaluation.advice.pairs import pair_up
from foretune.evaluation.advice.search_or_list import search_or_list

MakeTables = Callable[..., AdviceTables]
Around = Callable[..., dict[int, list[float]]]
LIST = {1: 0.12, 5: 0.06, 20: 0.04}


def _say(make: MakeTables, around: Around, ours: dict[int, float]) -> tuple[str, str]:
    tables = make({"foretune": around(ours, seed=1), "greedy_portfolio": around(LIST, seed=2)})
    (advice,) = search_or_list(pair_up(tables.leaderboard, tables.comparisons, "greedy_portfolio", 0.95))
    return advice.sentence, advice.evidence


@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        (
            {1: 0.08, 5: 0.03, 20: 0.01},
            "Trust the search rather than the list from the first trial on: it is never behind.",
        ),
        (
            {1: 0.2, 5: 0.1, 20: 0.01},
            "Trust the search rather than the list where you can afford 20 trials; with 5 or fewer the list "
            "has less regret.",
        ),
        (
            {1: 0.06, 5: 0.1, 20: 0.01},
            "Trust the search rather than the list where you can afford 20 trials; with 5 or fewer neither "
            "is always ahead.",
        ),
        ({1: 0.2, 5: 0.1, 20: 0.07}, "Keep to the list: after 20 trials the search is still behind it."),
    ],
)
def test_the_number_of_trials_from_which_to_trust_the_search(
    make_advice_tables: MakeTables, around: Around, ours: dict[int, float], sentence: str
) -> None:
    assert _say(make_advice_tables, around, ours)[0] == sentence


def test_what_is_more_than_noise_is_named(make_advice_tables: MakeTables, around: Around) -> None:
    _, evidence = _say(make_advice_tables, around, {1: 0.2, 5: 0.0601, 20: 0.01})
    assert evidence.endswith(
        "By 16 families, more than noise: the search is ahead after 20 trials, the list is ahead after one "
        "trial."
    )
    _, evidence = _say(make_advice_tables, around, LIST)
    assert evidence.endswith("By 16 families, no difference at any number of trials is more than noise.")


def test_nothing_is_said_where_one_of_them_was_not_evaluated(
    make_advice_tables: MakeTables, around: Around
) -> None:
    tables = make_advice_tables({"foretune": around(LIST)})
    assert (
        list(search_or_list(pair_up(tables.leaderboard, tables.comparisons, "greedy_portfolio", 0.95))) == []
    )
