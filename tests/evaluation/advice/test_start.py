from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foretune.evaluation.advice.advise import AdviceTables
from foretune.evaluation.advice.start import start_with

MakeTables = Callable[..., AdviceTables]
Around = Callable[..., dict[int, list[float]]]


def test_the_list_with_its_regret_on_held_out_tasks(
    make_advice_tables: MakeTables, around: Around, make_known: Callable[..., dict[str, Any]]
) -> None:
    tables = make_advice_tables(
        {
            "greedy_portfolio": around({1: 0.1, 5: 0.05, 20: 0.01}, seed=1),
            "library_default": around({1: 0.3, 5: 0.2, 20: 0.2}, seed=2),
        }
    )
    (advice,) = start_with(make_known(16), tables.starting_list, tables.leaderboard, 0.95)
    assert advice.kind == "advice"
    assert advice.sentence == (
        "With these 16 tasks known, start with this list of configurations: 1. forest, "
        "2. svm (library default), 3. forest; their hyperparameters stand below."
    )
    board = tables.leaderboard.set_index(["method", "n_trials"])
    means = board["mean_regret"].map("{:.3f}".format)
    low, high = (board[name].map("{:.3f}".format)["greedy_portfolio", 1] for name in ("ci_low", "ci_high"))
    assert advice.evidence.startswith(
        "Such a list, learnt without the task's family, has mean regret "
        f"{means['greedy_portfolio', 1]} after one trial (95 % interval {low} to {high}) and "
        f"{means['greedy_portfolio', 5]} after 5 trials"
    )
    assert advice.evidence.endswith(
        f"the library defaults have {means['library_default', 1]} and {means['library_default', 5]}."
    )


def test_a_list_that_is_behind_the_library_default_says_so(
    make_advice_tables: MakeTables, around: Around, make_known: Callable[..., dict[str, Any]]
) -> None:
    tables = make_advice_tables(
        {
            "greedy_portfolio": around({1: 0.4, 5: 0.05, 20: 0.3}, seed=1),
            "library_default": around({1: 0.3, 5: 0.2, 20: 0.2}, seed=2),
        }
    )
    (advice,) = start_with(make_known(16), tables.starting_list, tables.leaderboard, 0.95)
    assert advice.kind == "caution"
    assert advice.sentence.endswith(
        "stand below. On held-out tasks the library default was better after one trial: try it, too, and "
        "keep what is best."
    )


def test_a_list_that_was_not_judged(
    make_advice_tables: MakeTables, around: Around, make_known: Callable[..., dict[str, Any]]
) -> None:
    tables = make_advice_tables({"foretune": around({1: 0.1})})
    (advice,) = start_with(make_known(1), tables.starting_list, tables.leaderboard, 0.95)
    assert advice.kind == "caution"
    assert advice.evidence.endswith("was not measured.")
    assert list(start_with(make_known(1), tables.starting_list.head(0), tables.leaderboard, 0.95)) == []


def test_a_log_without_learners_names_its_configurations(
    make_advice_tables: MakeTables, around: Around, make_known: Callable[..., dict[str, Any]]
) -> None:
    tables = make_advice_tables({"foretune": around({1: 0.1})})
    # As it is read from a file
    nameless = tables.starting_list.assign(learner=float("nan"))
    (advice,) = start_with(make_known(4), nameless, tables.leaderboard, 0.95)
    assert "1. c1, 2. c2 (library default), 3. c3" in advice.sentence
