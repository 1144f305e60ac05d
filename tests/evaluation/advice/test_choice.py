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
    first = "Greedy portfolio" if best["method"][1] == "greedy_portfolio" else "Best on average"
    assert advice.sentence.startswith(f"Least regret: after one trial {first} (0.")
    assert "; after 5 and 20 trials Foretune (0.0099, 0.0052)" in advice.sentence
    assert advice.sentence.endswith(
        "Its lead over the next best is more than noise after 5 and 20 trials only."
    )
    assert advice.evidence.startswith(f"By 16 families, after one trial {first} is not told apart from ")
    assert list(choose_method(tables.best_methods.head(0))) == []


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
