from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from foretune import MetaSearchCV
from foretune.logs import FoundLog, LogError, ScoreChoice
from foretune.recommendation.learning.sources import SourceReader

SEARCHES = {"params": [{"a": 1}, {"a": 2}], "mean_test_auc": [0.1, 0.2], "mean_test_loss": [0.3, 0.1]}


def _read(source: object, score: str | None = None, **given: object) -> list[FoundLog]:
    said: list[str] = []
    reader = SourceReader(ScoreChoice(score, **given), "*", None, {}, said.append)
    return reader.read(source, "it")


def test_a_search_says_its_learner_and_the_prefix_of_its_parameters() -> None:
    pipeline = Pipeline([("scale", StandardScaler()), ("near", KNeighborsClassifier())])
    search = GridSearchCV(pipeline, {"near__p": [1, 2]}, cv=2).fit(*load_iris(return_X_y=True))
    (found,) = _read(search)
    assert (found.learner, found.prefix) == ("k_nearest_neighbours", "near__")
    assert found.log["param_near__p"].tolist() == [1, 2]


def test_one_of_several_scorers_is_named() -> None:
    (found,) = _read(SEARCHES, "auc")
    assert found.log["score"].tolist() == [0.1, 0.2]
    with pytest.raises(LogError, match="it: 'it' has 2 metrics: say which is the score"):
        _read(SEARCHES)


def test_files_are_told_by_their_columns(tmp_path: Path) -> None:
    pd.DataFrame(SEARCHES).to_csv(tmp_path / "search.csv", index=False)
    pd.DataFrame(SEARCHES).to_json(tmp_path / "search.json")
    for name in ("search.csv", "search.json"):
        (found,) = _read(tmp_path / name, "loss")
        assert (found.source, found.log["task_id"].iloc[0]) == (name, "search")
        assert found.log["score"].tolist() == [0.3, 0.1]
    own = pd.DataFrame({"task_id": ["t", "t"], "score": [1.0, 2.0], "param_a": [1, 2]})
    own.to_parquet(tmp_path / "own.parquet")
    (found,) = _read(tmp_path / "own.parquet")
    assert found.log["score"].tolist() == [1, 2]
    (found,) = _read(tmp_path / "own.parquet", minimize=True)
    assert found.log["score"].tolist() == [-1, -2]


def test_what_is_in_a_database_is_told_by_its_tables(team: str, tmp_path: Path) -> None:
    X, y = load_iris(return_X_y=True)
    ledger = tmp_path / "search"
    MetaSearchCV("linear", n_trials=2, cv=2, random_state=0, min_gain=0, ledger=ledger).fit(X, y)
    (search,) = _read(ledger)
    assert search.log["learner"].tolist() == ["linear", "linear"]
    assert len(_read(f"sqlite:///{ledger}")[0].log) == 2
    # A file of SQLite needs no URL, whatever its name
    file = team.removeprefix("sqlite:///")
    assert [one.log["task_id"].iloc[0] for one in _read(file)] == ["churn", "fraud", "spam", "wine"]
    # A team's database with both
    MetaSearchCV("linear", n_trials=2, cv=2, random_state=0, min_gain=0, ledger=team).fit(X, y)
    assert len(_read(team)) == 5
    empty = tmp_path / "empty.db"
    with sqlite3.connect(empty) as connection:
        connection.execute("CREATE TABLE other (x)")
    with pytest.raises(LogError, match="neither studies of Optuna, runs of MLflow nor the ledger"):
        _read(empty)


def test_a_password_is_not_shown() -> None:
    with pytest.raises(LogError) as raised:
        _read("postgresql+psycopg://ann:secret@127.0.0.1:1/team")
    assert "secret" not in str(raised.value)
