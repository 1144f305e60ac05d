from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from rich.console import Console

from foretune.recommendation.table.terminal import tabulate_result

if TYPE_CHECKING:
    from foretune.recommendation.table.result import RecommendationResult

WIDE = {
    "class_weight": "balanced_subsample",
    "max_features": 0.123456789,
    "min_samples_leaf": 12,
    "n_estimators": 1000,
    "bootstrap": True,
}


def _print(result: RecommendationResult, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    for part in tabulate_result(result):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("with_trials", [False, True])
def test_it_fits_eighty_columns_and_breaks_no_word(
    result: RecommendationResult, measured: RecommendationResult, with_trials: bool
) -> None:
    told = measured if with_trials else result
    rows = told.recommendations
    wide = rows.assign(
        params=pd.Series([WIDE] * len(rows), dtype=object),
        learner="hist_gradient_boosting",
        is_default=True,
        predicted_score=-12345.678,
        score_low=-23456.789,
        score_high=-1234.5,
        gain=-12345.6,
    )
    shown = _print(replace(told, recommendations=wide, score="neg_root_mean_squared_error"))
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    words = re.split(r"\s+", shown)
    for name, value in (*WIDE.items(), ("max_features", 0.1235)):
        if name != "max_features" or value == 0.1235:
            assert any(word.rstrip(",") == f"{name}={value!r}" for word in words), name
    # And once in the sentence below
    assert words.count("hist_gradient_boosting") >= len(rows)
    assert "-1.235e+04" in words


def test_scores_gains_and_what_was_measured_are_there(measured: RecommendationResult) -> None:
    shown = _print(measured)
    assert measured.measured is not None
    first = measured.recommendations.iloc[0]
    assert f"{first['predicted_score']:.3f}" in shown
    assert f"{first['gain']:+.3f}" in shown
    score = measured.measured.set_index("config_id")["score"].get(first["config_id"])
    assert f"{score:.3f}" in shown
    assert "balanced" in shown
    assert "balanced_accuracy" not in shown
    assert all(note.split()[0] in shown for note in measured.notes)
