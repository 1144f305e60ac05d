from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.recommendation.learning.conftest import BEST, objective

import foretune
from foretune import ForetuneSampler, MetaSearchCV, UserError, suggest
from foretune.meta_model.artifact import read_memory, save_memory
from foretune.recommendation.learning.learnt_memory import learn

NUMBER: Any = 3
NAMES = {"lr": "learning_rate"}
X, Y = load_wine(return_X_y=True)


def _best_rates(memory: Any) -> list[float]:
    known = memory.provenance.configurations
    by_task = memory.residuals
    rates = []
    for task in range(len(memory.task_hashes)):
        at = np.flatnonzero(by_task.task == task)
        best = by_task.config[at[np.argmax(by_task.target[at])]]
        rates.append(known[memory.training_set.config_ids[best]].params["learning_rate"])
    return rates


@pytest.mark.slow
def test_studies_that_minimise_and_maximise_become_one_memory(
    team: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    memory = learn(team, names=NAMES, learner="xgboost")
    assert list(memory.task_hashes) == sorted(BEST)
    # Pruned and failed trials are left out
    assert len(memory.residuals.target) == 4 * 16
    assert "16 trials without a score to compare left out" in caplog.text
    for rate, best in zip(_best_rates(memory), (BEST[name] for name in sorted(BEST)), strict=True):
        assert abs(np.log10(rate / best)) < 0.7
    assert memory.provenance is not None
    space = memory.provenance.spaces["xgboost"].shared
    assert (space["learning_rate"].low, space["learning_rate"].high, space["learning_rate"].log) == (
        1e-3,
        1,
        True,
    )
    assert space["max_depth"].when == {"booster": ["dart", "gbtree"]}
    assert (space["max_depth"].low, space["max_depth"].high) == (1, 8)


def test_a_study_of_a_fifth_table_starts_from_the_others(team: str) -> None:
    memory = learn(team, names=NAMES, learner="xgboost")
    sampler = foretune.ForetuneSampler(X, Y, "xgboost", names=NAMES, memory=memory, seed=0)
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: objective(trial, 0.05, 1.0), n_trials=5)
    # Random search is this good in one of nine trials
    assert study.best_value < 0.3
    assert all(trial.params["clf__booster"] != "gblinear" for trial in study.trials[:2])


def test_searches_and_suggestions_take_it(team: str) -> None:
    memory = learn(team, names=NAMES, learner="xgboost")
    first = foretune.suggest(X, Y, k=3, memory=memory)
    assert first["is_default"].sum() == 1
    assert first["params"].iloc[0]["booster"] != "gblinear"
    search = foretune.MetaSearchCV("xgboost", n_trials=2, cv=2, memory=memory, random_state=0).fit(X, Y)
    assert search.best_score_ > 0.8


def test_the_same_sources_are_the_same_memory(team: str, tmp_path: Path) -> None:
    made = [learn(team, names=NAMES, learner="xgboost", n_workers=n) for n in (1, 2)]
    for number, memory in enumerate(made):
        save_memory(memory, tmp_path / f"{number}/any")
    files = [sorted((tmp_path / f"{number}/any").iterdir()) for number in range(2)]
    assert [one.read_bytes() for one in files[0]] == [one.read_bytes() for one in files[1]]
    assert read_memory(tmp_path / "0/any").task_type == "any"


def test_a_pattern_chooses_studies(team: str) -> None:
    memory = learn(team, names=NAMES, learner="xgboost", study_pattern="[cf]*", task_type="classification")
    assert list(memory.task_hashes) == ["churn", "fraud"]
    assert memory.task_type == "classification"


def test_sources_of_all_kinds_are_joined(team: str, tmp_path: Path) -> None:
    grid = {"kneighborsclassifier__n_neighbors": [1, 5, 20], "standardscaler__with_mean": [True, False]}
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    searches = [GridSearchCV(pipeline, grid, cv=2).fit(X[:, :n], Y) for n in (4, 13)]
    pd.DataFrame(searches[0].cv_results_).to_csv(tmp_path / "wine.csv", index=False)
    ray = pd.DataFrame(
        {
            "config/n_neighbors": [1, 5, 9],
            "config/p": [1, 1, 2],
            "accuracy": [0.5, 0.6, 0.55],
            "trial_id": list("abc"),
        }
    )
    ray.to_csv(tmp_path / "ray.csv", index=False)
    wandb = tmp_path / "wandb.csv"
    wandb.write_text(
        "Name,State,n_neighbors,p,val_loss\na,finished,1,1,0.5\nb,finished,7,2,0.3\nc,failed,9,1,0.1\n"
    )
    log = pd.DataFrame({"task_id": ["own"] * 2, "score": [1, 2], "param_n_neighbors": [3, 4]})
    sources = [
        str(tmp_path / "wine.csv"),
        searches[1],
        searches[1].cv_results_,
        tmp_path / "ray.csv",
        wandb,
        log,
        ray,
    ]
    memory = learn(sources, learner="knn")
    assert set(memory.task_hashes) == {"wine", "search 2", "search 3", "ray", "wandb", "own", "table 7"}
    # Equal results are of one family
    families = dict(zip(memory.task_hashes, memory.training_set.families, strict=True))
    assert families["search 2"] == families["search 3"]
    assert memory.provenance is not None
    assert memory.provenance.learners == ["k_nearest_neighbours"]
    named = learn({"one": searches[0], "two": ray})
    assert list(named.task_hashes) == ["one", "two"]


def test_tasks_of_one_name_are_kept_apart(team: str) -> None:
    log = pd.DataFrame({"task_id": ["churn"] * 2, "score": [1, 2], "param_learning_rate": [0.3, 0.4]})
    memory = learn([team, log], names=NAMES, learner="xgboost")
    assert {f"churn ({team})", "churn (table 2)"} <= set(memory.task_hashes)


def test_files_of_one_name_are_learnt_together(tmp_path: Path) -> None:
    files = [tmp_path / folder / "results.csv" for folder in ("first", "second")]
    for number, file in enumerate(files):
        file.parent.mkdir()
        rates, scores = [0.1, 0.2, 0.3], np.array([1.0, 3.0, 2.0]) + number
        log = pd.DataFrame({"task_id": "churn", "score": scores, "param_learning_rate": rates})
        log.to_csv(file, index=False)
    memory = learn(files, learner="xgboost")
    assert len(memory.task_hashes) == 2


def test_a_source_that_is_given_twice_counts_once(team: str, caplog: pytest.LogCaptureFixture) -> None:
    memory = learn([team, team], names=NAMES, learner="xgboost")
    assert list(memory.task_hashes) == list(learn(team, names=NAMES, learner="xgboost").task_hashes)
    assert "given twice: one of each is kept" in caplog.text


def _study_without_scores() -> optuna.Study:
    study = optuna.create_study(study_name="failed")
    study.optimize(lambda trial: trial.suggest_float("learning_rate", 0, 1) * np.nan, n_trials=2)
    return study


@pytest.fixture
def wrong(team: str, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no database " * 200)
    (tmp_path / "metrics.csv").write_text("config/lr,auc,loss\n0.1,0.5,0.4\n0.2,0.6,0.3\n")
    return {"team": team, "tmp": tmp_path}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda w: learn(w["team"], learner="xgboost", names={"rate": "learning_rate"}),
            "names: no source has a parameter 'rate'",
        ),
        (
            lambda w: learn(w["team"], learner="xgboost", names=NAMES, study_pattern="churn"),
            "has one task alone, 'churn' with 16 trials: too few to learn from",
        ),
        (
            lambda w: learn(w["team"], study_pattern="x*"),
            "has no study that fits 'x\\*'; found: 'churn', 'fraud'",
        ),
        (lambda w: learn(f"sqlite:///{w['tmp']}/no.db"), "there is no file .*no.db"),
        (lambda w: learn(f"sqlite:///{w['tmp']}/notes.txt"), "notes.txt cannot be read: "),
        (lambda w: learn(w["tmp"] / "empty"), "empty has no experiments of MLflow"),
        (lambda w: learn(w["tmp"] / "notes.txt"), "is neither CSV, Parquet, JSON nor a file of SQLite"),
        (lambda w: learn(w["tmp"] / "gone.csv"), "there is no file or folder .*gone.csv"),
        (lambda w: learn(w["tmp"] / "metrics.csv"), "'metrics' has 2 metrics: say which is the score"),
        (lambda w: learn([]), "sources is empty: give the URL"),
        (lambda w: learn(_study_without_scores()), "no trial of 'the study 'failed'' has a score"),
        (lambda w: learn([3]), "sources: 3 must be the URL"),
        (lambda w: learn(GridSearchCV(KNeighborsClassifier(), {})), "GridSearchCV is not fitted"),
        (lambda w: learn(w["team"], minimize="no"), "minimize = 'no' must be True or False, or None"),
        (lambda w: learn(w["team"], names={"lr": NUMBER}), "names must be a mapping of texts to texts"),
        (lambda w: learn(w["team"], score={"a": NUMBER}), "score must map patterns of tasks to names"),
        (lambda w: learn(w["team"], n_workers=0), "n_workers"),
    ],
    ids=range(17),
)
def test_what_cannot_be_learnt_from_is_one_line(
    wrong: dict[str, Any], call: Callable[[dict[str, Any]], Any], said: str
) -> None:
    with pytest.raises(foretune.UserError, match=said) as raised:
        call(wrong)
    assert "\n" not in str(raised.value)


def test_a_learner_of_ones_own_is_sampled_by_its_memory(tmp_path: Path) -> None:
    studies = []
    for number, best in enumerate((8, 16, 12)):
        study = optuna.create_study(study_name=f"net {number}", sampler=optuna.samplers.RandomSampler(number))
        study.optimize(lambda trial, best=best: abs(trial.suggest_int("hidden", 1, 64) - best), n_trials=12)
        studies.append(study)
    memory = learn(studies)
    assert memory.provenance is not None
    assert memory.provenance.learners == ["learner"]
    sampler = foretune.ForetuneSampler(X, Y, "auto", memory=memory, seed=0)
    fourth = optuna.create_study(sampler=sampler)
    fourth.optimize(lambda trial: abs(trial.suggest_int("hidden", 1, 64) - 12), n_trials=4)
    assert fourth.best_value <= 5


def test_progress_says_what_is_read_and_trained(team: str) -> None:
    said: list[tuple[str, int, int]] = []
    learn([team], names=NAMES, learner="xgboost", on_progress=lambda *one: said.append(one))
    labels = [label for label, _, _ in said]
    assert [label for label in labels if label.startswith("reading ")][1:] == [
        f"reading {one}" for one in sorted(BEST)
    ]
    assert labels[-1] == "any memory"
    assert re.match(r"reading sqlite:///", labels[0])


def test_a_table_as_text_is_not_taken_for_a_file() -> None:
    with pytest.raises(foretune.UserError, match="there is no file or folder"):
        learn(io.StringIO("a,b\n").getvalue())


def test_the_ledger_of_searches_becomes_a_memory(tmp_path: Path) -> None:
    ledger = tmp_path / "search.sqlite"
    for number, load in enumerate((load_iris, load_wine, load_breast_cancer)):
        X, y = load(return_X_y=True, as_frame=True)
        search = MetaSearchCV(
            ["linear", "k_nearest_neighbours"], n_trials=4, cv=2, random_state=0, min_gain=0, ledger=ledger
        ).fit(X, y.rename(load.__name__))
        n_kept = 4 * (number + 1)
    memory = learn([ledger])
    assert [name.partition("-")[0] for name in memory.task_hashes] == [
        "load_breast_cancer",
        "load_iris",
        "load_wine",
    ]
    # Of the type of its tables, so that library defaults are known
    assert (memory.task_type, len(memory.residuals.target)) == ("classification", n_kept)
    assert memory.provenance is not None
    assert memory.provenance.learners == ["k_nearest_neighbours", "linear"]
    X, y = load_iris(return_X_y=True, as_frame=True)
    suggestions = suggest(X, y, k=3, memory=memory)
    assert suggestions["is_default"].any()
    again = MetaSearchCV("linear", n_trials=2, cv=2, random_state=0, memory=memory).fit(X, y)
    assert again.best_score_ > 0.8
    study = optuna.create_study(
        direction="maximize", sampler=ForetuneSampler(X, y, "linear", memory=memory, seed=0)
    )
    study.optimize(lambda trial: -abs(trial.suggest_float("C", 1e-4, 1e4, log=True) - 1), n_trials=2)
    assert search.n_trials_ == 4


def test_several_searches_on_one_table_are_too_few(tmp_path: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    ledger = tmp_path / "search.sqlite"
    for scoring in ("accuracy", "neg_log_loss"):
        MetaSearchCV(
            "linear", n_trials=2, cv=2, scoring=scoring, random_state=0, min_gain=0, ledger=ledger
        ).fit(X, y)
    with pytest.raises(UserError, match=r"search\.sqlite has one task alone, 'target-[0-9a-f]{12} accuracy'"):
        learn(ledger)


def test_a_ledger_of_both_types_is_learnt_from_one_by_one(tmp_path: Path) -> None:
    ledger = tmp_path / "search.sqlite"
    diabetes = load_diabetes(return_X_y=True, as_frame=True)
    tables = [(X, Y), load_iris(return_X_y=True), diabetes, (diabetes[0][::2], diabetes[1][::2])]
    for table, target in tables:
        MetaSearchCV("linear", n_trials=2, cv=2, random_state=0, min_gain=0, ledger=ledger).fit(table, target)
    with pytest.raises(UserError, match=r"several types, classification, regression: .* \(task_type=,"):
        learn(ledger)
    memory = learn(ledger, task_type="regression")
    assert (memory.task_type, len(memory.task_hashes)) == ("regression", 2)
