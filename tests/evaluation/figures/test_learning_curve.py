from __future__ import annotations

import pandas as pd
import pytest

from foretune.evaluation.advice.learning_curve import LEARNING_CURVE_COLUMNS
from foretune.evaluation.figures.learning_curve import plot_learning_curve


@pytest.fixture
def curve() -> pd.DataFrame:
    rows = [
        (
            task_type,
            size,
            size * 1.5,
            n_trials,
            f"task {task}",
            f"task {task}",
            3,
            (task + 1) / size / n_trials,
        )
        for task_type in ("classification", "regression")
        for size in (3, 6)
        for n_trials in (1, 4, 5)
        for task in range(2)
    ]
    return pd.DataFrame(rows, columns=LEARNING_CURVE_COLUMNS)


def test_a_line_of_means_for_some_numbers_of_trials(curve: pd.DataFrame) -> None:
    figure = plot_learning_curve(curve)
    assert [trace.name for trace in figure.data] == ["1 trial", "5 trials"] * 2
    first = figure.data[0]
    assert list(first.x) == [4.5, 9.0]
    assert list(first.y) == pytest.approx([0.5, 0.25])
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]


def test_an_empty_curve_is_an_empty_figure(curve: pd.DataFrame) -> None:
    assert len(plot_learning_curve(curve.head(0)).data) == 0
