from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.logs.score_slips import find_score_slips, is_named_as_metric

PUBLISHED = Path(
    os.environ.get(
        "FORETUNE_PUBLISHED_LOGS", Path(__file__).resolve().parents[2].parent / "shared" / "metadata"
    )
)


def _log(n_tasks: int = 12, n_trials: int = 10, learners: tuple[str, ...] = ("forest",)) -> pd.DataFrame:
    """Accuracies with a few bad trials on each task; the first of each learner is the default, a good one."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "task_id": f"t{task:02}",
            "learner": learner,
            "is_default": trial == 0,
            "score": 0.9 - 0.002 * task - (0.05, 0.4, 0.4 * rng.beta(1, 3))[(trial > 0) + (trial > 1)],
        }
        for task in range(n_tasks)
        for learner in learners
        for trial in range(n_trials)
    ]
    return pd.DataFrame(rows)


def _slips(log: pd.DataFrame, *, is_minimised: bool = False, **others: Any) -> list[str]:
    scores = log["score"].to_numpy(dtype=float)
    return find_score_slips(
        log["task_id"],
        log["learner"],
        -scores if is_minimised else scores,
        log["is_default"].to_numpy(dtype=bool),
        {name: np.asarray(values, dtype=float) for name, values in others.items()},
        is_minimised=is_minimised,
    )


def test_an_ordinary_log_has_no_slip() -> None:
    assert _slips(_log()) == []
    assert _slips(_log(learners=("svm", "forest", "linear"))) == []
    assert _slips(_log().assign(score=lambda log: 100 * log["score"])) == []
    assert _slips(_log().assign(score=lambda log: log["score"] - 1)) == []
    assert _slips(_log().assign(score=lambda log: 1 - log["score"]), is_minimised=True) == []
    assert _slips(_log(1, 5)) == []
    assert _slips(_log().assign(score=np.nan)) == []


def test_constant_scores_are_said() -> None:
    log = _log(4)
    assert _slips(log.assign(score=0.5)) == ["score is 0.5 in all 40 trials: nothing can be learned from it"]
    assert _slips(log.assign(score=0.5), is_minimised=True) == [
        "score is 0.5 in all 40 trials: nothing can be learned from it"
    ]
    log.loc[log["task_id"].isin(["t01", "t03"]), "score"] = 0.7
    assert _slips(log) == [
        "score is the same in all trials of 2 of 4 tasks, which teach nothing: 't01', 't03'"
    ]


def test_two_equal_scores_are_no_constant() -> None:
    assert _slips(_log(4, 2).assign(score=[0.1, 0.1, 0.2, 0.3, 0.2, 0.4, 0.5, 0.1])) == []


@pytest.mark.parametrize("learners", [("forest",), ("svm", "forest", "linear")])
def test_a_loss_has_the_defaults_among_its_worst(learners: tuple[str, ...]) -> None:
    log = _log(learners=learners)
    (slip,) = _slips(log.assign(score=1 - log["score"]))
    assert slip.startswith(
        "score looks like a loss: the library default is among the worst on 12 of 12 tasks"
    )
    assert slip.endswith("if so, set logs.score_direction=minimise")
    (slip,) = _slips(log, is_minimised=True)
    assert slip.startswith("score looks like one that is to be maximised: the library default is among the")
    assert slip.endswith("if so, set logs.score_direction=maximise")


def test_defaults_of_few_tasks_are_no_evidence() -> None:
    log = _log(9)
    assert _slips(log.assign(score=1 - log["score"])) == []
    log = _log(4, learners=("svm", "forest", "linear"))
    assert _slips(log.assign(score=1 - log["score"])) == []
    assert _slips(_log(12, 4).assign(score=lambda log: 1 - log["score"])) == []


def test_a_default_last_in_a_crowd_near_the_best_is_no_evidence() -> None:
    log = _log(12, 10)
    scores = np.tile([0.9, *np.linspace(0.901, 0.91, 8), 0.2], 12)
    assert _slips(log.assign(score=scores)) == []


def test_a_loss_has_the_name_of_one_beside_it() -> None:
    log = _log(6).assign(is_default=False)
    loss = log.assign(score=1 - log["score"])
    (slip,) = _slips(loss, val_rmse=3 * loss["score"] + 1)
    assert slip.startswith(
        "score looks like a loss: it is highest where 'val_rmse' is highest, on 6 of 6 tasks"
    )
    (slip,) = _slips(loss, param_accuracy=log["score"])
    assert "it is lowest where 'param_accuracy' is highest, on 6 of 6 tasks" in slip
    (slip,) = _slips(log, is_minimised=True, accuracy=log["score"])
    assert slip.startswith(
        "score looks like one that is to be maximised: it is lowest where 'accuracy' is highest"
    )
    assert _slips(log, val_rmse=1 - log["score"], accuracy=log["score"], neg_log_loss=log["score"]) == []
    assert _slips(log, seconds=1 - log["score"], rmse=np.full(len(log), np.nan)) == []


@given(st.integers(1, 11), st.booleans())
@settings(max_examples=15, deadline=None)
def test_percentages_beside_shares_are_said(n_percent: int, is_negative: bool) -> None:
    log = _log()
    is_percent = log["task_id"].str[1:].astype(int) < n_percent
    scores = log["score"].where(~is_percent, 100 * log["score"])
    (slip,) = _slips(log.assign(score=-scores if is_negative else scores, is_default=False))
    assert slip.startswith("score has percentages mixed with shares: up to 8")
    assert f"on {n_percent} of 12 tasks ('t00'" in slip
    assert "on the others" in slip


def test_percentages_within_a_task_are_said() -> None:
    log = _log(5)
    log.loc[::2, "score"] *= 100
    (slip,) = _slips(log.assign(is_default=False))
    assert slip.startswith(
        "score has percentages mixed with shares within 5 of 5 tasks ('t00', 't01', 't02', 't03', 't04')"
    )


def test_losses_of_any_scale_are_no_percentages() -> None:
    log = _log(6).assign(is_default=False)
    scale = 10.0 ** (log["task_id"].str[1:].astype(int) - 2)
    assert _slips(log.assign(score=scale * log["score"]), is_minimised=True) == []
    # 0.3 on one table, 40 on two others
    few = log[log["task_id"] < "t03"]
    scale = few["task_id"].map({"t00": 0.3, "t01": 40.0, "t02": 50.0})
    assert _slips(few.assign(score=scale * few["score"]), is_minimised=True) == []
    # Percentages of a task with many classes may be small
    assert _slips(log.assign(score=100 * log["score"] ** np.arange(1, 61))) == []


def test_error_rates_in_percent_are_said_on_many_tasks() -> None:
    log = _log(12)
    is_percent = log["task_id"] < "t06"
    errors = (1 - log["score"]).where(~is_percent, 100 - 100 * log["score"])
    (slip,) = _slips(log.assign(score=errors), is_minimised=True)
    assert "percentages mixed with shares" in slip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("val_rmse", True), ("log_loss", True), ("error", True), ("mean_test_accuracy", True),
        ("param_accuracy", True), ("fit_seconds", False), ("lossless", False), ("terror_x", False),
    ],
)  # fmt: skip
def test_names(name: str, expected: bool) -> None:
    assert is_named_as_metric(name) is expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "expected"), [("oboe", []), ("gcp_xgboost", []), ("pimp_random_forest", ["the same in all"])]
)
def test_published_logs_have_only_slips_that_are_true(folder: str, expected: list[str]) -> None:
    file = PUBLISHED / folder / "trials.parquet"
    if not file.exists():
        pytest.skip(f"no published log at {file}: set FORETUNE_PUBLISHED_LOGS")
    log = pd.read_parquet(file).assign(is_default=False)
    slips = _slips(log)
    assert len(slips) == len(expected)
    assert all(part in slip for part, slip in zip(expected, slips, strict=True))
