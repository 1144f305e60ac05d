from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from tests.evaluation.regrets import make_regret

from foretune.evaluation.advice.best_methods import BEST_METHOD_COLUMNS, find_best_methods
from foretune.evaluation.leaderboard import build_leaderboard
from foretune.evaluation.parameters import EvaluationParameters

Around = Callable[..., dict[int, list[float]]]


def _find(regret: pd.DataFrame, parameters: EvaluationParameters) -> dict[int, dict[str, object]]:
    found = find_best_methods(regret, build_leaderboard(regret, parameters, 0), parameters, 0)
    assert found.columns.tolist() == BEST_METHOD_COLUMNS
    return {int(row["n_trials"]): row for row in found.to_dict("records")}


def test_the_best_its_lead_and_what_is_not_told_apart(
    around: Around, parameters: EvaluationParameters
) -> None:
    regret = make_regret(
        {
            "foretune": around({1: 0.1, 5: 0.01}, seed=1),
            "greedy_portfolio": around({1: 0.099, 5: 0.05}, seed=2),
            "random_search": around({1: 0.5, 5: 0.2}, seed=3),
            # A control is not for use, however good it is
            "no_metafeatures": around({1: 0.001, 5: 0.001}, seed=4),
        }
    )
    found = _find(regret, parameters)
    first, second = found[1], found[5]
    assert {first["method"], first["next_best"]} == {"foretune", "greedy_portfolio"}
    assert first["not_told_apart"] == first["next_best"]
    assert not first["is_clear"]
    assert not first["beats_foretune"]
    assert first["difference"] <= 0
    assert (second["method"], second["next_best"]) == ("foretune", "greedy_portfolio")
    assert second["is_clear"]
    assert second["not_told_apart"] == ""
    means = regret[regret["n_trials"] == 5].groupby("method")["regret"].mean()
    assert abs(second["mean_regret"] - means["foretune"]) < 1e-12
    assert abs(second["difference"] - (means["foretune"] - means["greedy_portfolio"])) < 1e-12


def test_of_equal_methods_foretune_comes_first(around: Around, parameters: EvaluationParameters) -> None:
    same = around({1: 0.1})
    (row,) = _find(make_regret({"best_average": same, "foretune": same}), parameters).values()
    assert (row["method"], row["next_best"], row["is_clear"]) == ("foretune", "best_average", False)
    (row,) = _find(make_regret({"best_average": same, "greedy_portfolio": same}), parameters).values()
    assert row["method"] == "greedy_portfolio"
    (row,) = _find(make_regret({"best_average": same}), parameters).values()
    assert (row["method"], row["is_clear"], row["not_told_apart"]) == ("best_average", False, "")


def test_nothing_evaluated(around: Around, parameters: EvaluationParameters) -> None:
    regret = make_regret({"foretune": around({1: 0.1})}).assign(provenance="synthetic")
    assert _find(regret, parameters) == {}
