"""Programs to paste, run as they are written."""

from __future__ import annotations

import time
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from foretune.base import one_thread
from foretune.learners.parameters import PreprocessingParameters
from foretune.recommendation import read_metafeatures
from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.recommendation.table.cross_validation import CrossValidation, plan_cross_validation
from foretune.recommendation.table.program import write_program, write_search, write_user_task
from foretune.recommendation.table.user_table import UserTable, read_user_table
from foretune.spaces import Configuration
from foretune.tables import infer_formats

PREPARED = PreprocessingParameters()
LEARNERS: dict[str, dict[str, Any]] = {
    "random_forest": {"n_estimators": 10, "max_depth": None},
    "xgboost": {"n_estimators": 10, "learning_rate": 0.1},
    "svm": {"C": 1.0, "kernel": "rbf"},
    "k_nearest_neighbours": {"n_neighbors": 3},
}


@pytest.fixture
def table(tmp_path: Path) -> UserTable:
    """A table with a column of each kind, blanks around a name, and a class of one row."""
    rng = np.random.default_rng(0)
    n = 40
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=n),
            " date ": pd.date_range("2020-01-01", periods=n),
            "zoned": pd.date_range("2020-01-01", periods=n, tz="UTC"),
            "duration": pd.to_timedelta(np.arange(n), "D"),
            "flag with a gap": pd.Series([True, None, *[False] * (n - 2)], dtype=object),
            'it\'s "<b>"': rng.choice(["x", "y"], n),
            "empty": np.nan,
            "ki'nd": ["rare", *rng.choice(["a", "b"], n - 1)],
        }
    )
    frame.to_parquet(tmp_path / "my 'table'.parquet")
    return read_user_table(str(tmp_path / "my 'table'.parquet"), "ki'nd")


def _plan(table: UserTable, task_type: Any) -> CrossValidation:
    return plan_cross_validation(table, task_type, RecommendationParameters(n_folds=3), 0)


@pytest.mark.quick("classification-k_nearest_neighbours", "regression-xgboost")
@pytest.mark.filterwarnings(
    "ignore:The least populated class", "ignore:y_pred contains classes not in y_true"
)
@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_the_program_fits_every_kind_of_column_and_prints_its_score(
    table: UserTable, learner: str, task_type: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    if task_type == "regression":
        table = read_user_table(table.file, "number", ["ki'nd"])
    configuration = Configuration(learner, LEARNERS[learner])
    metric = "balanced_accuracy" if task_type == "classification" else "r2"
    program = write_program(table, configuration, task_type, metric, _plan(table, task_type), PREPARED, 0)
    assert program is not None
    names: dict[str, Any] = {}
    with one_thread():
        exec(program, names)
    assert capsys.readouterr().out.startswith(f"{metric}: ")
    predicted = names["model"].predict(names["X"])
    assert len(names["X"]) == len(predicted) == len(table.frame)
    if task_type == "classification":
        assert set(predicted) <= {"rare", "a", "b"}
    assert "empty" not in names["X"]
    assert names["X"]["flag with a gap"].dtype == float
    # Days since 1970
    assert names["X"]["date"].iloc[-1] == pd.Timestamp("2020-02-09").timestamp() / 86400


def test_names_and_numbers_that_python_does_not_know_are_passed_all_the_same(table: UserTable) -> None:
    params = {"lambda": 2.0, "n_estimators": 3, "max_delta_step": float("inf")}
    one, plan = Configuration("xgboost", params), _plan(table, "classification")
    program = write_program(table, one, "classification", "accuracy", plan, PREPARED, 0)
    assert program is not None
    compile(program, "program", "exec")
    written = "n_estimators=3, max_delta_step=float('inf')"
    assert written in program
    assert "**{'lambda': 2.0}" in program


def test_many_columns_are_converted_in_one_line(tmp_path: Path) -> None:
    n = 30
    # A flag of one value and gaps tells nothing
    flags = {f"fl'ag {{{at}}}": pd.Series([True, False, None] * (n // 3), dtype=object) for at in range(6)}
    dates = {f"date {at}": pd.date_range("1970-01-01", periods=n) for at in range(5)}
    frame = pd.DataFrame({**flags, **dates, "x": np.arange(n) * 1.0, "y": [*"ab"] * (n // 2)})
    frame.to_parquet(tmp_path / "wide.parquet")
    table = read_user_table(str(tmp_path / "wide.parquet"), "y")
    program = write_program(
        *(
            table,
            Configuration("svm", {}),
            "classification",
            "accuracy",
            _plan(table, "classification"),
            PREPARED,
            0,
        )
    )
    assert program is not None
    lines = [line.strip() for line in program.splitlines() if line.startswith("    X[")]
    assert len([line for line in lines if line.startswith("X[[")]) == 2
    names: dict[str, Any] = {}
    exec(program, names)
    parts = [f"{name}.day_of_week" for name in dates]
    assert list(names["X"].columns) == [*flags, *dates, "x", *parts]
    assert {str(names["X"][name].dtype) for name in (*flags, *dates, "x")} == {"float64"}
    assert names["X"]["date 4"].tolist() == list(range(n))
    assert names["X"]["fl'ag {5}"].tolist()[0] == 1


@pytest.mark.slow
def test_the_time_to_write_programs_is_not_quadratic_in_columns() -> None:
    seconds = {n: _time_to_write(n) for n in (300, 3_000)}
    # Ten times as many columns: linear is 10, quadratic 100
    assert seconds[3_000] < 35 * seconds[300]


def _time_to_write(n_columns: int) -> float:
    gaps = pd.Series([True, None] * 10, dtype=object)
    columns = {f"g{at}": gaps if at % 2 else np.full(20, np.nan) for at in range(n_columns)}
    table = UserTable(pd.DataFrame({**columns, "y": [*"ab"] * 10}), "wide.csv", "y")
    plan, times = _plan(table, "classification"), []
    for _ in range(3):
        start = time.process_time()
        write_program(table, Configuration("svm", {}), "classification", "accuracy", plan, PREPARED, 0)
        write_user_task(table, "classification")
        times.append(time.process_time() - start)
    return min(times)


ANSWERS: dict[str, list[Any]] = {
    "text": ["yes", "no", "NA"],
    "number with a gap": [2, 10, None],
    "truth value with a gap": [True, False, None],
    "category of digits": ["007", "010", "011"],
    "half": [0.5, 1.5, 2.5],
}


@pytest.mark.quick(
    "k_nearest_neighbours-text",
    "random_forest-half",
    "svm-category of digits",
    "xgboost-truth value with a gap",
    "xgboost-number with a gap",
)
@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("learner", LEARNERS)
def test_the_program_predicts_the_labels_of_new_rows(tmp_path: Path, kind: str, learner: str) -> None:
    answers: list[Any] = ANSWERS[kind]
    frame = _sales(answers, " answer ")
    frame.to_csv(tmp_path / "sales.csv", index=False, sep=";")
    with chdir(tmp_path):
        table = read_user_table("sales.csv", "answer", ["id"])
        names = _run(table, Configuration(learner, LEARNERS[learner]), "classification")
        # Texts that are digits by chance, gaps, other columns in another order, and no target
        new = frame.head(3).assign(zip=["10115", "123", ""], paid=["", True, False], more=1)
        new.loc[1, ["price", " sold "]] = None
        new.drop(columns=[" answer ", "id"]).iloc[:, ::-1].to_csv("new.csv", index=False, sep=";")
        frame.head(6).to_csv("same.csv", index=False, sep=";")
        predicted, again = names["predict"]("new.csv"), names["predict"]("same.csv")
    labels = [label for label in answers if label is not None]
    expected: list[Any] = [str(one) if kind == "half" else one for one in labels]
    assert set(map(repr, predicted.tolist())) <= set(map(repr, expected))
    known = names["X"].head(4)
    assert again[known.index].tolist() == names["model"].predict(known).tolist()
    assert list(names["X"]["sold.month"].head(2)) == [1, 1]


def test_the_program_predicts_numbers_where_whole_columns_are_empty(tmp_path: Path) -> None:
    frame = _sales(["yes", "no"], "answer")
    frame.to_csv(tmp_path / "sales.csv", index=False)
    with chdir(tmp_path):
        names = _run(
            read_user_table("sales.csv", "price", ["id"]), Configuration("xgboost", {}), "regression"
        )
        frame.head(2).assign(**dict.fromkeys(frame, "")).to_csv("new.csv", index=False)
        predicted = names["predict"]("new.csv")
    assert np.isfinite(predicted).all()
    assert "read_column" in names


def _sales(answers: list[Any], name: str) -> pd.DataFrame:
    """A table with dates, prices and postal codes as texts, and truth values."""
    rng, n = np.random.default_rng(0), 60
    return pd.DataFrame(
        {
            "id": range(n),
            " sold ": pd.date_range("2024-01-05", periods=n, freq="17D").strftime("%d.%m.%Y"),
            "price": [f"${1000 + value:,.2f}" for value in rng.normal(0, 300, n)],
            "zip": rng.choice(["10115", "80331", "A-1010"], n),
            "paid": rng.choice([True, False], n),
            "size": rng.normal(size=n),
            name: pd.Series([*answers] * (n // len(answers)), dtype=object),
        }
    )


def _run(table: UserTable, configuration: Configuration, task_type: Any) -> dict[str, Any]:
    metric = "balanced_accuracy" if task_type == "classification" else "r2"
    program = write_program(table, configuration, task_type, metric, _plan(table, task_type), PREPARED, 0)
    assert program is not None
    names: dict[str, Any] = {}
    with one_thread():
        exec(program, names)
    return names


def test_imports_are_sorted_by_module(table: UserTable) -> None:
    plan = _plan(table, "classification")
    program = write_program(
        table, Configuration("xgboost", {}), "classification", "log_loss", plan, PREPARED, 0
    )
    assert program is not None
    modules = [line.split()[1] for line in program.splitlines() if line.startswith("from ")]
    assert modules == sorted(modules)
    assert modules[-1] == "xgboost"
    assert "scoring='neg_log_loss'" in program


def test_there_is_no_program_for_a_learner_that_cannot_be_built(table: UserTable) -> None:
    plan = _plan(table, "classification")
    foreign = Configuration("of_a_log", {})
    assert write_program(table, foreign, "classification", "accuracy", plan, PREPARED, 0) is None


def test_there_is_no_program_for_a_table_that_cannot_be_cross_validated(table: UserTable) -> None:
    plan = replace(_plan(table, "classification"), problem="one class")
    assert (
        write_program(table, Configuration("svm", {}), "classification", "accuracy", plan, PREPARED, 0)
        is None
    )


def test_a_metric_without_a_scorer_is_replaced_by_the_usual_one(table: UserTable) -> None:
    plan = _plan(table, "classification")
    program = write_program(table, Configuration("svm", {}), "classification", "my_metric", plan, PREPARED, 0)
    assert program is not None
    assert "scoring='balanced_accuracy'" in program


def test_the_search_hands_over_several_memories(table: UserTable) -> None:
    program = write_search(table, "svm", "classification", None, ("reference", "mine"), None, ("iris",))
    assert "memory=['reference', 'mine']" in program
    assert "exclude_families=['iris']" in program


def test_the_search_hands_over_the_memory_and_the_metafeatures(
    table: UserTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    class Search:
        best_params_, best_score_ = None, None

        def __init__(self, **arguments: Any) -> None:
            given.update(arguments)

        def fit(self, X: pd.DataFrame, y: pd.Series) -> Search:
            given.update(n_rows=len(X), n_answers=len(y))
            return self

    monkeypatch.setattr("foretune.MetaSearchCV", Search)
    pd.DataFrame({"a": [1.0]}).to_csv(tmp_path / "described.csv", index=False)
    with chdir(tmp_path):
        exec(write_search(table, "svm", "classification", None, "my 'memory'", "described.csv"), {})
        expected = read_metafeatures("described.csv")
    pd.testing.assert_series_equal(given.pop("metafeatures"), expected)
    assert given == {
        "learner": "svm",
        "n_trials": 20,
        "scoring": "balanced_accuracy",
        "memory": "my 'memory'",
        "n_rows": 40,
        "n_answers": 40,
    }


def _fitted_by_search(table: UserTable, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the program of a search, and return what it gives to ``MetaSearchCV.fit``."""
    given: dict[str, Any] = {}

    class Search:
        best_params_, best_score_ = None, None

        def __init__(self, **_: Any) -> None: ...

        def fit(self, X: pd.DataFrame, y: pd.Series) -> Search:
            given.update(X=X, y=y)
            return self

    monkeypatch.setattr("foretune.MetaSearchCV", Search)
    exec(write_search(table, "svm", "classification", None), {})
    return given


def test_both_programs_read_categories_and_dictionaries_of_a_file_as_the_page_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"said": pd.Series([3, 1, 20] * 10, dtype="category"), "y": [*"ab"] * 15})
    arrow = pa.Table.from_pandas(frame)
    encoded = pa.array(["1,5", "2,5", "10"] * 10).dictionary_encode()
    pq.write_table(arrow.append_column(" code", encoded), tmp_path / "t.parquet")
    table = read_user_table(str(tmp_path / "t.parquet"), "y")
    assert [one.type for one in table.format.columns] == ["nominal", "number"]
    plan = _plan(table, "classification")
    program = write_program(table, Configuration("svm", {}), "classification", "accuracy", plan, PREPARED, 0)
    names: dict[str, Any] = {}
    exec(str(program), names)
    assert names["X"]["said"].cat.categories.tolist() == ["1", "20", "3"]
    assert names["X"]["code"].tolist() == [1.5, 2.5, 10] * 10

    given = _fitted_by_search(table, monkeypatch)
    assert infer_formats(given["X"]).columns == table.format.columns


def test_classes_that_are_times_stay_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = [" 36 months", " 60 months", "?"] * 20
    pd.DataFrame({"x": np.arange(60) % 3 + 0.5, "term": terms}).to_csv(tmp_path / "t.csv", index=False)
    table = read_user_table(str(tmp_path / "t.csv"), "term")
    plan = _plan(table, "classification")
    program = write_program(table, Configuration("svm", {}), "classification", "accuracy", plan, PREPARED, 0)
    names: dict[str, Any] = {}
    exec(str(program), names)
    assert set(names["model"].predict(names["X"])) == {" 36 months", " 60 months"}

    assert list(_fitted_by_search(table, monkeypatch)["y"]) == terms[:2] * 20


def test_the_entry_of_a_task_names_what_is_no_feature(table: UserTable) -> None:
    entry = yaml.safe_load(write_user_task(table, "classification"))["task_generation"]["user_tasks"]
    assert entry == {
        "my_table": {
            "file": "my 'table'.parquet",
            "target": "ki'nd",
            "task_type": "classification",
        }
    }


@pytest.mark.filterwarnings("error::foretune.RecommendationWarning")
@pytest.mark.parametrize("options", [{}, {"decimal": ","}])
def test_programs_read_thousands_as_the_page_does(tmp_path: Path, options: dict[str, str]) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{area / 10};{deposit:,};{rent:,}".replace(",", "_").replace(".", ",").replace("_", ".")
        for area, deposit, rent in zip(
            rng.integers(301, 999, 60), rng.integers(1000, 6000, 60), rng.integers(700, 1900, 60), strict=True
        )
    ]
    (tmp_path / "rents.csv").write_text("\n".join(["area;deposit;rent", *rows]), encoding="utf-8")
    (tmp_path / "new.csv").write_text("area;deposit\n53,1;1.393\n60,0;950\n", encoding="utf-8")
    table = read_user_table(str(tmp_path / "rents.csv"), "rent", read_options=options)
    program = write_program(
        table,
        Configuration("k_nearest_neighbours", {"n_neighbors": 3}),
        "regression",
        "r2",
        _plan(table, "regression"),
        PREPARED,
        0,
    )
    space: dict[str, Any] = {}
    exec(str(program), space)
    assert space["X"]["deposit"].min() >= 1000
    assert space["y"].between(700, 1900).all()
    _, new = space["read"](tmp_path / "new.csv")
    assert new.to_numpy().tolist() == [[53.1, 1393], [60, 950]]
    search = write_search(table, "k_nearest_neighbours", "regression", "r2")
    assert ("column_types={'deposit': 'decimal_comma'}" in search) == bool(options)
