from __future__ import annotations

import pandas as pd
import pytest

from foretune.evaluation.figures.calibration import plot_calibration


@pytest.fixture
def calibration() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "task_type": ["classification"] * 4 + ["regression"],
            "task_id": ["wine", "iris", "wine", "iris", "yacht"],
            "nominal": [0.8, 0.8, 0.95, 0.95, 0.8],
            "coverage": [0.7, 0.9, 0.9, 1.0, float("nan")],
            "mean_width": 0.1,
        }
    )


def test_tasks_their_mean_and_the_diagonal(calibration: pd.DataFrame) -> None:
    figure = plot_calibration(calibration)
    diagonal, tasks, overall = figure.data
    assert diagonal.x == diagonal.y == (0, 1)
    assert overall.x == (0.8, 0.95)
    assert overall.y == pytest.approx((0.8, 0.95))
    # Side by side, around the nominal coverage
    assert tasks.y == (0.9, 0.7, 1.0, 0.9)
    assert len(set(tasks.x)) == 4
    assert tasks.x == pytest.approx((0.8, 0.8, 0.95, 0.95), abs=0.03)


def test_equal_input_gives_equal_json_and_an_empty_table_an_empty_figure(calibration: pd.DataFrame) -> None:
    shuffled = calibration.sample(frac=1, random_state=0)
    assert plot_calibration(calibration).to_json() == plot_calibration(shuffled).to_json()
    assert not plot_calibration(calibration.head(0)).data
