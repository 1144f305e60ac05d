"""Programs of fitted searches: executed, they print the score of the search."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.datasets import load_diabetes, load_wine
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeRegressor

from foretune import MetaSearchCV, UserError
from foretune.recommendation.search_cv.search_code import write_search_code

X, Y = load_wine(return_X_y=True, as_frame=True)
NUMBERS, VALUES = load_diabetes(return_X_y=True, as_frame=True)


def _mixed() -> tuple[pd.DataFrame, pd.Series]:
    """A table with a column of each kind, gaps, and texts as labels."""
    rng = np.random.default_rng(0)
    table = X.iloc[:, :4].assign(
        kind=rng.choice(["a", "b", "c"], len(X)),
        when=pd.date_range("2020-01-01", periods=len(X)),
        flag=rng.random(len(X)) > 0.5,
        constant=1,
    )
    table.iloc[::7, 0] = np.nan
    table.loc[::9, "kind"] = None
    return table, pd.Series(np.array(["x", "y", "z"])[Y], name="grape")


def _run(search: MetaSearchCV, X: Any, y: Any, **given: Any) -> dict[str, Any]:
    code = search.to_code()
    assert code == write_search_code(search)
    assert "foretune" not in code
    names = {"X": X, "y": y, **given}
    exec(code, names)
    # The rows that the program was given are as they were
    assert names["X"] is X
    return names


@pytest.mark.quick("svm")
@pytest.mark.parametrize("learner", ["svm", "random_forest", "xgboost", "k_nearest_neighbours"])
def test_the_program_has_the_score_and_the_predictions(
    learner: str, memory_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, labels = _mixed()
    given = {"random_state": 3, "memory": memory_folder, "n_trials": 2}
    search = MetaSearchCV(learner, **given).fit(table, labels)
    names = _run(search, table, labels)
    assert names["scores"].mean() == pytest.approx(search.best_score_, abs=1e-6)
    assert (names["predict"](table) == search.predict(table)).all()
    assert f"(the search: {search.best_score_:.4f})" in capsys.readouterr().out


def test_regression_of_arrays_with_another_score_and_splitter(memory_folder: Path) -> None:
    rows, values = NUMBERS.to_numpy(), VALUES.to_numpy()
    search = MetaSearchCV(
        "svm",
        n_trials=2,
        random_state=0,
        memory=memory_folder,
        scoring="neg_mean_absolute_error",
        cv=KFold(3, shuffle=True, random_state=5),
    ).fit(rows, values)
    names = _run(search, rows, values)
    assert names["scores"].mean() == pytest.approx(search.best_score_, rel=1e-6)
    assert names["predict"](rows) == pytest.approx(search.predict(rows))


@pytest.mark.slow
def test_probabilities_of_a_calibrated_svm(memory_folder: Path) -> None:
    search = MetaSearchCV(
        "svm", n_trials=2, random_state=0, memory=memory_folder, scoring="neg_log_loss"
    ).fit(X, Y)
    assert _run(search, X, Y)["scores"].mean() == pytest.approx(search.best_score_, rel=1e-6)


@pytest.mark.filterwarnings("ignore::foretune.RecommendationWarning")
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_a_sample_is_drawn_again(kind: str, memory_folder: Path) -> None:
    data, target = (X, Y) if kind == "classification" else (NUMBERS, VALUES)
    search = MetaSearchCV("svm", n_trials=1, random_state=0, memory=memory_folder, max_rows=100)
    search.fit(data, target)
    assert _run(search, data, target)["scores"].mean() == pytest.approx(search.best_score_, rel=1e-6)


@pytest.mark.slow
def test_boosting_rounds_of_the_last_fit_are_those_of_all_rows(memory_folder: Path) -> None:
    search = MetaSearchCV(
        "xgboost", n_trials=2, random_state=0, memory=memory_folder, early_stopping=True
    ).fit(NUMBERS, VALUES)
    names = _run(search, NUMBERS, VALUES)
    assert names["scores"].mean() == pytest.approx(search.best_score_, abs=1e-5)
    if search.n_rounds_ is not None:
        fitted = names["model"][-1].regressor_
        assert fitted.get_params()["n_estimators"] == search.n_rounds_


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_an_estimator_of_ones_own_with_groups(memory_folder: Path) -> None:
    groups = np.arange(len(NUMBERS)) % 5
    search = MetaSearchCV(
        DecisionTreeRegressor(random_state=0),
        n_trials=4,
        param_distributions={"max_depth": [1, 2, 3], "ccp_alpha": loguniform(1e-3, 1)},
        cv=GroupKFold(3),
        random_state=0,
        memory=memory_folder,
        scoring=make_scorer(mean_absolute_error, greater_is_better=False),
    ).fit(NUMBERS, VALUES, groups=groups)
    with pytest.raises(UserError, match="scoring = "):
        search.to_code()
    search = MetaSearchCV(
        DecisionTreeRegressor(random_state=0),
        n_trials=4,
        param_distributions={"max_depth": [1, 2, 3]},
        cv=GroupKFold(3),
        random_state=0,
        memory=memory_folder,
    ).fit(NUMBERS, VALUES, groups=groups)
    names = _run(search, NUMBERS, VALUES, groups=groups)
    assert names["scores"].mean() == search.best_score_
    assert (names["model"].predict(NUMBERS) == search.predict(NUMBERS)).all()


@pytest.mark.slow
def test_a_pipeline_with_steps_that_are_searched_from_a_file(memory_folder: Path, tmp_path: Path) -> None:
    search = MetaSearchCV(
        Pipeline([("scale", "passthrough"), ("clf", SVC())]),
        n_trials=3,
        param_distributions={"scale": ["passthrough", StandardScaler()], "clf__C": loguniform(0.1, 10)},
        random_state=0,
        memory=memory_folder,
    ).fit(X, Y)
    file = tmp_path / "wine.parquet"
    X.assign(target=Y).to_parquet(file)
    program = tmp_path / "program.py"
    program.write_text(search.to_code(str(file)), encoding="utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"balanced_accuracy: {search.best_score_:.4f} ")


def test_what_cannot_be_repeated_is_named(memory_folder: Path) -> None:
    given: dict[str, Any] = {"n_trials": 1, "random_state": 0, "memory": memory_folder}
    weighed = MetaSearchCV("svm", **given).fit(X, Y, sample_weight=np.ones(len(Y)))
    with pytest.raises(UserError, match="weighed by sample_weight"):
        weighed.to_code()
    splits = list(KFold(3).split(X))
    with pytest.raises(UserError, match="cv is a list of splits"):
        MetaSearchCV("svm", cv=splits, **given).fit(X, Y).to_code()
    with pytest.raises(UserError, match="scoring is a function"):
        MetaSearchCV("svm", scoring=lambda estimator, X, y: 1.0, **given).fit(X, Y).to_code()
    pipe = Pipeline([("f", FunctionTransformer(lambda X: X)), ("clf", SVC())])
    search = MetaSearchCV(pipe, param_distributions={"clf__C": [1.0, 2.0]}, **given).fit(X, Y)
    with pytest.raises(UserError, match="func cannot be written as code"):
        search.to_code()
    with pytest.raises(UserError, match="give file, too"):
        search.to_code(target="y")
    with pytest.raises(UserError, match="not fitted yet"):
        MetaSearchCV("svm").to_code()
