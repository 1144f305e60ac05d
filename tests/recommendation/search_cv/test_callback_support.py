"""Callbacks of scikit-learn in a search."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.tree import DecisionTreeClassifier

from foretune import MetaSearchCV
from foretune.base import UserError
from foretune.recommendation.search_cv.callback_support import (
    REFIT,
    SEARCH,
    TRIAL,
    SearchTasks,
    WithoutCallbacks,
    find_support,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
X, Y = load_iris(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
needs_callbacks = pytest.mark.skipif(
    find_support()[0] is WithoutCallbacks, reason="this scikit-learn has no callbacks"
)


class Recorder:
    """Callback that keeps what it is told, and stops a search after some trials."""

    def __init__(self, most: int | None = None) -> None:
        self.told: list[tuple[str, str, Any, Any]] = []
        self.most = most

    def setup(self, estimator: Any, context: Any) -> None:
        self.told.append(("setup", context.task_name, estimator, None))

    def teardown(self, estimator: Any, context: Any) -> None:
        self.told.append(("teardown", context.task_name, estimator, None))

    def on_fit_task_begin(self, estimator: Any, context: Any, *, metadata: Any = None) -> None:
        self.told.append(("begin", context.task_name, estimator, metadata))

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        self.told.append(("end", context.task_name, estimator, None))
        return self.most is not None and self.count("end", TRIAL) >= self.most

    def count(self, event: str, task: str) -> int:
        return sum(one[:2] == (event, task) for one in self.told)


class Propagated(Recorder):
    """Callback that is handed on to inner estimators."""

    max_propagation_depth = None


class Told(ClassifierMixin, BaseEstimator):
    """Classifier that keeps the callbacks it was fitted with."""

    def __init__(self, depth: int = 1) -> None:
        self.depth = depth

    def set_callbacks(self, *callbacks: Any) -> Told:
        self.given = callbacks
        self._skl_callbacks = list(callbacks)
        return self

    def fit(self, X: Any, y: Any) -> Told:
        self.seen_ = list(getattr(self, "_skl_callbacks", []))
        self.classes_ = np.unique(y)
        if self.depth > 3:
            raise RuntimeError("too deep")
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def memory(memory_folder: Path) -> str:
    return str(memory_folder)


def _search(learner: Any, memory: str, **arguments: Any) -> MetaSearchCV:
    given = {"n_trials": 3, "cv": 3, "random_state": 0, "min_gain": 0, "memory": memory}
    if learner is TREE:
        given["param_distributions"] = {"max_depth": [1, 2, 3]}
    return MetaSearchCV(learner, **{**given, **arguments})


@needs_callbacks
@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize(
    ("learner", "arguments"),
    [(TREE, {}), ("k_nearest_neighbours", {}), ("k_nearest_neighbours", {"max_time": 60})],
    ids=["own", "learner", "timed"],
)
def test_a_callback_is_told_of_every_task(learner: Any, arguments: Any, refit: bool, memory: str) -> None:
    callback = Recorder()
    search = _search(learner, memory, refit=refit, **arguments).set_callbacks(callback)
    assert search.fit(X, Y).n_trials_ == 3
    for event in ("begin", "end"):
        assert callback.count(event, "fit") == callback.count(event, SEARCH) == 1
        assert callback.count(event, TRIAL) == 3
        assert callback.count(event, REFIT) == refit
    assert [one[0] for one in callback.told].count("setup") == 1
    assert callback.told[-1][0] == "teardown"
    # The search itself, whoever asks
    assert all(one[2] is search for one in callback.told)
    # Nothing is left of it but the callback
    assert not hasattr(clone(search), "_tasks")
    assert pickle.loads(pickle.dumps(search)).n_trials_ == 3


@needs_callbacks
def test_a_callback_stops_the_search(memory: str) -> None:
    search = _search("k_nearest_neighbours", memory, n_trials=30).set_callbacks(Recorder(most=4)).fit(X, Y)
    assert search.stop_reason_ == "callback"
    assert search.n_trials_ == 4
    assert hasattr(search, "best_estimator_")


@needs_callbacks
def test_without_trials_only_the_fit_is_told(memory: str) -> None:
    callback = Recorder()
    _search("k_nearest_neighbours", memory, n_trials=0).set_callbacks(callback).fit(X, Y)
    assert callback.count("end", TRIAL) == 0
    assert callback.count("end", REFIT) == callback.count("end", "fit") == 1


@needs_callbacks
def test_weights_are_told_and_failures_too(memory: str) -> None:
    weights = np.ones(len(Y))
    callback = Recorder()
    _search(TREE, memory).set_callbacks(callback).fit(X, Y, sample_weight=weights)
    assert all(one[3]["sample_weight"] is weights for one in callback.told if one[0] == "begin")
    failing = Recorder()
    search = _search(Told(), memory, param_distributions={"depth": [2, 4]}, n_trials=2).set_callbacks(failing)
    with pytest.warns(FitFailedWarning):
        search.fit(X, Y)
    assert failing.count("end", TRIAL) == 2


@needs_callbacks
def test_an_error_tears_a_callback_down(memory: str) -> None:
    callback = Recorder()
    with pytest.raises(UserError):
        _search(TREE, memory, scoring="no score").set_callbacks(callback).fit(X, Y)
    assert [one[0] for one in callback.told][-1] == "teardown"


@needs_callbacks
def test_the_last_fit_gets_the_callbacks_that_are_handed_on(memory: str) -> None:
    handed, kept = Propagated(), Recorder()
    search = _search(Told(), memory, param_distributions={"depth": [1, 2]}, n_trials=2)
    search.set_callbacks(handed, kept).fit(X, Y)
    assert search.best_estimator_.seen_ == [handed]


@needs_callbacks
def test_the_bar_of_scikit_learn(memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    from sklearn.callback import ProgressBar

    _search("k_nearest_neighbours", memory).set_callbacks(ProgressBar()).fit(X, Y)
    shown = capsys.readouterr().out
    assert "MetaSearchCV - fit" in shown
    assert "100%" in shown


def test_without_callbacks_in_scikit_learn_the_error_says_the_version() -> None:
    support, with_callbacks = find_support("sklearn.no_such_module")
    assert support is WithoutCallbacks
    assert with_callbacks(len) is len
    old = WithoutCallbacks()
    assert old.set_callbacks() is old
    with pytest.raises(UserError, match=r"callbacks need scikit-learn 1\.9 or later"):
        old.set_callbacks(Recorder())


def test_a_search_without_callbacks_has_no_tasks() -> None:
    tasks = SearchTasks(WithoutCallbacks(), 3, {})
    tasks.start(["a"])
    assert not tasks.end("a")
    with tasks.refit():
        pass
    tasks.finish()
