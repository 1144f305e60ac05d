from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from foretune.evaluation.surrogate_quality import measure_calibration, measure_quality, prediction_measures

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from foretune.evaluation.fold import EvaluationFold
    from foretune.evaluation.held_out_task import HeldOutTask

NAN = float("nan")


def test_measures_of_a_known_case() -> None:
    measures = prediction_measures(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 4.0, 3.0]))
    # Errors 0, 0, 1, -1; variance 1.25; one of six pairs in the wrong order
    assert measures == pytest.approx(
        {"rmse": math.sqrt(0.5), "mae": 0.5, "r2": 0.6, "spearman": 0.8, "kendall": 4 / 6}
    )


def test_what_is_undefined_is_nan() -> None:
    constant_truth = prediction_measures(np.array([1.0, 1.0]), np.array([1.0, 2.0]))
    assert math.isnan(constant_truth["r2"])
    assert math.isnan(constant_truth["spearman"])
    constant_prediction = prediction_measures(np.array([1.0, 3.0]), np.array([2.0, 2.0]))
    assert constant_prediction["r2"] == 0
    assert math.isnan(constant_prediction["kendall"])


def test_the_trivial_predictor_knows_the_mean_of_each_configuration(
    make_fold: Callable[..., tuple[EvaluationFold, HeldOutTask]],
) -> None:
    fold, task = make_fold(
        {"a": [0.2, 0.4, 0.6], "b": [0.4, 0.6, 0.2], "new": [0.3, 0.5, NAN]}, {"a": [1.0], "b": [2.0]}
    )
    quality = measure_quality(fold.prior(task, 0), fold, task)
    assert quality["n_configurations"] == 2
    assert quality["trivial_rmse"] == pytest.approx(0)
    assert quality["trivial_spearman"] == pytest.approx(1)


@pytest.mark.slow
def test_intervals_hold_the_truth_about_as_often_as_they_say(
    hold_out: Callable[..., tuple[EvaluationFold, HeldOutTask]], random_table: Callable[..., pd.DataFrame]
) -> None:
    table = random_table(24, 16)
    coverage: dict[float, list[float]] = {0.8: [], 0.95: []}
    widths: dict[float, list[float]] = {0.8: [], 0.95: []}
    for number in range(12):
        fold, task = hold_out(table, f"cla{number}")
        for record in measure_calibration(fold.prior(task, 0), task):
            coverage[record["nominal"]].append(record["coverage"])
            widths[record["nominal"]].append(record["mean_width"])
    assert 0.65 < np.mean(coverage[0.8]) < 0.95
    assert 0.88 < np.mean(coverage[0.95]) <= 1
    assert np.mean(widths[0.8]) < np.mean(widths[0.95]) < 1.0
