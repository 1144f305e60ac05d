from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import Ridge
from sklearn.metrics import get_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from xgboost import XGBRegressor

from foretune import MetaSearchCV, load_memory, suggest
from foretune.base import UserError
from foretune.meta_model import Memory, tabulate_tasks
from foretune.meta_model.artifact import read_memory, save_memory
from foretune.recommendation import reference_folder
from foretune.recommendation.core.chosen_memory import choose_memory
from foretune.recommendation.core.recommender import Recommender, provenance_of
from foretune.recommendation.search_cv.search_record import fingerprint_of
from foretune.zero_shot import XGBRegressor as XGBRegressorZeroShot

X, Y = load_diabetes(return_X_y=True, as_frame=True)
_OPTIONS: list[dict[str, Any]] = [{}, {"max_rows": 200}, {"max_rows": 200, "max_time": 5}]


@pytest.fixture(scope="module")
def without_svm(memory_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder whose memory of R2 has no SVM; those of the absolute and the squared error have one."""
    folder = tmp_path_factory.mktemp("memory") / "surrogates"
    whole = read_memory(memory_folder / "regression")
    known = provenance_of(whole)
    without = {name: one for name, one in known.configurations.items() if one.learner != "svm"}
    save_memory(replace(whole, provenance=replace(known, configurations=without)), folder / "regression")
    for metric in ("rmse", "mae"):
        scored = replace(whole, provenance=replace(known, score=metric))
        save_memory(scored, folder / f"metrics/regression.{metric}")
    return folder


@pytest.mark.parametrize(
    ("learner", "scoring", "score", "notes"),
    [
        ("svm", None, "rmse", 1),
        ("svm", "neg_root_mean_squared_error", "rmse", 0),
        ("svm", "neg_median_absolute_error", "mae", 1),
        ("xgboost", None, "r2", 0),
        ("auto", None, "r2", 0),
        (["svm", "xgboost"], None, "rmse", 1),
        (SVR, "r2", "rmse", 1),
    ],
)
def test_a_learner_is_found_in_the_memory_of_another_metric(
    without_svm: Path, learner: Any, scoring: str | None, score: str, notes: int
) -> None:
    found = suggest(X, Y, learner=learner, k=2, memory=without_svm, scoring=scoring)
    said = [note for note in found.attrs["notes"] if f"is ranked by {score}" in note]
    assert len(said) == notes
    search = MetaSearchCV(learner, n_trials=2, memory=without_svm, scoring=scoring, cv=3).fit(X, Y)
    assert [note for note in search.notes_ if "is ranked by" in note] == said


def test_a_learner_that_no_memory_of_the_folder_has_is_one_line(without_svm: Path) -> None:
    with pytest.raises(UserError, match="learner 'catboost' is not in this memory, which has no trials"):
        suggest(X, Y, learner="catboost", memory=without_svm)


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        ("smv", r"'smv' is not in this memory.*; choose from: auto, .*, xgboost, or svm alone$"),
        ("forest", r"choose from: auto, .*, xgboost, or svm alone$"),
        ([], "no learner is given; choose from: auto, .*, xgboost, or svm alone$"),
    ],
)
def test_learners_of_other_memories_of_the_folder_are_named(
    without_svm: Path, learner: Any, message: str
) -> None:
    for doors in (
        lambda: suggest(X, Y, learner=learner, memory=without_svm),
        lambda: MetaSearchCV(learner, n_trials=1, memory=without_svm).fit(X, Y),
        lambda: Recommender.without_table(learner, task_type="regression", memory=without_svm),
    ):
        with pytest.raises(UserError, match=message):
            doors()


def test_a_learner_of_another_memory_is_found_without_a_table(without_svm: Path) -> None:
    found = Recommender.without_table("svm", task_type="regression", memory=without_svm)
    assert found.learners == ("svm",)


@pytest.mark.parametrize("estimator", [SVR(), make_pipeline(StandardScaler(), SVR())])
def test_an_estimator_of_the_user_s_own_is_found_in_the_memory_of_another_metric(
    without_svm: Path, estimator: Any
) -> None:
    search = MetaSearchCV(estimator, n_trials=2, memory=without_svm, cv=3).fit(X, Y)
    assert set(search.cv_results_["learner"]) == {"svm"}
    assert sum("is ranked by rmse" in note for note in search.notes_) == 1


def test_an_estimator_that_no_memory_has_is_searched_alone(without_svm: Path) -> None:
    space = {"alpha": [0.1, 1.0, 10.0]}
    search = MetaSearchCV(Ridge(), n_trials=2, param_distributions=space, memory=without_svm, cv=3).fit(X, Y)
    assert any("no trials of Ridge" in note for note in search.notes_)


@pytest.fixture(scope="module")
def of_two_sizes(memory_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder whose memory of R2 knows smaller tables than that of the squared error, which is of R2, too."""
    folder = tmp_path_factory.mktemp("sizes") / "surrogates"
    small = read_memory(memory_folder / "regression")
    at = list(small.metafeatures).index("simple.log_n_rows")
    known = provenance_of(small)
    for name, n_rows, score in [
        ("regression", 500, "r2"),
        ("metrics/regression.rmse", 10_000, "r2"),
        ("metrics/regression.mae", 50_000, "mae"),
    ]:
        metafeatures = small.training_set.metafeatures.copy()
        metafeatures[:, at] = np.log(n_rows)
        sized = small.training_set._replace(metafeatures=metafeatures)
        without = {key: one for key, one in known.configurations.items() if one.learner != "svm"}
        configurations = known.configurations if n_rows == 500 else without
        provenance = replace(known, score=score, configurations=configurations)
        save_memory(replace(small, training_set=sized, provenance=provenance), folder / name)
    return folder


@pytest.mark.parametrize(
    ("n_rows", "scoring", "learner", "largest"),
    [
        (499, None, "xgboost", 500),
        (500, None, "xgboost", 10_000),
        (60_000, "r2", "xgboost", 10_000),
        (5_000, "neg_mean_squared_error", "xgboost", 10_000),
        (5_000, "explained_variance", "xgboost", 10_000),
        (5_000, "neg_mean_absolute_error", "xgboost", 50_000),
        # Only the one of small tables has it
        (5_000, None, "svm", 500),
        (None, None, "xgboost", 500),
    ],
)
def test_of_the_memories_of_a_score_one_knows_tables_of_the_size(
    of_two_sizes: Path, n_rows: int | None, scoring: str | None, learner: str, largest: int
) -> None:
    def knows(one: Memory) -> bool:
        return learner in provenance_of(one).learners

    chosen = choose_memory(of_two_sizes, "regression", scoring, None, knows, n_rows)
    assert tabulate_tasks(chosen.memory)["n_rows"].unique().tolist() == [largest]
    assert chosen.usual_score == "r2" or scoring is not None


@pytest.mark.filterwarnings("ignore:(the search evaluates on|[0-9]+ of [0-9]+ rows are looked at)")
def test_all_doors_take_the_memory_of_the_size(of_two_sizes: Path) -> None:
    big, small = of_two_sizes / "metrics/regression.rmse", of_two_sizes / "regression"
    X, y = np.random.default_rng(0).normal(size=(600, 3)), np.arange(600.0) % 97
    for n_rows, place in ((300, small), (600, big)):
        table = X[:n_rows], y[:n_rows]
        for options in _OPTIONS:
            search = MetaSearchCV("xgboost", n_trials=1, memory=of_two_sizes, cv=3, **options).fit(*table)
            assert search._record_.fingerprint == fingerprint_of(read_memory(place))
            # Refuses a memory that is not that of the search
            assert len(search.plot.against_memory().data)
        chosen = XGBRegressorZeroShot(memory=of_two_sizes).fit(*table)
        told = XGBRegressorZeroShot(memory=read_memory(place)).fit(*table)
        assert chosen.chosen_params_ == told.chosen_params_
    # Who cannot choose rounds on the table starts from trials that have some
    wanted = suggest(*table, "xgboost", k=2, memory=read_memory(small))
    pd.testing.assert_frame_equal(suggest(*table, "xgboost", k=2, memory=of_two_sizes), wanted)
    for name in ({"early_stopping": False}, {"return_train_score": True}):
        search = MetaSearchCV("xgboost", n_trials=1, memory=of_two_sizes, cv=3, **name).fit(*table)
        assert search._record_.fingerprint == fingerprint_of(read_memory(small))
        assert len(search.plot.against_memory().data)


@pytest.mark.filterwarnings("ignore:(the search evaluates on|[0-9]+ of [0-9]+ rows are looked at)")
@pytest.mark.skipif(not (reference_folder() / "metrics").is_dir(), reason="no reference memory")
@pytest.mark.parametrize(
    ("settings", "options", "metric"),
    [
        ({}, {}, "rmse"),
        ({"n_estimators": 50}, {}, None),
        ({}, {"early_stopping": False}, None),
        ({}, {"max_rows": 300, "max_time": 10}, "rmse"),
    ],
)
def test_an_estimator_of_the_user_s_own_starts_from_it_if_its_rounds_are_open(
    settings: dict[str, Any], options: dict[str, Any], metric: str | None
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_000, 2))
    search = MetaSearchCV(XGBRegressor(**settings), n_trials=1, cv=2, **options).fit(X, X.sum(axis=1))
    assert search._record_.fingerprint == fingerprint_of(load_memory("regression", None, metric))
    assert len(search.plot.against_memory().data)


@pytest.mark.skipif(not (reference_folder() / "metrics").is_dir(), reason="no reference memory")
def test_families_of_any_memory_of_the_folder_may_be_left_out() -> None:
    # One is known with R2 on small tables only, the other with early stopping only
    small, large = (
        set(load_memory("regression", None, metric).training_set.families) for metric in (None, "rmse")
    )
    only = [min(small - large), min(large - small)]
    for scoring in (None, "neg_root_mean_squared_error"):
        found = choose_memory(None, "regression", scoring, only).memory
        assert not set(only) & set(found.training_set.families)
    with pytest.raises(UserError, match="the memory has no family 'nowhere'"):
        choose_memory(None, "regression", None, [*only, "nowhere"])


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_list_of_one_is_the_folder_itself(without_svm: Path, kind: Any) -> None:
    def knows(one: Memory) -> bool:
        return "svm" in provenance_of(one).learners

    chosen = choose_memory(kind([without_svm]), "regression", knows=knows)
    assert provenance_of(chosen.memory).score == "rmse"
    assert chosen.notes == choose_memory(without_svm, "regression", knows=knows).notes
    loaded = read_memory(without_svm / "metrics/regression.mae")
    assert provenance_of(choose_memory(kind([loaded]), "regression").memory).score == "mae"


@pytest.mark.parametrize("metrics", [("rmse",), ()], ids=["both know the metric", "one of them does"])
def test_a_list_finds_a_learner_in_the_memory_of_another_metric(
    without_svm: Path,
    tmp_path: Path,
    metrics: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("FORETUNE_CACHE", str(tmp_path / "cache"))
    for name in ("regression", *(f"metrics/regression.{metric}" for metric in metrics)):
        shutil.copytree(without_svm / name, tmp_path / "second" / name)

    def knows(one: Memory) -> bool:
        return "svm" in provenance_of(one).learners

    caplog.set_level("INFO")
    chosen = choose_memory([without_svm, tmp_path / "second"], "regression", knows=knows)
    assert knows(chosen.memory)
    assert provenance_of(chosen.memory).score == "rmse"
    assert chosen.usual_score == "r2"
    assert "is ranked by rmse" in chosen.notes[0]
    # What no one of them knows is not merged in vain
    assert caplog.text.count("into one memory") == len(metrics)
    alone = [note for note in chosen.notes if "the one of rmse with 4 tasks counts alone" in note]
    assert len(alone) == 1 - len(metrics)


def test_the_memory_of_the_score_serves_a_metric_whose_memory_lacks_the_learner(
    memory_folder: Path, tmp_path: Path
) -> None:
    whole = read_memory(memory_folder / "classification")
    known = provenance_of(whole)
    only = {name: one for name, one in known.configurations.items() if one.learner == "svm"}
    save_memory(whole, tmp_path / "classification")
    told = replace(known, configurations=only, score="log_loss")
    save_memory(replace(whole, provenance=told), tmp_path / "metrics/classification.log_loss")
    X, y = load_wine(return_X_y=True, as_frame=True)
    given = {"memory": tmp_path, "cv": 3, "n_trials": 2, "scoring": "neg_log_loss"}
    assert MetaSearchCV("xgboost", **given).fit(X, y).best_learner_ == "xgboost"
    assert MetaSearchCV("auto", **given).fit(X, y).best_learner_ == "svm"


def test_the_score_of_a_search_does_not_depend_on_the_learner(memory_folder: Path, tmp_path: Path) -> None:
    whole = read_memory(memory_folder / "classification")
    known = provenance_of(whole)
    without = {name: one for name, one in known.configurations.items() if one.learner != "svm"}
    save_memory(
        replace(whole, provenance=replace(known, configurations=without)), tmp_path / "classification"
    )
    told = replace(known, score="log_loss")
    save_memory(replace(whole, provenance=told), tmp_path / "metrics/classification.log_loss")
    X, y = load_wine(return_X_y=True, as_frame=True)
    for learner in ("xgboost", "svm", make_pipeline(StandardScaler(), SVC())):
        search = MetaSearchCV(learner, n_trials=2, memory=tmp_path, cv=3).fit(X, y)
        assert repr(search.scorer_) == repr(get_scorer("balanced_accuracy"))
        assert any("ranked by log_loss" in note for note in search.notes_) == (learner != "xgboost")
