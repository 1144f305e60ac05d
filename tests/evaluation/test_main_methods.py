from __future__ import annotations

import pandas as pd

from foretune.evaluation.main_methods import choose_main_methods, find_folded

MEANS = pd.Series(
    {
        **{"foretune": 0.3, "foretune_unguarded": 0.01, "zero_shot_list": 0.02, "no_metafeatures": 0.03},
        **{"rgpe": 0.05, "quantile_transfer": 0.06, "greedy_portfolio": 0.1, "optuna_tpe": 0.4},
        "random_search": 0.5,
    }
)


def test_foretune_the_best_other_and_three_of_reference_are_shown() -> None:
    wanted = ["foretune", "rgpe", "greedy_portfolio", "optuna_tpe", "random_search"]
    assert choose_main_methods(MEANS) == wanted


def test_the_next_best_take_the_places_of_absent_ones() -> None:
    found = choose_main_methods(MEANS.drop(["greedy_portfolio", "optuna_tpe"]))
    assert found == ["foretune", "rgpe", "random_search", "quantile_transfer"]
    # The best other may be one of reference: then one more is shown
    portfolio = MEANS.replace({0.1: 0.001})
    assert choose_main_methods(portfolio)[-1] == "rgpe"
    assert len(choose_main_methods(portfolio)) == 5


def test_in_time_both_of_foretune_are_shown() -> None:
    timed = pd.concat([MEANS, pd.Series({"foretune_timed": 0.2})])
    assert choose_main_methods(timed, "foretune_timed")[:2] == ["foretune_timed", "foretune"]


def test_all_others_are_folded() -> None:
    board = MEANS.rename_axis("method").rename("mean_regret").reset_index()
    doubled = pd.concat([board, board])
    assert find_folded(doubled) == {
        *("foretune_unguarded", "zero_shot_list", "no_metafeatures", "quantile_transfer"),
    }
    assert find_folded(board.head(0)) == frozenset()
