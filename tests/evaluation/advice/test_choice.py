from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from foretune.evaluation.advice.advise import AdviceTables
from foretune.evaluation.advice.choice import choose_method, tell_worth

MakeTables = Callable[..., AdviceTables]
Around = Callable[..., dict[int, list[float]]]


def test_methods_by_number_of_trials(make_advice_tables: MakeTables, around: Around) -> None:
    tables = make_advice_tables(
        {
            "foretune": around({1: 0.5, 5: 0.01, 20: 0.005}, seed=1),
            "greedy_portfolio": around({1: 0.1, 5: 0.05, 20: 0.05}, seed=2),
            "best_average": around({1: 0.1, 5: 0.2, 20: 0.2}, seed=3),
        }
    )
    best = tables.best_methods.set_index("n_trials")
    (advice,) = choose_method(tables.best_methods)
    first = "the starting list" if best["method"][1] == "greedy_portfolio" else "Best on average"
    assert advice.sentence.startswith(
        f"Better than Foretune by more than noise: {first} after one trial. Least regret: {first} after "
        "one trial (0."
    )
    assert advice.sentence.endswith("; Foretune after 5 and 20 trials (0.0099, 0.0052).")
    assert advice.evidence.startswith(
        "The lead over the next best is more than noise after 5 and 20 trials only. By 16 families, after "
        f"one trial {first} is not told apart from "
    )
    assert list(choose_method(tables.best_methods.head(0))) == []


def test_foretune_will_do_where_nothing_better_is_more_than_noise(
    make_advice_tables: MakeTables, around: Around
) -> None:
    regrets = {"foretune": around({1: 0.1}, seed=1), "rgpe": around({1: 0.098}, seed=2)}
    (advice,) = choose_method(make_advice_tables(regrets).best_methods)
    assert advice.sentence.startswith("No method is better than Foretune by more than noise. Least regret: ")
    assert advice.evidence.startswith("No lead over the next best is more than noise. By 16 families")
    (advice,) = choose_method(make_advice_tables({"rgpe": regrets["rgpe"]}).best_methods)
    assert advice.sentence.startswith("Least regret: RGPE after one trial (0.")


@pytest.mark.parametrize(
    ("relation", "number", "expected"),
    [
        ("=", 42.4, "After 5 trials Foretune has the regret that random search has after 42 trials."),
        (">", 50.0, "After 5 trials Foretune has less regret than random search after 50 trials."),
        (
            "<",
            1.0,
            "After 5 trials Foretune has more regret than random search after one trial: it is not worth "
            "using.",
        ),
    ],
)
def test_worth_in_trials_of_random_search(relation: str, number: float, expected: str) -> None:
    rows = [
        {"method": method, "n_trials": n, "mean_regret": 0.05, "relation": relation, "random_trials": trials}
        for method, n, trials in (("foretune", 5, number), ("foretune", 20, 99.0), ("rgpe", 5, 7.0))
    ]
    (advice,) = tell_worth(pd.DataFrame(rows))
    assert advice.sentence == expected
    assert advice.kind == ("caution" if relation == "<" else "advice")
    assert list(tell_worth(pd.DataFrame(rows).query("method == 'rgpe'"))) == []
