from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from tests.evaluation.regrets import make_regret

from foretune.evaluation.leaderboard_by_size import build_leaderboard_by_size
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.report.by_size import describe_sizes, show_regret_by_size
from foretune.evaluation.report.page import build_report
from foretune.evaluation.report.tables import EvaluationTables

PARAMETERS = EvaluationParameters(n_bootstrap=200)
# Four tables of each of two classes, and one that is alone in its class
ROWS = [100.0] * 4 + [2_000.0] * 4 + [30_000.0]


def _board(**regrets: list[float]) -> pd.DataFrame:
    """Make the board of regrets of each class after one trial; after five all are half as large."""
    by_method = {
        method: {
            n_trials: [level / n_trials**0.5 for level in [*[small] * 4, *[middle] * 4, 0.5]]
            for n_trials in (1, 4)
        }
        for method, (small, middle) in regrets.items()
    }
    tasks = pd.DataFrame({"task_id": [f"task {number}" for number in range(9)], "n_rows": ROWS})
    return build_leaderboard_by_size(make_regret(by_method), tasks.assign(provenance="real"), PARAMETERS, 0)


def test_the_sentence_says_where_foretune_is_best_and_what_the_rows_are_worth() -> None:
    board = _board(
        foretune=[0.2, 0.4], greedy_portfolio=[0.3, 0.1], rows_hidden=[0.26, 0.4], no_metafeatures=[0, 0]
    )
    assert describe_sizes(board, "classification", 0.95) == (
        "classification: Foretune has the least mean regret on tables of up to 1,000 rows (4 tasks) after 1 "
        "and 4 trials; on tables of 1,000 to 4,000 rows (4 tasks) at no number of trials (furthest behind "
        "Greedy portfolio after one trial: 0.400 against 0.100). Knowing the number of rows lowers the "
        "regret on tables of up to 1,000 rows after one trial by 0.060 (95 % interval 0.060 to 0.060; "
        "clearly lower after 1 and 4 trials); makes no difference on tables of 1,000 to 4,000 rows. Fewer "
        "than 3 families are too few to judge tables of above 20,000 rows."
    )


def test_numbers_of_trials_at_which_it_is_not_best_are_named() -> None:
    tasks = pd.DataFrame({"task_id": [f"task {number}" for number in range(3)], "n_rows": 100.0})
    ours, theirs = ({1: [first] * 3, 2: [second] * 3} for first, second in ((0.2, 0.15), (0.3, 0.1)))
    regret = make_regret({"foretune": ours, "quantile_transfer": theirs})
    board = build_leaderboard_by_size(regret, tasks.assign(provenance="real"), PARAMETERS, 0)
    assert describe_sizes(board, "classification", 0.95) == (
        "classification: Foretune has the least mean regret on tables of up to 1,000 rows (3 tasks) after "
        "one trial, not after 2 trials (furthest behind Quantile transfer after 2 trials: 0.150 against "
        "0.100). "
        "What knowing the number of rows is worth was not measured."
    )


def test_harm_is_said_and_a_method_that_was_not_evaluated() -> None:
    board = _board(foretune=[0.2, 0.4], greedy_portfolio=[0.3, 0.5], rows_hidden=[0.1, 0.1])
    said = describe_sizes(board, "classification", 0.9)
    assert (
        "raises the regret on tables of up to 1,000 rows after one trial by 0.100 (90 % interval 0.100 to "
        "0.100; clearly higher after 1 and 4 trials)"
    ) in said
    without = describe_sizes(board[board["method"] != "rows_hidden"], "classification", 0.9)
    assert "What knowing the number of rows is worth was not measured." in without
    none = describe_sizes(board[board["method"] != "foretune"], "classification", 0.9)
    assert none == "classification: Foretune was not evaluated."


def test_a_difference_within_noise_is_not_called_clear() -> None:
    tasks = pd.DataFrame({"task_id": [f"task {number}" for number in range(4)], "n_rows": 100.0})
    regret = make_regret({"foretune": {1: [0.2, 0.2, 0.2, 0.2]}, "rows_hidden": {1: [0.1, 0.35, 0.15, 0.3]}})
    board = build_leaderboard_by_size(regret, tasks.assign(provenance="real"), PARAMETERS, 0)
    said = describe_sizes(board, "classification", 0.95)
    assert "lowers the regret on tables of up to 1,000 rows after one trial by 0.025" in said
    assert "no clear difference at any number of trials" in said
    # Without another method that is no control, there is nothing to be best of
    assert "least mean regret" not in said


@pytest.fixture
def by_size(regret: pd.DataFrame, parameters: EvaluationParameters) -> pd.DataFrame:
    tasks = regret[["task_id", "task_type", "provenance"]].drop_duplicates(ignore_index=True)
    n_rows = [30_000.0 if task_type == "regression" else 100.0 for task_type in tasks["task_type"]]
    n_rows[:4] = [3_000.0] * 4
    return build_leaderboard_by_size(regret, tasks.assign(n_rows=n_rows), parameters, 0)


def test_the_section_has_task_types_of_two_classes_and_every_row(
    tables: EvaluationTables, by_size: pd.DataFrame, parameters: EvaluationParameters
) -> None:
    with_sizes = replace(tables, leaderboard_by_size=by_size)
    (section,) = show_regret_by_size(with_sizes, 0.95)
    assert len(section.figures) == 1
    assert describe_sizes(by_size, "classification", 0.95) in section.explanation
    assert "regression" not in section.explanation
    (table,) = section.tables
    assert table.choose == ("task_type", "size_class", "n_trials")
    assert len(table.frames[""]) == len(by_size)
    assert "Foretune" in set(table.frames[""]["method"])
    assert "Regret by size" in build_report(with_sizes, parameters)


def test_without_two_classes_there_is_no_section(
    tables: EvaluationTables, by_size: pd.DataFrame, parameters: EvaluationParameters
) -> None:
    one_class = by_size[by_size["task_type"] == "regression"]
    for board in (None, by_size.head(0), one_class):
        without = replace(tables, leaderboard_by_size=board)
        assert list(show_regret_by_size(without, 0.95)) == []
        assert "Regret by size" not in build_report(without, parameters)
