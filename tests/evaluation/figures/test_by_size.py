from __future__ import annotations

import pandas as pd
import pytest

from foretune.evaluation.figures.by_size import plot_regret_by_size
from foretune.evaluation.leaderboard_by_size import BY_SIZE_COLUMNS

CLASSES = {"up to 50": 0, "50 to 200": 50, "above 200": 200}
METHODS = ["random_search", "greedy_portfolio", "foretune", "rows_hidden"]


@pytest.fixture
def board() -> pd.DataFrame:
    rows = [
        {
            "task_type": task_type,
            "size_class": name,
            "rows_above": above,
            "n_tasks": 12,
            "n_families": 4,
            "method": method,
            "n_trials": n_trials,
            "mean_regret": 0.3 / n_trials,
            "ci_low": 0.2 / n_trials,
            "ci_high": 0.5 / n_trials if above else float("nan"),
        }
        for task_type in ("classification", "regression")
        for name, above in CLASSES.items()
        for method in METHODS
        for n_trials in (1, 2, 3, 5, 20)
        if task_type == "classification" or above != 50
    ]
    return pd.DataFrame(rows).reindex(columns=BY_SIZE_COLUMNS)


def test_few_methods_are_drawn_in_a_panel_for_every_number_of_trials(board: pd.DataFrame) -> None:
    figure = plot_regret_by_size(board, "classification")
    titles = [note.text for note in figure.layout.annotations]
    assert titles == ["1 trial", "2 trials", "3 trials", "5 trials", "20 trials"]
    assert len(figure.data) == 5 * 3
    assert {trace.legendgroup for trace in figure.data} == set(METHODS) - {"random_search"}
    assert sum(trace.showlegend for trace in figure.data) == 3
    assert "classification" in figure.layout.title.text


def test_classes_stand_in_order_and_those_without_tasks_have_no_place(board: pd.DataFrame) -> None:
    figure = plot_regret_by_size(board, "classification")
    assert list(figure.layout.xaxis.ticktext) == list(CLASSES)
    figure = plot_regret_by_size(board.iloc[::-1], "regression")
    assert list(figure.layout.xaxis.ticktext) == ["up to 50", "above 200"]
    first = figure.data[0]
    assert [round(at) for at in first.x] == [0, 1]
    assert list(first.y) == pytest.approx([0.3, 0.3])
    # Without an interval no bar
    assert list(first.error_y.array) == pytest.approx([0.0, 0.2])
    assert [data[0] for data in first.customdata] == ["up to 50", "above 200"]


def test_equal_input_gives_equal_json_and_an_empty_table_an_empty_figure(board: pd.DataFrame) -> None:
    one, other = (plot_regret_by_size(board, "regression").to_json() for _ in range(2))
    assert one == other
    assert not plot_regret_by_size(board.head(0), "regression").data
