from __future__ import annotations

import builtins
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine

from foretune import MetaSearchCV, UserError, learn
from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.mlflow_runs import logged_search

needs_mlflow = pytest.mark.skipif(
    __import__("importlib.util").util.find_spec("mlflow") is None, reason="MLflow is not installed"
)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    mlflow = pytest.importorskip("mlflow")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = mlflow.create_experiment("team", artifact_location=str(tmp_path / "artifacts"))
    mlflow.set_experiment(experiment_id=experiment)
    yield mlflow
    mlflow.set_tracking_uri(before)


def _runs(mlflow: Any) -> dict[str, Any]:
    found = mlflow.search_runs(experiment_names=["team"], output_format="list")
    return {run.info.run_name: run for run in found}


@pytest.mark.slow
@needs_mlflow
def test_each_trial_is_a_run_in_that_of_the_search_in_the_active_one(mlflow: Any) -> None:
    with mlflow.start_run(run_name="outer") as outer:
        search = MetaSearchCV("linear", n_trials=3, cv=2, random_state=0, log_to="mlflow")
        search.fit(*load_iris(return_X_y=True))
        assert mlflow.active_run().info.run_id == outer.info.run_id
    runs = _runs(mlflow)
    assert sorted(runs) == ["MetaSearchCV", "outer", "trial 1", "trial 2", "trial 3"]
    parent = runs["MetaSearchCV"]
    assert parent.data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert parent.data.metrics["best_score"] == pytest.approx(search.best_score_)
    assert parent.data.params == {
        "learner": "linear", **{name: str(value) for name, value in search.best_params_.items()}
    }  # fmt: skip
    for number, score in enumerate(search.cv_results_["mean_test_score"], start=1):
        run = runs[f"trial {number}"]
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.data.metrics["score"] == pytest.approx(score)
        assert run.info.status == "FINISHED"
    assert mlflow.active_run() is None


@pytest.mark.slow
@needs_mlflow
def test_searches_that_were_logged_are_learnt_from(mlflow: Any) -> None:
    for name, load in (("iris", load_iris), ("wine", load_wine)):
        with mlflow.start_run(run_name=name):
            search = MetaSearchCV("knn", n_trials=5, cv=2, random_state=0, min_gain=0, log_to="mlflow")
            search.fit(*load(return_X_y=True))
    memory = learn(mlflow.get_tracking_uri())
    assert set(memory.task_hashes) == {"team/iris/MetaSearchCV", "team/wine/MetaSearchCV"}
    assert memory.provenance is not None
    assert memory.provenance.learners == ["k_nearest_neighbours"]
    assert "k_nearest_neighbours" in memory.provenance.spaces
    assert [one.strategy for one in memory.provenance.configurations.values()].count("default") == 1


@pytest.mark.slow
@needs_mlflow
def test_the_score_has_its_own_name_too(mlflow: Any) -> None:
    search = MetaSearchCV("linear", n_trials=1, cv=2, scoring="neg_log_loss", random_state=0, log_to="mlflow")
    search.fit(*load_iris(return_X_y=True))
    measured = _runs(mlflow)["trial 1"].data.metrics
    assert measured["neg_log_loss"] == measured["score"] == pytest.approx(search.best_score_)


@pytest.mark.slow
@needs_mlflow
def test_a_search_that_fails_leaves_no_active_run(mlflow: Any) -> None:
    def score(estimator: Any, X: Any, y: Any) -> float:
        raise ValueError("no score today")

    search = MetaSearchCV("linear", n_trials=2, cv=2, random_state=0, scoring=score, log_to="mlflow")
    with pytest.raises(UserError, match="trials failed"), np.errstate(all="ignore"):
        search.fit(*load_iris(return_X_y=True))
    assert mlflow.active_run() is None
    runs = _runs(mlflow)
    assert {run.info.status for run in runs.values()} == {"FAILED"}
    assert "no score today" in runs["trial 1"].data.tags["error"]


def test_without_a_log_nothing_is_done() -> None:
    with logged_search(None, object()):
        pass


def test_another_log_is_one_line() -> None:
    search = MetaSearchCV("linear", n_trials=1, log_to="wandb")
    with pytest.raises(SearchError, match="log_to = 'wandb' must be 'mlflow' or None"):
        search.fit(*load_iris(return_X_y=True))


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "mlflow":
            raise ModuleNotFoundError(name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    search = MetaSearchCV("linear", n_trials=1, log_to="mlflow")
    with pytest.raises(SearchError, match=r"log_to = 'mlflow' needs MLflow: pip install '.\[mlflow\]'"):
        search.fit(*load_iris(return_X_y=True))
