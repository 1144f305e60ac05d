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
            "Trust the search rather than the list from the first trial on.",
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
        # A little behind at the end, but by no more than noise
        (
            {1: 0.2, 5: 0.03, 20: 0.041},
            "Trust the search rather than the list where you can afford 5 trials; with one trial the list "
            "has less regret.",
        ),
        ({1: 0.2, 5: 0.1, 20: 0.07}, "Keep to the list: up to 20 trials the search is not ahead of it."),
    ],
)
def test_the_number_of_trials_from_which_to_trust_the_search(
    make_advice_tables: MakeTables, around: Around, ours: dict[int, float], sentence: str
) -> None:
    assert _say(make_advice_tables, around, ours)[0] == sentence


@pytest.mark.parametrize(
    ("ours", "lean"),
    [
        ({1: 0.105, 5: 0.055, 20: 0.038}, "the search is never behind"),
        ({1: 0.13, 5: 0.065, 20: 0.044}, "the list is always ahead"),
        ({1: 0.13, 5: 0.065, 20: 0.038}, "the search is ahead from 20 trials on"),
        ({1: 0.115, 5: 0.055, 20: 0.044}, "now one is ahead, now the other"),
    ],
)
def test_noise_is_called_noise(
    make_advice_tables: MakeTables, around: Around, ours: dict[int, float], lean: str
) -> None:
    sentence, _ = _say(make_advice_tables, around, ours)
    assert sentence == f"Search or list, these tasks do not show a difference yet; by the means {lean}."


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
