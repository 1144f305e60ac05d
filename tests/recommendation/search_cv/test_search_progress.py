"""Lines and bars of a search."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rich
from rich.console import Console
from sklearn.datasets import load_iris

from foretune import MetaSearchCV
from foretune.recommendation.search_cv.search_progress import SearchWatch, describe_trial, search_bar
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces import Configuration

pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
X, Y = load_iris(return_X_y=True)
ONE = Configuration("svm", {"C": 1.0})
TRIAL = ScoredTrial(
    np.array([0.5, 0.7]), np.ones(2), np.ones(2), "ok", "", further={"test_f1": np.array([0.1, 0.2])}
)
STOPPED = ScoredTrial(np.array([0.5, np.nan]), np.ones(2), np.ones(2), "stopped", "behind")


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Console:
    """Replace the console by a terminal whose text can be read."""
    shown = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(rich, "_console", shown)
    return shown


def _text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_line_has_more_the_more_is_asked_for() -> None:
    assert describe_trial(1, 9, ONE, TRIAL, 1) == "[1/9] svm {'C': 1.0}: 0.6 in 4.0 s"
    two = describe_trial(1, None, ONE, TRIAL, 2, best=0.6).splitlines()
    assert two == ["[1] svm {'C': 1.0}: 0.6 in 4.0 s", "    folds: 0.5 0.7", "    test_f1: 0.1 0.2"]
    assert describe_trial(1, 9, ONE, TRIAL, 3, best=0.6).splitlines()[-1] == "    best so far: 0.6"
    stopped = describe_trial(2, 9, ONE, STOPPED, 3)
    assert stopped.splitlines() == ["[2/9] svm {'C': 1.0}: stopped (behind) in 4.0 s", "    folds: 0.5"]


def test_the_best_so_far_ignores_what_has_no_score() -> None:
    moved: list[tuple[int, float]] = []
    watch = SearchWatch(move_bar=lambda n_done, best: moved.append((n_done, best)))
    watch.start([ONE])
    assert not watch.end(1, ONE, STOPPED)
    assert not watch.end(2, ONE, TRIAL)
    assert not watch.end(3, ONE, STOPPED)
    assert np.isnan(moved[0][1])
    assert moved[1:] == [(2, 0.6), (3, 0.6)]


@pytest.mark.parametrize(("n_trials", "expected"), [(4, "2/4"), (None, "/60")])
def test_a_bar_counts_trials_or_seconds(n_trials: int | None, expected: str, console: Console) -> None:
    with search_bar(n_trials, 60, is_shown=True) as move:
        move(2, 0.75)
    assert expected in _text(console)
    assert "best 0.75" in _text(console)


def test_no_bar_is_shown_unless_asked_for(console: Console) -> None:
    with search_bar(4, None, is_shown=False) as move:
        move(2, 0.5)
    assert _text(console) == ""


@pytest.mark.parametrize(
    "arguments", [{"progress_bar": True}, {"progress_bar": True, "max_time": 60, "n_trials": None}]
)
def test_a_search_shows_its_bar(arguments: Any, console: Console, memory_folder: Path) -> None:
    given = {"n_trials": 3, "cv": 3, "random_state": 0, "memory": str(memory_folder), **arguments}
    search = MetaSearchCV("k_nearest_neighbours", **given).fit(X, Y)
    shown = _text(console)
    assert "search" in shown
    assert f"best {search.best_score_:.6g}" in shown
    assert (f"{search.n_trials_} trials" if given["n_trials"] is None else "3/3") in shown


def test_verbose_says_what_is_known_before_the_search(
    memory_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given: dict[str, Any] = {"cv": 3, "random_state": 0, "memory": str(memory_folder), "n_trials": 2}
    loud = MetaSearchCV("k_nearest_neighbours", verbose=3, **given).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    notes = [line for line in lines if line.startswith("note: ")]
    assert notes == [f"note: {note}" for note in loud.notes_]
    assert sum(line.startswith("[") for line in lines) == 2
    assert sum(line.startswith("    folds:") for line in lines) == 2
    MetaSearchCV("k_nearest_neighbours", **given).fit(X, Y)
    assert capsys.readouterr().out == ""
