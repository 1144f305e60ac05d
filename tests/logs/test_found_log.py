from __future__ import annotations

import pytest

from foretune.logs.errors import LogError
from foretune.logs.found_log import ScoreChoice, value_for


@pytest.mark.parametrize(
    ("metric", "sign"),
    [
        ("val_loss", -1),
        ("eval/rmse", -1),
        ("test.auc", 1),
        ("accuracy", 1),
        ("f1_score", 1),
        ("brier_score", -1),
    ],
)
def test_the_name_of_a_metric_says_which_way_is_better(metric: str, sign: float) -> None:
    assert ScoreChoice().choose("t", [metric, "train_seconds"], "runs") == (metric, sign)


def test_of_several_metrics_one_is_to_be_named() -> None:
    with pytest.raises(LogError, match=r"runs: 't' has 2 metrics: say which .* 'auc', 'loss'"):
        ScoreChoice().choose("t", ["loss", "auc"], "runs")
    assert ScoreChoice("loss").choose("t", ["loss", "auc"], "runs") == ("loss", -1)
    assert ScoreChoice({"c*": "x", "t*": "auc"}).choose("t", ["loss", "auc"], "runs") == ("auc", 1)
    with pytest.raises(LogError, match=r"has no score 'auk' \(did you mean 'auc'\?\)"):
        ScoreChoice("auk").choose("t", ["loss", "auc"], "runs")


def test_an_unknown_direction_is_not_guessed() -> None:
    with pytest.raises(LogError, match="is a lower 'profit' better, or a higher one"):
        ScoreChoice().choose("t", ["profit"], "runs")
    assert ScoreChoice(minimize=True).choose("t", ["profit"], "runs") == ("profit", -1)


def test_what_is_given_may_be_for_some_tasks_only() -> None:
    assert value_for("x", "t") == value_for({"t": "x"}, "t") == "x"
    assert value_for({"u*": "x"}, "t") is value_for(None, "t") is None
