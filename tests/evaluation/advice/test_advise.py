"""Advice on made cases: what it says, and that its figures are those of the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from foretune.evaluation.advice.advise import ADVICE_COLUMNS, AdviceTables, advise
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.words import write_regret

MakeTables = Callable[..., AdviceTables]
Around = Callable[..., dict[int, list[float]]]


def texts(advice: pd.DataFrame) -> dict[str, str]:
    """Sentence and evidence by topic."""
    return {
        topic: " ".join(f"{row.sentence} {row.evidence}" for row in rows.itertuples())
        for topic, rows in advice.groupby("topic")
    }


def mean_of(tables: AdviceTables, method: str, n_trials: int) -> str:
    board = tables.leaderboard.set_index(["method", "n_trials"])["mean_regret"]
    return write_regret(float(board[method, n_trials]))


def test_useless_metafeatures_are_called_useless(
    make_advice_tables: MakeTables, around: Around, parameters: EvaluationParameters
) -> None:
    means = {1: 0.12, 5: 0.05, 20: 0.02}
    tables = make_advice_tables(
        {"foretune": around({1: 0.125} | means, seed=1), "no_metafeatures": around(means, seed=2)}
    )
    said = texts(advise(tables, parameters, 0))["Metafeatures"]
    with_them, without = mean_of(tables, "foretune", 1), mean_of(tables, "no_metafeatures", 1)
    assert float(with_them) > float(without)
    assert said.startswith(
        f"Metafeatures do not help yet: with them regret after one trial is {with_them}, without {without} ("
    )
    assert "At no number of trials is the difference more than noise." in said


def test_useful_metafeatures_are_called_useful_where_they_are(
    make_advice_tables: MakeTables, around: Around, parameters: EvaluationParameters
) -> None:
    ours = around({1: 0.05, 5: 0.02, 20: 0.01}, seed=1)
    others = around({1: 0.15, 5: 0.08}, seed=2) | {20: ours[20]}
    shuffled = around({1: 0.17, 5: 0.1, 20: 0.02}, seed=3)
    tables = make_advice_tables(
        {"foretune": ours, "no_metafeatures": others, "shuffled_metafeatures": shuffled}
    )
    said = texts(advise(tables, parameters, 0))["Metafeatures"]
    assert said.startswith(
        f"Metafeatures help after 1 and 5 trials: with them regret after one trial is "
        f"{mean_of(tables, 'foretune', 1)}, without {mean_of(tables, 'no_metafeatures', 1)} (difference -0.09"
    )
    assert f"regret after one trial is {mean_of(tables, 'shuffled_metafeatures', 1)}." in said


def test_three_tasks_are_advised_with_a_caution_first(
    make_advice_tables: MakeTables, around: Around, parameters: EvaluationParameters
) -> None:
    means = {1: 0.2, 5: 0.1, 20: 0.01}
    tables = make_advice_tables(
        {
            "foretune": around(means, 3, seed=1),
            "no_metafeatures": around({1: 0.6, 5: 0.5, 20: 0.4}, 3, seed=2),
            "greedy_portfolio": around({1: 0.7, 5: 0.6, 20: 0.5}, 3, seed=3),
        }
    )
    advice = advise(tables, parameters, 0)
    assert (advice["topic"][0], advice["kind"][0]) == ("Caution", "caution")
    assert advice["sentence"][0].startswith("Only 3 families to judge by: no difference")
    assert "is 0.25, and 0.05 is the level of significance: it takes 6 families." in advice["evidence"][0]
    said = texts(advice)
    # However large a difference, three families cannot show it
    assert said["Metafeatures"].startswith("Metafeatures may help, but these tasks do not show it yet")
    assert "No lead over the next best is more than noise." in said["Method"]
    assert said["More tasks"].startswith("What more tasks would bring cannot be said yet.")
    assert said["Start"].startswith("With these 3 tasks known, start with this list")


def test_one_family_gives_the_list_and_what_is_missing(
    make_advice_tables: MakeTables, around: Around, parameters: EvaluationParameters
) -> None:
    tables = make_advice_tables({"foretune": around({1: 0.2}, 4)}, ["one"] * 4)
    nothing = {
        name: getattr(tables, name).head(0)
        for name in ("leaderboard", "comparisons", "best_methods", "speed_up")
    }
    advice = advise(replace(tables, **nothing), parameters, 0)
    assert advice["topic"].tolist() == ["Caution", "Start", "Metafeatures", "More tasks"]
    assert advice["kind"].tolist() == ["missing", "caution", "missing", "missing"]
    assert advice["sentence"][0].startswith("Your 4 tasks are 1 family: no method can be judged")
    assert "add tasks of at least 2 more" in advice["sentence"][0]
    assert "how well they do on another one was not measured" in advice["evidence"][1]


def test_no_tasks_no_advice(
    make_advice_tables: MakeTables, around: Around, parameters: EvaluationParameters
) -> None:
    tables = make_advice_tables({"foretune": around({1: 0.2}, 4)})
    advice = advise(replace(tables, known_tasks=tables.known_tasks.head(0)), parameters, 0)
    assert advice.columns.tolist() == ADVICE_COLUMNS
    assert advice.empty


def test_a_task_type_is_advised_by_its_own_rows(
    make_advice_tables: MakeTables, around: Around, parameters: EvaluationParameters
) -> None:
    one = make_advice_tables({"foretune": around({1: 0.2}), "greedy_portfolio": around({1: 0.3}, seed=1)})
    other = make_advice_tables({"foretune": around({1: 0.6}), "greedy_portfolio": around({1: 0.4}, seed=1)})
    both = AdviceTables(
        **{
            name: pd.concat([rows, getattr(other, name).assign(task_type="regression")], ignore_index=True)
            for name, rows in vars(one).items()
        }
    )
    found = advise(both, parameters, 0)
    expected = [advise(one, parameters, 0), advise(other, parameters, 0).assign(task_type="regression")]
    pd.testing.assert_frame_equal(found, pd.concat(expected, ignore_index=True))
    assert expected[0]["sentence"].tolist() != expected[1]["sentence"].tolist()
