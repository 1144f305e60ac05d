"""The user's own estimator with a budget of time."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold

from foretune import MetaSearchCV
from foretune.learners import FoldRace
from foretune.recommendation.search_cv.timed_own import OwnFoldJob

pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
X, Y = load_iris(return_X_y=True)
CV = KFold(2, shuffle=True, random_state=0)
ENDLESS = 600


class Slow(ClassifierMixin, BaseEstimator):
    """Classifier whose fit takes some seconds."""

    def __init__(self, seconds: float = 0.01) -> None:
        self.seconds = seconds

    def fit(self, X: Any, y: Any) -> Slow:
        time.sleep(self.seconds)
        self.process_ = os.getpid()
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.classes_[0])


class Locked(Slow):
    """Classifier that no other process can have."""

    def __getstate__(self) -> Any:
        raise TypeError("cannot be sent")


def _scorer() -> Any:
    """Return a scorer by where an estimator was fitted, which goes to another process, too."""
    here = os.getpid()

    def elsewhere(estimator: Any, X: Any, y: Any) -> float:
        return float(estimator.process_ != here)

    return elsewhere


def _local() -> Any:
    """Return an estimator whose class goes with it to another process."""

    class Local(ClassifierMixin, BaseEstimator):
        def __init__(self, seconds: float = 0.01) -> None:
            self.seconds = seconds

        def fit(self, X: Any, y: Any) -> Any:
            time.sleep(self.seconds)
            self.process_ = os.getpid()
            self.classes_ = np.unique(y)
            return self

        def predict(self, X: Any) -> Any:
            return np.full(len(X), self.classes_[0])

    return Local()


def _search(estimator: Any, memory_folder: Path, seconds: list[float], **arguments: Any) -> MetaSearchCV:
    given = {"cv": CV, "random_state": 0, "min_gain": 0, "n_trials": None, "memory": str(memory_folder)}
    return MetaSearchCV(estimator, {"seconds": seconds}, **{**given, **arguments})


@pytest.mark.slow
def test_a_fit_that_takes_too_long_is_ended(memory_folder: Path) -> None:
    # Those before it take longer than a process to start
    search = _search(_local(), memory_folder, [0.01, 2.5, 2.6, ENDLESS], max_time=30, refit=False)
    start = time.monotonic()
    with pytest.warns(FitFailedWarning, match="as max_time allows no more"):
        search.fit(X, Y)
    assert time.monotonic() - start < 1.1 * 30 + 2
    by_seconds = dict(
        zip(
            (one["seconds"] for one in search.cv_results_["params"]),
            search.cv_results_["status"],
            strict=True,
        )
    )
    assert by_seconds[ENDLESS] == "timeout"
    assert by_seconds[0.01] == "ok"
    assert search.stop_reason_ == "max_time"


def test_with_little_time_all_runs_in_this_process(memory_folder: Path) -> None:
    search = _search(Slow(), memory_folder, [0.01, 0.02, 0.03], max_time=5, scoring=_scorer()).fit(X, Y)
    assert search.n_trials_ == 3
    assert search.best_score_ == 0.0


class _Evaluator:
    """What a timed evaluator asks of the one that it wraps."""

    n_jobs = 1


def test_what_cannot_be_sent_stays_here(memory_folder: Path) -> None:
    given = {"cv": CV, "random_state": 0, "min_gain": 0, "memory": str(memory_folder), "max_time": 60}
    locked = MetaSearchCV(Locked(), {"seconds": [0.01, 0.02]}, **given).fit(X, Y)
    assert any(
        "the estimator cannot be sent to another process (TypeError: cannot be sent)" in note
        for note in locked.notes_
    )
    assert (locked.cv_results_["status"] == "ok").all()


def test_a_job_knows_the_settings_of_scikit_learn() -> None:
    from sklearn import config_context

    with config_context(enable_metadata_routing=True):
        job = OwnFoldJob(_Evaluator(), ())
    assert job.config["enable_metadata_routing"]
    assert job.evaluate(_Evaluator(), None) is None


@pytest.mark.slow
def test_later_trials_run_elsewhere(memory_folder: Path) -> None:
    seconds = [0.01, 2.5, 2.6, 0.02]
    search = _search(_local(), memory_folder, seconds, max_time=60, scoring=_scorer(), refit=False)
    search.fit(X, Y)
    assert search.n_trials_ == 4
    assert (search.cv_results_["status"] == "ok").all()
    assert search.cv_results_["split0_test_score"].max() == 1.0
    assert search.cv_results_["split0_test_score"][0] == 0.0


@pytest.mark.slow
def test_a_class_that_another_process_does_not_find_stays_here(memory_folder: Path) -> None:
    # pytest imports this module by its file
    search = _search(
        Slow(), memory_folder, [0.01, 2.5, 2.6, 0.02], max_time=60, scoring=_scorer(), refit=False
    )
    search.fit(X, Y)
    assert (search.cv_results_["status"] == "ok").all()
    assert (search.cv_results_["mean_test_score"] == 0.0).all()
    assert any("cannot be sent to another process (while preparing: Module" in note for note in search.notes_)


def test_a_race_hears_of_each_trial_once(memory_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded: list[float] = []
    record = FoldRace.record

    def remember(self: FoldRace, scores: Any, look: float | None = None) -> None:
        recorded.append(float(np.mean(scores)))
        record(self, scores, look)

    monkeypatch.setattr(FoldRace, "record", remember)
    search = _search(Slow(), memory_folder, [0.01, 0.02, 0.03], max_time=5, racing=True).fit(X, Y)
    assert len(recorded) == (search.cv_results_["status"] == "ok").sum()
