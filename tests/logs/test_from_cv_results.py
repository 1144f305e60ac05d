from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    ParameterGrid,
    RandomizedSearchCV,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from foretune import import_logs
from foretune.logs import LogError
from foretune.logs.from_cv_results import read_cv_results, trials_from_cv_results
from foretune.recommendation.search_cv.results import tabulate_results
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces import DEFAULT, Configuration

X, Y = load_iris(return_X_y=True)
GRIDS = [{"kernel": ["linear"], "C": [0.1, 1]}, {"kernel": ["rbf"], "gamma": ["scale", 0.1], "C": [1.0]}]
GRID: list[dict[str, Any]] = list(ParameterGrid(GRIDS))


@pytest.fixture(scope="module")
def searched() -> dict[str, Any]:
    """Give the results of two grids, so that gamma is masked where it is inactive."""
    results: dict[str, Any] = GridSearchCV(SVC(), GRIDS, cv=3).fit(X, Y).cv_results_
    return results


def active_params(log: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the hyperparameters of each row, without those that are inactive."""
    params = log.filter(like="param_").rename(columns=lambda name: name.removeprefix("param_"))
    return [row.dropna().to_dict() for _, row in params.astype(object).iterrows()]


def test_a_grid_search_with_what_is_inactive_left_empty(searched: dict[str, Any]) -> None:
    log = trials_from_cv_results(searched, "iris", "svm")
    written = [{**params, "gamma": str(params["gamma"])} if "gamma" in params else params for params in GRID]
    assert active_params(log) == written
    np.testing.assert_array_equal(log["score"], searched["mean_test_score"])
    expected = 3 * (searched["mean_fit_time"][0] + searched["mean_score_time"][0])
    assert log["fit_seconds"][0] == pytest.approx(expected)
    assert set(log["task_id"]) == {"iris"}
    assert set(log["learner"]) == {"svm"}


def test_a_table_of_results_gives_the_same_log(searched: dict[str, Any]) -> None:
    table = pd.DataFrame(searched).iloc[::-1]
    pd.testing.assert_frame_equal(
        trials_from_cv_results(table, "iris", "svm"),
        trials_from_cv_results(searched, "iris", "svm").iloc[::-1].reset_index(drop=True),
    )


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_a_file_gives_the_same_log(searched: dict[str, Any], tmp_path: Path, suffix: str) -> None:
    table = pd.DataFrame(searched)
    if suffix == ".parquet":  # it takes no column of texts and numbers
        table = table.drop(columns="params")
        table["param_gamma"] = table["param_gamma"].map(str, na_action="ignore")
    file = tmp_path / f"results{suffix}"
    {".csv": table.to_csv, ".json": table.to_json, ".parquet": table.to_parquet}[suffix](file)
    read = trials_from_cv_results(read_cv_results(file), "iris", "svm")
    direct = trials_from_cv_results(searched, "iris", "svm")
    pd.testing.assert_frame_equal(read, direct, rtol=1e-9, check_exact=False)


@pytest.fixture(scope="module")
def randomized() -> dict[str, Any]:
    """Give the results of a search that drew None, and scalars of NumPy of every kind."""
    space = {
        "max_depth": [None, 3],
        "max_features": [None, "sqrt"],
        "min_samples_leaf": randint(1, 5),
        "n_estimators": np.arange(3, 6),
        "criterion": np.array(["gini", "entropy"]),
        "bootstrap": np.array([True, False]),
        "ccp_alpha": uniform(0, 0.1),
    }
    forest = RandomForestClassifier(random_state=0)
    search = RandomizedSearchCV(forest, space, n_iter=8, cv=2, random_state=1)
    results: dict[str, Any] = search.fit(X, Y).cv_results_
    return results


@pytest.mark.parametrize("suffix", [".csv", ".json", ".pkl"])
def test_a_randomized_search_keeps_none_integers_and_booleans_in_a_file(
    randomized: dict[str, Any], tmp_path: Path, suffix: str
) -> None:
    table = pd.DataFrame(randomized)
    file = tmp_path / f"search{suffix}"
    {".csv": table.to_csv, ".json": table.to_json, ".pkl": table.to_pickle}[suffix](file)
    read = pd.read_pickle(file) if suffix == ".pkl" else read_cv_results(file)
    log = trials_from_cv_results(read, "iris", "random_forest")
    pd.testing.assert_frame_equal(log, trials_from_cv_results(randomized, "iris", "random_forest"), rtol=1e-9)
    assert log["param_min_samples_leaf"].dtype == log["param_n_estimators"].dtype == "int64"
    assert log["param_bootstrap"].dtype == "boolean"
    tried = [{**one, "ccp_alpha": 0} for one in randomized["params"]]
    assert {"None"} < set(log["param_max_depth"])
    imported = [json.loads(one) for one in import_logs(log).trials["params"]]
    in_order = sorted([{**one, "ccp_alpha": 0} for one in imported], key=str)
    # Equal configurations of two rows are one after the import
    assert in_order == sorted(
        [{name: _plain(value) for name, value in one.items()} for one in tried], key=str
    )


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def test_parquet_that_does_not_tell_none_from_inactive_is_refused(
    randomized: dict[str, Any], tmp_path: Path
) -> None:
    table, file = pd.DataFrame(randomized), tmp_path / "search.parquet"
    table.to_parquet(file)
    with pytest.raises(LogError, match="does not tell None from inactive, and 'max_depth', 'max_features'"):
        read_cv_results(file)
    told = table[[None not in one.values() for one in table["params"]]].reset_index(drop=True)
    told.to_parquet(file)
    log = trials_from_cv_results(read_cv_results(file), "iris")
    pd.testing.assert_frame_equal(log, trials_from_cv_results(told, "iris"))


@pytest.mark.parametrize("suffix", [None, ".csv", ".json", ".parquet"])
def test_the_learners_of_a_search_over_several_stay_several(tmp_path: Path, suffix: str | None) -> None:
    configurations = [
        Configuration("svm", {"C": 1.0, "class_weight": "balanced"}, DEFAULT),
        Configuration("k_nearest_neighbours", {"n_neighbors": 3}),
        Configuration("svm", {"C": 2.0, "class_weight": None, "kernel": "linear"}),
    ]
    scores = [ScoredTrial(np.full(2, score), np.ones(2), np.zeros(2), "ok", "") for score in (0.5, 0.6)]
    failed = ScoredTrial(np.full(2, np.nan), np.ones(2), np.zeros(2), "failed", "no reason")
    table = pd.DataFrame(tabulate_results(configurations, [*scores, failed], np.zeros(3), error_score=0))
    if suffix == ".parquet":
        table = table.drop(columns="params")
        table["param_class_weight"] = ["balanced", None, "None"]
    if suffix is not None:
        file = tmp_path / f"own{suffix}"
        {".csv": table.to_csv, ".json": table.to_json, ".parquet": table.to_parquet}[suffix](file)
        table = read_cv_results(file)
    log = trials_from_cv_results(table, "cancer", "svm")
    assert log["learner"].tolist() == ["svm", "k_nearest_neighbours", "svm"]
    assert log["is_default"].tolist() == [True, False, False]
    assert log["score"].tolist()[:2] == [0.5, 0.6]
    # Whatever its error_score
    assert np.isnan(log["score"][2])
    expected = [
        {"C": 1.0, "class_weight": "balanced"},
        {"n_neighbors": 3},
        {"C": 2.0, "class_weight": "None", "kernel": "linear"},
    ]
    assert active_params(log) == expected


def test_tuples_and_masked_cells_are_read_from_csv(tmp_path: Path) -> None:
    grid = [{"hidden_layer_sizes": (np.int64(50), 10), "alpha": 1}, {"hidden_layer_sizes": (5,)}]
    results = {"params": grid, "mean_test_score": [0.5, 0.6]}
    direct = trials_from_cv_results(results, "t")
    assert direct["param_hidden_layer_sizes"].tolist() == ["(50, 10)", "(5,)"]
    file = tmp_path / "search.csv"
    pd.DataFrame(results).to_csv(file)
    pd.testing.assert_frame_equal(trials_from_cv_results(read_cv_results(file), "t"), direct)
    file.write_text("param_C,param_gamma,mean_test_score\n1,--,0.5\n2,scale,0.6\n", encoding="utf-8")
    log = trials_from_cv_results(read_cv_results(file), "t")
    assert active_params(log) == [{"C": 1}, {"C": 2, "gamma": "scale"}]


def test_what_is_no_number_or_text_is_written_as_one() -> None:
    grid = {
        "standardscaler": [StandardScaler(), MinMaxScaler(), None],
        "kneighborsclassifier__n_neighbors": np.array([1, 3]),
        "kneighborsclassifier__metric": ["manhattan", np.float64],
    }
    search = GridSearchCV(make_pipeline(StandardScaler(), KNeighborsClassifier()), grid, cv=3)
    with warnings.catch_warnings(action="ignore"):
        results = search.fit(X, Y).cv_results_
    log = trials_from_cv_results(results, "iris", "pipeline")
    assert active_params(log)[0] == {
        "kneighborsclassifier__metric": "manhattan",
        "kneighborsclassifier__n_neighbors": 1,
        "standardscaler": "StandardScaler()",
    }
    assert set(log["param_standardscaler"]) == {"StandardScaler()", "MinMaxScaler()", "None"}
    assert log["param_kneighborsclassifier__n_neighbors"].dtype == "int64"
    failed = log[log["score"].isna()]
    assert len(failed) == 6
    assert set(failed["param_kneighborsclassifier__metric"]) == {"numpy.float64"}


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
    with pytest.raises(LogError, match="2 metrics; choose one as the score: accuracy, neg_log_loss"):
        trials_from_cv_results(results, "iris", "made")
    with pytest.raises(LogError, match="no metric 'auc'; found: accuracy"):
        trials_from_cv_results(results, "iris", "made", metric="auc")
    log = trials_from_cv_results(results, "iris", "made", metric="neg_log_loss")
    np.testing.assert_array_equal(log["score"], results["mean_test_neg_log_loss"])
    np.testing.assert_array_equal(log["param_var_smoothing"], results["param_var_smoothing"].data)
    expected = 3 * (results["mean_fit_time"] + results["mean_score_time"])
    np.testing.assert_allclose(log["fit_seconds"], expected)


def test_a_configuration_that_fails_on_one_fold_failed() -> None:
    class Moody(KNeighborsClassifier):
        def fit(self, X: Any, y: Any) -> Any:
            if self.p == 2 and X[0, 3] != 0.2:
                raise ArithmeticError("not today")
            return super().fit(X, y)

    search = GridSearchCV(Moody(), {"p": [1, 2]}, cv=3)
    with warnings.catch_warnings(action="ignore"):
        results = search.fit(X, Y).cv_results_
    assert trials_from_cv_results(results, "iris", "made")["score"].isna().tolist() == [False, True]


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
    with pytest.raises(LogError, match=message) as caught:
        trials_from_cv_results(read_cv_results(file), "iris", "svm")
    assert len(str(caught.value).splitlines()) == 1


def test_trials_that_a_race_stopped_are_left_out() -> None:
    results = {
        "params": [{"C": 1.0}, {"C": 2.0}, {"C": 3.0}],
        "mean_test_score": [0.5, np.nan, np.nan],
        "status": ["ok", "stopped", "failed"],
        "learner": ["svm", "linear", "linear"],
    }
    log = trials_from_cv_results(results, "cancer", "svm")
    assert log["param_C"].tolist() == [1.0, 3.0]
    assert log["learner"].tolist() == ["svm", "linear"]
    assert log["score"].isna().tolist() == [False, True]
