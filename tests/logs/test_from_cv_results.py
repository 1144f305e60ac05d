from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from foretune.ledger.imported_trial import TrialImportError, plain_value
from foretune.logs.from_cv_results import read_cv_results, trials_from_cv_results

X, Y = load_iris(return_X_y=True)
GRIDS = [{"kernel": ["linear"], "C": [0.1, 1]}, {"kernel": ["rbf"], "gamma": ["scale", 0.1], "C": [1.0]}]


@pytest.fixture(scope="module")
def searched() -> dict[str, Any]:
    """Give the results of two grids, so that gamma is masked where it is inactive."""
    results: dict[str, Any] = GridSearchCV(SVC(), GRIDS, cv=3).fit(X, Y).cv_results_
    return results


def test_a_grid_search(searched: dict[str, Any]) -> None:
    trials = trials_from_cv_results(searched, "iris", "svm")
    assert [trial.configuration.params for trial in trials] == list(searched["params"])
    np.testing.assert_array_equal([trial.score for trial in trials], searched["mean_test_score"])
    assert [fold["score"] for fold in trials[0].fold_metrics] == [
        searched[f"split{i}_test_score"][0] for i in range(3)
    ]
    expected = 3 * (searched["mean_fit_time"][0] + searched["mean_score_time"][0])
    assert trials[0].fit_seconds == pytest.approx(expected)
    assert {(trial.task_id, trial.configuration.learner, trial.status) for trial in trials} == {
        ("iris", "svm", "ok")
    }


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_a_file_gives_the_same_trials(searched: dict[str, Any], tmp_path: Path, suffix: str) -> None:
    table = pd.DataFrame(searched)
    if suffix == ".parquet":  # it takes no column of texts and numbers
        table = table.drop(columns="params")
        table["param_gamma"] = table["param_gamma"].map(str, na_action="ignore")
    file = tmp_path / f"results{suffix}"
    {".csv": table.to_csv, ".json": table.to_json, ".parquet": table.to_parquet}[suffix](file)
    read = trials_from_cv_results(read_cv_results(file), "iris", "svm")
    direct = trials_from_cv_results(searched, "iris", "svm")
    for trial, expected in zip(read, direct, strict=True):
        assert trial.score == pytest.approx(expected.score, abs=1e-9)
        assert set(trial.configuration.params) == set(expected.configuration.params)
    if suffix == ".csv":
        assert [trial.configuration for trial in read] == [trial.configuration for trial in direct]


def test_all_kinds_of_values() -> None:
    grid = {
        "standardscaler": [StandardScaler(), MinMaxScaler(), None],
        "kneighborsclassifier__n_neighbors": np.array([1, 3]),
        "kneighborsclassifier__metric": ["manhattan", np.float64],
    }
    search = GridSearchCV(make_pipeline(StandardScaler(), KNeighborsClassifier()), grid, cv=3)
    with warnings.catch_warnings(action="ignore"):
        results = search.fit(X, Y).cv_results_
    trials = trials_from_cv_results(results, "iris", "pipeline")
    params = trials[0].configuration.params
    assert params == {
        "kneighborsclassifier__metric": "manhattan",
        "kneighborsclassifier__n_neighbors": 1,
        "standardscaler": "StandardScaler()",
    }
    assert type(params["kneighborsclassifier__n_neighbors"]) is int
    failed = [trial for trial in trials if trial.status == "failed"]
    assert len(failed) == 6
    assert {trial.configuration.params["kneighborsclassifier__metric"] for trial in failed} == {
        "numpy.float64"
    }
    assert failed[0].error == "the search stored no finite mean_test_score"
    assert failed[0].fold_metrics == []
    assert len({trial.configuration.config_id for trial in trials}) == 12


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.float32(0.5), 0.5),
        (np.str_("a"), "a"),
        (float("nan"), "nan"),
        ((100, 50), "(100, 50)"),
        (np.array([1, 2]), "[1 2]"),
        (len, "builtins.len"),
        (None, None),
    ],
)
def test_values_become_plain(value: Any, expected: Any) -> None:
    assert plain_value(value) == expected
    assert type(plain_value(value)) is type(expected)


def test_a_randomized_search_with_several_metrics() -> None:
    search = RandomizedSearchCV(
        GaussianNB(),
        {"var_smoothing": loguniform(1e-9, 1e-3)},
        n_iter=4,
        scoring=["accuracy", "neg_log_loss"],
        refit=False,
        cv=3,
        random_state=0,
    )
    results = search.fit(X, Y).cv_results_
    with pytest.raises(TrialImportError, match="2 metrics; choose one as the score: accuracy, neg_log_loss"):
        trials_from_cv_results(results, "iris", "made")
    with pytest.raises(TrialImportError, match="no metric 'auc'; found: accuracy"):
        trials_from_cv_results(results, "iris", "made", metric="auc")
    trials = trials_from_cv_results(results, "iris", "made", metric="neg_log_loss")
    np.testing.assert_array_equal([trial.score for trial in trials], results["mean_test_neg_log_loss"])
    assert set(trials[0].fold_metrics[0]) == {"accuracy", "neg_log_loss"}


def test_a_configuration_that_fails_on_one_fold_failed() -> None:
    class Moody(KNeighborsClassifier):
        def fit(self, X: Any, y: Any) -> Any:
            if self.p == 2 and X[0, 3] != 0.2:
                raise ArithmeticError("not today")
            return super().fit(X, y)

    search = GridSearchCV(Moody(), {"p": [1, 2]}, cv=3)
    with warnings.catch_warnings(action="ignore"):
        results = search.fit(X, Y).cv_results_
    assert [trial.status for trial in trials_from_cv_results(results, "iris", "made")] == ["ok", "failed"]


def test_of_a_halving_search_only_the_last_round_compares() -> None:
    search = HalvingGridSearchCV(
        KNeighborsClassifier(1), {"p": [1, 1.5, 2, 3]}, cv=3, factor=2, random_state=0
    )
    results = search.fit(X, Y).cv_results_
    trials = trials_from_cv_results(results, "iris", "made")
    assert len(trials) == (results["n_resources"] == results["n_resources"].max()).sum()
    assert len(trials) < 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("search.pkl", "x", "neither CSV, Parquet nor JSON"),
        ("search.json", "{", "cannot be read"),
        ("search.parquet", "x", "cannot be read"),
        ("search.csv", "a,b\n1,2\n", "no column mean_test_"),
    ],
)
def test_a_file_of_another_kind(tmp_path: Path, name: str, content: str, message: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(TrialImportError, match=message) as caught:
        trials_from_cv_results(read_cv_results(file), "iris", "svm")
    assert len(str(caught.value).splitlines()) == 1
