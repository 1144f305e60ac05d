from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.datasets import load_iris, load_wine
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tests.conftest import make_mixed_task

from foretune import MetaSearchCV
from foretune.base.errors import UserError
from foretune.hpo.design import default_configuration
from foretune.learners import Learner, PreprocessingParameters, TimeFolds, registry
from foretune.learners.calibrated_svc import CalibratedSVC
from foretune.recommendation import load_memory, reference_folder
from foretune.recommendation.core.feasibility import Feasibility
from foretune.recommendation.core.suggestions import RecommendationWarning
from foretune.recommendation.search_cv.estimator import build_pipeline
from foretune.recommendation.search_cv.folds import GivenData, make_search_folds, split_rows
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial, TrialEvaluator
from foretune.spaces.configuration import Configuration
from foretune.tables import Table

PREPROCESSING = PreprocessingParameters(max_categories=20)

# Tables here are unlike the few that the small memory knows: warnings of that are tested apart
pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)

LEARNERS = ["k_nearest_neighbours", "random_forest", "svm", "xgboost"]
FAST = "k_nearest_neighbours"


@pytest.fixture
def memory(memory_folder: Path) -> str:
    return str(memory_folder)


@pytest.fixture(scope="module")
def wine() -> tuple[pd.DataFrame, pd.Series]:
    X, y = load_wine(return_X_y=True, as_frame=True)
    return X.iloc[::3], y.iloc[::3].map({0: "red", 1: "white", 2: "rose"})


@pytest.fixture(scope="module")
def numbers() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    return X, 100 + 5 * X[:, 0] + 3 * X[:, 1] * X[:, 2] + rng.normal(size=60)


def _fold_scores(search: MetaSearchCV, trial: int) -> list[float]:
    return [search.cv_results_[f"split{at}_test_score"][trial] for at in range(search.n_splits_)]


@pytest.mark.quick("k_nearest_neighbours-None", "xgboost-neg_log_loss")
@pytest.mark.parametrize(
    ("learner", "scoring"),
    [
        *[(learner, None) for learner in LEARNERS],
        ("xgboost", "neg_log_loss"),
        ("svm", "roc_auc_ovr"),
    ],
)
def test_a_trial_has_the_scores_of_cross_val_score(
    learner: str, scoring: str | None, memory: str, wine: tuple[pd.DataFrame, pd.Series]
) -> None:
    X, y = wine
    splits = StratifiedKFold(3, shuffle=True, random_state=0)
    search = MetaSearchCV(learner, 3, scoring=scoring, cv=splits, memory=memory, random_state=0).fit(X, y)
    for trial, params in enumerate(search.cv_results_["params"]):
        if search.cv_results_["status"][trial] != "ok":
            continue
        pipeline = build_pipeline(Configuration(learner, params), "classification", PREPROCESSING, seed=0)
        expected = cross_val_score(pipeline, X, y, cv=splits, scoring=search.scorer_)
        np.testing.assert_allclose(_fold_scores(search, trial), expected, rtol=0, atol=1e-9)
    again = cross_val_score(clone(search.best_estimator_), X, y, cv=splits, scoring=search.scorer_)
    assert again.mean() == pytest.approx(search.best_score_, abs=1e-9)


@pytest.mark.quick("svm")
@pytest.mark.parametrize("learner", LEARNERS)
def test_a_regression_trial_has_the_scores_of_cross_val_score(
    learner: str, memory: str, numbers: tuple[np.ndarray, np.ndarray]
) -> None:
    search = MetaSearchCV(
        learner, 1, scoring="neg_root_mean_squared_error", memory=memory, random_state=3
    ).fit(*numbers)
    splits = KFold(5, shuffle=True, random_state=3)
    again = cross_val_score(clone(search.best_estimator_), *numbers, cv=splits, scoring=search.scorer_)
    np.testing.assert_allclose(_fold_scores(search, search.best_index_), again, rtol=0, atol=1e-9)


def test_a_search_prepares_tables_as_the_memory_says(memory: str) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"number": rng.normal(size=80), "name": rng.choice(list("abcdefgh"), 80)})
    y = (X["name"].isin(["a", "b"]) ^ (X["number"] > 1)).astype(int)
    known = load_memory("classification", memory)
    assert known.provenance is not None
    few = PreprocessingParameters(max_categories=3)
    own = replace(known, provenance=replace(known.provenance, preprocessing=few))
    silent = replace(known, provenance=replace(known.provenance, preprocessing=None))
    splits = StratifiedKFold(3, shuffle=True, random_state=0)
    for one, preprocessing in ((own, few), (known, PREPROCESSING), (silent, PREPROCESSING)):
        search = MetaSearchCV(FAST, 1, cv=splits, memory=one, random_state=0).fit(X, y)
        pipeline = build_pipeline(
            Configuration(FAST, search.best_params_), "classification", preprocessing, 0
        )
        expected = cross_val_score(pipeline, X, y, cv=splits, scoring=search.scorer_)
        np.testing.assert_allclose(_fold_scores(search, 0), expected, rtol=0, atol=1e-9)
        refitted = search.best_estimator_.named_steps["preprocessing"].transform(
            search.best_estimator_.named_steps["columns"].transform(X)
        )
        assert refitted.shape[1] == 1 + min(8, preprocessing.max_categories)


@pytest.mark.parametrize(("n_trials", "draws_more"), [(1, False), (15, True)])
def test_candidates_and_what_can_be_fitted_are_worked_out_once(
    memory: str,
    wine: tuple[pd.DataFrame, pd.Series],
    monkeypatch: pytest.MonkeyPatch,
    n_trials: int,
    draws_more: bool,
) -> None:
    asked: list[str] = []
    why_not = Feasibility.why_not

    def count(self: Feasibility, configuration: Configuration) -> str | None:
        asked.append(configuration.config_id)
        return why_not(self, configuration)

    monkeypatch.setattr(Feasibility, "why_not", count)
    search = MetaSearchCV(FAST, n_trials, memory=memory, random_state=0, min_gain=0).fit(*wine)
    assert search.n_trials_ == n_trials
    assert len(asked) == len(set(asked))
    provenance = load_memory("classification", memory).provenance
    assert provenance is not None
    known = {one.config_id for one in provenance.configurations.values() if one.learner == FAST}
    assert known <= set(asked)
    # Where few are remembered new ones are drawn, up to four for each trial
    assert (len(asked) > len(known)) == draws_more
    assert len(asked) <= max(len(known), 4 * n_trials)


@pytest.mark.quick("linear")
@pytest.mark.parametrize("learner", ["linear", "gradient_boosting", "svm"])
def test_decision_values_are_those_of_each_configuration_alone(learner: str, wine: Any) -> None:
    # ROC AUC of two classes asks for decision values, which a shared path does not give
    X, y = wine[0], (wine[1] == "red").to_numpy()
    params: dict[str, list[Any]] = {
        "linear": ["C", 0.1, 1.0],
        "gradient_boosting": ["n_estimators", 3, 8],
        "svm": ["C", 0.1, 1.0],
    }
    name, *values = params[learner]
    configurations = [Configuration(learner, {name: value}) for value in values]
    splits = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))
    split = split_rows(splits, X, y, "classification", 0)
    folds = make_search_folds(Table.read(X, y), GivenData(X, y, y), split, PREPROCESSING)
    evaluator = TrialEvaluator(folds, "classification", 0, get_scorer("roc_auc"))
    for configuration, trial in evaluator.evaluate(configurations):
        pipeline = build_pipeline(configuration, "classification", PREPROCESSING, 0)
        expected = cross_val_score(pipeline, X, y, cv=splits, scoring="roc_auc")
        np.testing.assert_allclose(trial.fold_scores, expected, rtol=0, atol=1e-12)


def test_after_the_fit(memory: str, wine: tuple[pd.DataFrame, pd.Series]) -> None:
    X, y = wine
    search = MetaSearchCV("auto", 4, memory=memory, random_state=0, min_gain=0).fit(X, y)
    table = pd.DataFrame(search.cv_results_)
    assert len(table) == search.n_trials_ == 4
    assert search.stop_reason_ == "n_trials"
    assert table["is_default"].head(3).any()
    best = table.loc[search.best_index_]
    assert best["mean_test_score"] == search.best_score_ == table["mean_test_score"].max()
    assert (best["rank_test_score"], best["params"]) == (1, search.best_params_)
    assert best["learner"] == search.best_learner_
    assert search.cv_results_["param_C"].mask.any() or "svm" not in set(table["learner"])
    assert list(search.classes_) == ["red", "rose", "white"]
    assert list(search.feature_names_in_) == list(X.columns)
    assert set(search.predict(X)) <= set(search.classes_)
    np.testing.assert_allclose(search.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert search.score(X, y) == get_scorer("balanced_accuracy")(search.best_estimator_, X, y)
    assert is_classifier(search)
    assert search.refit_time_ > 0
    assert search.n_splits_ == 5
    # Of equal scores the earlier trial
    assert search.best_index_ == int(np.argmax(table["mean_test_score"]))
    assert not hasattr(search, "transform")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_search_for_any_number_of_jobs(memory: str, wine: Any) -> None:
    tables = []
    for n_jobs in (1, 2):
        search = MetaSearchCV(["xgboost", FAST], 3, memory=memory, random_state=5, n_jobs=n_jobs)
        table = pd.DataFrame(search.fit(*wine).cv_results_)
        tables.append(
            table.drop(columns=[f"{a}_{b}_time" for a in ("mean", "std") for b in ("fit", "score")])
        )
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_random_state_object_moves_on(memory: str, wine: Any) -> None:
    states = [np.random.RandomState(0) for _ in range(2)]
    scores = [MetaSearchCV(FAST, 2, memory=memory, random_state=state).fit(*wine) for state in states]
    assert _fold_scores(scores[0], 0) == _fold_scores(scores[1], 0)
    assert states[0].randint(1000) != np.random.RandomState(0).randint(1000)


@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_raw_tables_go_in_and_predictions_come_out(task_type: Any, memory: str) -> None:
    task = make_mixed_task(task_type, 80)
    X = task.X.assign(
        text=pd.Series(["long", None, "short", "mid"] * 20, dtype=object),
        when=pd.date_range("2024-01-01", periods=80),
        empty=np.nan,
        code=pd.array([1, None] * 40, dtype="Int64"),
    )
    y = task.y.astype(str) if task_type == "classification" else task.y
    search = MetaSearchCV(["xgboost", FAST], 3, memory=memory, random_state=0).fit(X, y)
    assert (search.cv_results_["status"] == "ok").all()
    new = X.head(6).copy()
    new["colour"] = ["violet", None, "red", "green", "blue", "red"]
    new["text"] = [None, "huge", 7, "long", "mid", "short"]
    new.loc[:3, "length"] = np.nan
    assert search.predict(new).shape == (6,)
    assert is_regressor(search) == (task_type == "regression")
    with pytest.raises(ValueError, match="column 'length' held numbers in fit, but holds 'x' now"):
        search.predict(new.assign(length="x"))


def test_arrays_of_objects_are_read_column_by_column(memory: str) -> None:
    X = np.array([[1.5 * at, "red" if at % 2 else "blue", None] for at in range(30)], dtype=object)
    y = np.arange(30) % 2
    search = MetaSearchCV(FAST, 1, memory=memory, random_state=0).fit(X, y)
    assert search.best_score_ > 0.9
    assert search.predict(X[:3]).tolist() == [0, 1, 0]


def test_without_trials_the_recommended_configuration_is_fitted(memory: str, wine: Any) -> None:
    search = MetaSearchCV("xgboost", 0, memory=memory, random_state=0).fit(*wine)
    assert np.isnan(search.best_score_)
    assert (search.n_trials_, search.stop_reason_, search.n_splits_) == (0, "zero_shot", 0)
    assert len(pd.DataFrame(search.cv_results_)) == 1
    # XGBoost takes codes for classes: the learner is inside of a wrapper that gives the labels back
    learner = search.best_estimator_.get_params()
    given = {name.rpartition("__")[2]: value for name, value in learner.items() if "learner__" in name}
    assert search.best_params_.items() <= given.items()
    assert search.score(*wine) > 0.5
    first = MetaSearchCV("xgboost", 3, memory=memory, random_state=0, min_gain=0).fit(*wine)
    assert first.cv_results_["params"][0] == search.best_params_


@pytest.mark.quick("0-load_wine")
@pytest.mark.parametrize("load", [load_iris, load_wine])
@pytest.mark.parametrize("seed", range(3))
def test_no_worse_than_the_library_default_on_75_rows(load: Any, seed: int, memory: str) -> None:
    X, y = load(return_X_y=True, as_frame=True)
    rows = np.random.default_rng(seed).permutation(len(X))[:75]
    X, y = X.iloc[rows], y.iloc[rows]
    splits = StratifiedKFold(5, shuffle=True, random_state=seed)
    default = build_pipeline(
        default_configuration(FAST, "classification"), "classification", PREPROCESSING, seed
    )
    scores = cross_val_score(default, X, y, cv=splits, scoring="balanced_accuracy")
    zero_shot = MetaSearchCV(FAST, 0, memory=memory, random_state=seed).fit(X, y)
    found = cross_val_score(clone(zero_shot.best_estimator_), X, y, cv=splits, scoring="balanced_accuracy")
    # One standard error of the mean over the folds
    assert found.mean() >= scores.mean() - scores.std(ddof=1) / np.sqrt(5) - 1e-9
    search = MetaSearchCV(FAST, 2, memory=memory, random_state=seed).fit(X, y)
    assert search.cv_results_["is_default"].any()
    assert search.best_score_ >= scores.mean() - 1e-12


def test_a_search_ends_when_nothing_is_to_be_gained(memory: str, wine: Any) -> None:
    ended = MetaSearchCV(FAST, 8, memory=memory, random_state=0, min_gain=0.9).fit(*wine)
    assert (ended.stop_reason_, ended.n_trials_) == ("min_gain", 2)
    assert ended.cv_results_["is_default"].any()
    whole = MetaSearchCV(FAST, 8, memory=memory, random_state=0, min_gain=0).fit(*wine)
    assert (whole.stop_reason_, whole.n_trials_) == ("n_trials", 8)


def test_new_configurations_are_drawn_where_few_are_remembered(memory: str, wine: Any) -> None:
    search = MetaSearchCV(FAST, 14, memory=memory, random_state=0, min_gain=0).fit(*wine)
    assert search.n_trials_ == 14
    assert len({str(one) for one in search.cv_results_["params"]}) == 14


@pytest.mark.parametrize(
    "cv",
    [3, KFold(4), [(np.arange(40), np.arange(40, 59)), (np.arange(19, 59), np.arange(19))]],
    ids=["number", "splitter", "splits"],
)
def test_any_splits_can_be_given(cv: Any, memory: str, wine: Any) -> None:
    search = MetaSearchCV("xgboost", 1, cv=cv, memory=memory, scoring="accuracy", random_state=0)
    search.fit(wine[0].iloc[:59], wine[1].iloc[:59])
    expected = cross_val_score(
        clone(search.best_estimator_), wine[0].iloc[:59], wine[1].iloc[:59], cv=cv, scoring="accuracy"
    )
    np.testing.assert_allclose(_fold_scores(search, 0), expected, rtol=0, atol=1e-9)


def test_groups_reach_the_splitter(memory: str, wine: Any) -> None:
    groups = np.arange(len(wine[0])) % 4
    search = MetaSearchCV(FAST, 1, cv=GroupKFold(4), memory=memory).fit(*wine, groups=groups)
    assert search.n_splits_ == 4
    with pytest.raises(
        ValueError, match=r"cv = GroupKFold.* cannot split this table: The 'groups' parameter"
    ):
        clone(search).fit(*wine)


def test_a_callable_scores_the_users_own_rows(memory: str, wine: Any) -> None:
    seen: list[int] = []

    def scorer(estimator: Any, X: Any, y: Any) -> float:
        seen.append(len(X))
        assert isinstance(X, pd.DataFrame)
        assert list(estimator.classes_) == ["red", "rose", "white"]
        return float((estimator.predict(X) == y).mean())

    search = MetaSearchCV(FAST, 1, scoring=scorer, memory=memory, random_state=0).fit(*wine)
    assert sum(seen) == len(wine[0])
    assert np.isnan(search.cv_results_["predicted_score"]).all()
    accuracy = MetaSearchCV(FAST, 1, scoring="accuracy", memory=memory, random_state=0).fit(*wine)
    assert accuracy.best_score_ == search.best_score_


def test_a_failed_trial_is_a_row(memory: str, wine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, FAST, lambda params: params.get("p") == 1)
    search = MetaSearchCV(FAST, 6, memory=memory, random_state=0, min_gain=0, error_score=-1)
    with pytest.warns(
        FitFailedWarning, match="of 6 trials failed; the first, k_nearest.*RuntimeError: broken"
    ):
        search.fit(*wine)
    failed = search.cv_results_["status"] == "failed"
    assert 0 < failed.sum() < 6
    assert (search.cv_results_["mean_test_score"][failed] == -1).all()
    assert set(search.cv_results_["error"][failed]) == {"RuntimeError: broken"}
    assert search.best_params_["p"] != 1
    with pytest.raises(UserError, match=r"k_nearest_neighbours with .* failed: RuntimeError: broken"):
        clone(search).set_params(error_score="raise").fit(*wine)


def test_where_all_fail_the_reason_is_given(memory: str, wine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, FAST, lambda params: True)
    with pytest.raises(
        ValueError, match=r"all 3 trials failed; the first, k_nearest_.*: RuntimeError: broken"
    ):
        MetaSearchCV(FAST, 3, memory=memory).fit(*wine)
    with pytest.raises(ValueError, match=r"none of the recommended configurations can be fitted; .* broken"):
        MetaSearchCV(FAST, 0, memory=memory).fit(*wine)


def _break(monkeypatch: pytest.MonkeyPatch, name: str, is_broken: Any, message: str = "broken") -> None:
    learner = registry.get_learner(name)

    def build(params: dict[str, Any], task_type: Any, seed: int) -> Any:
        if is_broken(params):
            raise RuntimeError(message)
        return learner.build(params, task_type, seed)

    broken = Learner(name, build, learner.library_default, takes_labels=True)
    monkeypatch.setattr(registry, "_LEARNERS", {**registry._LEARNERS, name: broken})


@pytest.mark.parametrize("n_before", [0, 4])
def test_ctrl_c_keeps_what_was_evaluated(
    n_before: int, memory: str, wine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = TrialEvaluator.evaluate
    done: list[ScoredTrial] = []

    def interrupted(self: TrialEvaluator, configurations: Any, race: Any = None) -> Any:
        for configuration, trial in evaluate(self, configurations, race):
            if len(done) == n_before:
                raise KeyboardInterrupt
            done.append(trial)
            yield configuration, trial

    monkeypatch.setattr(TrialEvaluator, "evaluate", interrupted)
    search = MetaSearchCV(FAST, 20, memory=memory, random_state=0, min_gain=0)
    if not n_before:
        with pytest.raises(KeyboardInterrupt):
            search.fit(*wine)
        return
    with pytest.warns(RecommendationWarning, match="interrupted after 4 trials: the best of them is kept"):
        search.fit(*wine)
    assert (search.n_trials_, search.stop_reason_) == (4, "interrupted")
    assert search.best_score_ == max(trial.score for trial in done)
    assert search.predict(wine[0]).shape == (len(wine[0]),)


def test_without_a_refit(memory: str, wine: Any) -> None:
    search = MetaSearchCV(FAST, 2, memory=memory, refit=False).fit(*wine)
    assert search.best_params_
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "predict")
    with pytest.raises(AttributeError, match="no attribute 'predict'") as raised:
        search.predict(wine[0])
    assert "refit=False" in str(raised.value.__cause__)
    with pytest.raises(AttributeError, match="refit=False"):
        search.score(*wine)


def test_a_line_for_each_trial(memory: str, wine: Any, capsys: pytest.CaptureFixture[str]) -> None:
    MetaSearchCV(FAST, 2, memory=memory).fit(*wine)
    assert not capsys.readouterr().out
    MetaSearchCV(FAST, 2, memory=memory, verbose=1).fit(*wine)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:28] for line in lines] == ["[1/2] k_nearest_neighbours {", "[2/2] k_nearest_neighbours {"]


def test_a_larger_table_is_sampled_and_the_last_fit_takes_all(memory: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = (X[:, 0] > 0).astype(int)
    search = MetaSearchCV(FAST, 1, memory=memory, random_state=0, max_rows=100)
    told = "evaluates on 100 of 400 rows; the last fit takes all"
    with pytest.warns(RecommendationWarning, match=told) as warned:
        search.fit(X, y)
    # The line above, whatever of scikit-learn's is between it and the search
    assert {one.filename for one in warned if told in str(one.message)} == {__file__}
    assert any("100 of 400 rows" in note for note in search.notes_)
    assert search.best_estimator_.named_steps["learner"].n_samples_fit_ == 400


def test_a_class_with_fewer_rows_than_folds(memory: str, wine: Any) -> None:
    X, y = wine[0].head(44), wine[1].head(44)
    y = y.where(np.arange(44) < 42, "rose")
    with pytest.warns(RecommendationWarning, match="class 'rose' has 2 rows.* 3 folds instead of 5"):
        search = MetaSearchCV(FAST, 1, memory=memory).fit(X, y)
    assert search.n_splits_ == 3
    with pytest.warns(RecommendationWarning, match="class 'rose' has 2 rows, fewer than cv = 4 folds"):
        MetaSearchCV("xgboost", 1, cv=4, memory=memory).fit(X, y)


def test_five_rows(memory: str) -> None:
    X, y = np.arange(10.0).reshape(5, 2), np.array(["a", "b", "a", "b", "a"])
    with pytest.warns(RecommendationWarning, match="class 'b' has 2 rows, so not every fold has one"):
        search = MetaSearchCV(["xgboost", "random_forest"], 1, memory=memory, random_state=0).fit(X, y)
    assert any("5 rows are fewer than 100: the library default comes first" in note for note in search.notes_)
    assert search.cv_results_["is_default"].all()
    assert search.predict(X).shape == (5,)
    with pytest.raises(ValueError, match="y has 3 rows: too few for a search"):
        MetaSearchCV(FAST, 1, memory=memory, task_type="regression").fit(X[:3], [1.0, 2.5, 3.0])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"learner": "forest"},
            r"'forest' is not in this memory \(did you mean 'random_forest'\?\); choose from: auto",
        ),
        ({"n_trials": -1}, "n_trials = -1 must be a whole number of at least 0"),
        ({"n_trials": 2.5}, "n_trials = 2.5 must be"),
        ({"scoring": "acuracy"}, r"scoring = 'acuracy' is no scorer \(did you mean 'accuracy'"),
        ({"scoring": ["accuracy", "f1_macro"]}, "refit = True: with several scores it must be the name of"),
        ({"cv": 1.5}, "cv = 1.5 cannot split this table"),
        ({"cv": 1000}, "cv = 1000 cannot split this table"),
        ({"task_type": "clustering"}, "task_type = 'clustering' must be one of classification, regression"),
        ({"min_gain": -0.1}, "min_gain = -0.1 must be a number of at least 0"),
        ({"max_rows": 0}, "max_rows = 0 must be a whole number of at least 2"),
        ({"n_jobs": 0}, "n_jobs = 0 must be None or a whole number other than 0"),
        ({"refit": 2}, "refit = 2 must be True, False, the name of a score, or a function"),
        ({"racing": "yes"}, "racing = 'yes' must be True, False or None"),
        ({"error_score": "ignore"}, "error_score = 'ignore' must be a number or 'raise'"),
        ({"random_state": -1}, "random_state = -1 must not be negative"),
        ({"guard": {"min_rows": 5}}, "guard must be None or foretune.Guard"),
        ({"memory": "nowhere"}, "nowhere has no memory of classification tasks"),
        ({"task_type": "regression"}, "regression target 'target' is not numeric"),
    ],
    ids=str,
)
def test_wrong_parameters(parameters: dict[str, Any], message: str, memory: str, wine: Any) -> None:
    search = MetaSearchCV(**{"learner": FAST, "n_trials": 1, "memory": memory, **parameters})
    with pytest.raises((UserError, ValueError), match=message) as caught:
        search.fit(*wine)
    assert isinstance(caught.value, UserError)
    assert "\n" not in str(caught.value)


def test_wrong_tables(memory: str, wine: Any) -> None:
    X, y = wine
    search = MetaSearchCV(FAST, 1, memory=memory)
    wrong: list[tuple[Any, Any, str]] = [
        (X, y.where(y == "red", "red"), "target 'target' has one class only, 'red'"),
        (X.replace(X.iloc[0, 0], np.inf), y, "non-finite numbers in columns 'alcohol'"),
        (X * np.nan, y, "no feature has a value"),
        (X, y.where(np.arange(len(y)) > 1), "Input y contains NaN: 2 of 60 rows, leave them out"),
        (X.head(10), y, "inconsistent numbers of samples"),
        (X.set_axis(["a"] * X.shape[1], axis=1), y, "duplicate column names 'a'"),
    ]
    for features, target, message in wrong:
        with pytest.raises(ValueError, match=message):
            search.fit(features, target)


def test_it_behaves_like_an_estimator(memory: str, wine: Any) -> None:
    search = MetaSearchCV(FAST, 1, memory=memory, random_state=0, task_type="classification")
    assert repr(clone(search)) == repr(search)
    assert search.set_params(n_trials=2).get_params()["n_trials"] == 2
    with pytest.raises(NotFittedError):
        search.predict(wine[0])
    pipeline = make_pipeline(StandardScaler(), search).set_output(transform="pandas").fit(*wine)
    assert list(pipeline[-1].feature_names_in_) == list(wine[0].columns)
    assert pipeline.score(*wine) > 0.8
    scores = cross_val_score(search, *wine, cv=3)
    assert scores.shape == (3,)
    assert scores.min() > 0.8
    with pytest.raises(ValueError, match="feature names should match"):
        pipeline[-1].predict(wine[0].iloc[:, ::-1])


def test_a_fit_forgets_the_one_before(memory: str, wine: Any) -> None:
    search = MetaSearchCV(FAST, 1, memory=memory).fit(*wine)
    with pytest.raises(ValueError, match="inconsistent"):
        search.fit(wine[0].head(3), wine[1])
    assert not hasattr(search, "best_estimator_")


def test_transform_is_there_where_the_learner_transforms(
    memory: str, wine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbours = registry.get_learner(FAST)

    class Transforming(type(neighbours.build({}, "classification", 0)), BaseEstimator):
        def transform(self, X: Any) -> Any:
            return self.kneighbors(X, return_distance=True)[0]

    def build(params: dict[str, Any], task_type: Any, seed: int) -> Any:
        return Transforming(**params)

    learner = Learner(FAST, build, neighbours.library_default, takes_labels=True)
    monkeypatch.setattr(registry, "_LEARNERS", {**registry._LEARNERS, FAST: learner})
    search = MetaSearchCV(FAST, 1, memory=memory).fit(*wine)
    assert search.transform(wine[0]).shape[0] == len(wine[0])


def test_quiet_where_all_is_well(memory: str) -> None:
    # Rows of a table that the memory knows
    X, y = load_wine(return_X_y=True, as_frame=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MetaSearchCV(FAST, 1, memory=memory, random_state=0).fit(X, y)


@pytest.mark.quick("svm-load_iris")
@pytest.mark.skipif(
    not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
)
@pytest.mark.parametrize("load", [load_iris, load_wine])
@pytest.mark.parametrize("learner", ["xgboost", "svm"])
def test_75_rows_of_a_table_never_met_get_no_worse_than_the_default(load: Any, learner: str) -> None:
    memory = load_memory("classification").without(["iris", "wine"])
    X, y = load(return_X_y=True)
    for seed in range(2):
        rows = np.sort(np.random.default_rng(seed).permutation(len(y))[:75])
        settings = {"cv": 3, "random_state": seed, "memory": memory, "min_gain": 0}
        unsearched = MetaSearchCV(learner, 0, refit=False, **settings).fit(X[rows], y[rows])
        assert unsearched.best_params_ == default_configuration(learner, "classification").params
        search = MetaSearchCV(learner, 3, refit=False, **settings).fit(X[rows], y[rows])
        default = [one == unsearched.best_params_ for one in search.cv_results_["params"]].index(True)
        assert search.best_score_ >= search.cv_results_["mean_test_score"][default]


@pytest.mark.parametrize("n_rare", [1, 2, 3])
def test_a_support_vector_machine_works_where_a_class_has_few_rows(n_rare: int, memory: str) -> None:
    X, y = load_iris(return_X_y=True)
    search = MetaSearchCV("svm", n_trials=2, memory=memory, random_state=0)
    with pytest.warns(RecommendationWarning, match="not every fold has one|3 folds"):
        search.fit(X[: 100 + n_rare], y[: 100 + n_rare])
    assert list(search.cv_results_["status"]) == ["ok", "ok"]
    assert search.best_score_ > 0.7


@pytest.mark.slow
def test_a_search_leaves_a_learner_whose_trials_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """All defaults, on a table whose first proposals are support vector machines."""

    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError("too large")

    monkeypatch.setattr(CalibratedSVC, "fit", fail)
    X, y = load_iris(return_X_y=True)
    search = MetaSearchCV(n_trials=10, cv=3, random_state=0, min_gain=0, refit=False)
    with pytest.warns(FitFailedWarning, match="too large"):
        search.fit(X[:101], y[:101])
    failed = np.array(search.cv_results_["status"]) == "failed"
    assert set(np.array(search.cv_results_["learner"])[failed]) == {"svm"}
    assert 1 <= failed.sum() <= 3
    assert len(failed) == 10


@pytest.mark.quick("1e+308")
@pytest.mark.parametrize("factor", [1e308, -1e308, 5e-324])
def test_scores_of_any_size_are_compared(factor: float, memory: str, wine: Any) -> None:
    def scorer(estimator: Any, X: Any, y: Any) -> float:
        return float((estimator.predict(X) == y).mean()) * factor

    search = MetaSearchCV(FAST, 5, scoring=scorer, memory=memory, random_state=0, min_gain=0, cv=3)
    search.fit(*wine)
    results = search.cv_results_
    assert search.n_trials_ == 5
    assert np.isfinite(results["mean_test_score"]).all()
    assert np.isfinite(results["std_test_score"]).all()
    assert search.best_score_ == results["mean_test_score"].max()
    assert results["rank_test_score"][search.best_index_] == 1


def test_no_message_is_long(memory: str, wine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = wine
    splits = [(np.arange(40), np.arange(40, 90))] * 50
    with pytest.raises(UserError, match="cannot split this table") as caught:
        MetaSearchCV(FAST, 1, cv=splits, memory=memory).fit(X, y)
    assert len(str(caught.value)) <= 500
    with pytest.raises(UserError, match=r"x{30}.*must be") as caught:
        MetaSearchCV(FAST, 1, task_type=cast("Any", "x" * 9000), memory=memory).fit(X, y)
    assert len(str(caught.value)) <= 500
    _break(monkeypatch, FAST, lambda params: params.get("p") == 1, "broken " * 2000)
    with pytest.warns(FitFailedWarning, match="trials failed; the first") as warned:
        MetaSearchCV(FAST, 6, memory=memory, random_state=0, min_gain=0).fit(X, y)
    assert max(len(str(one.message)) for one in warned) <= 500


def test_a_race_chooses_among_complete_trials(
    numbers: tuple[np.ndarray, np.ndarray], memory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"memory": memory, "random_state": 0, "min_gain": 0, "scoring": "r2"}
    search = MetaSearchCV(["svm", FAST], 12, racing=True, error_score="raise", verbose=1, **given).fit(
        *numbers
    )
    results = pd.DataFrame(search.cv_results_)
    stopped = results["status"] == "stopped"
    assert stopped.any()
    assert set(results["status"]) == {"ok", "stopped"}
    folds = results[[f"split{at}_test_score" for at in range(search.n_splits_)]]
    assert folds[stopped].notna().sum(axis=1).isin([1, 2]).all()
    assert results.loc[stopped, "mean_test_score"].isna().all()
    assert folds[~stopped].notna().all(axis=None)
    best = results.loc[search.best_index_]
    assert best["status"] == "ok"
    assert best["mean_test_score"] == results["mean_test_score"].max() == search.best_score_
    assert "stopped (behind the best on 1 fold of 5)" in capsys.readouterr().out


def test_several_jobs_try_several_configurations_at_once(
    numbers: tuple[np.ndarray, np.ndarray], memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    evaluate = TrialEvaluator.evaluate

    def count(self: TrialEvaluator, configurations: Any, race: Any = None) -> Any:
        asked.append(len(configurations))
        return evaluate(self, configurations, race)

    monkeypatch.setattr(TrialEvaluator, "evaluate", count)
    found = []
    for racing, n_jobs in ((False, 1), (False, 3), (True, 3), (True, 3)):
        search = MetaSearchCV(
            ["svm", FAST], 9, memory=memory, random_state=0, min_gain=0, n_jobs=n_jobs, racing=racing
        )
        with parallel_config("threading"):
            found.append(pd.DataFrame(search.fit(*numbers).cv_results_))
        # The first are planned together; three jobs are busy with two times five folds, or three in a race
        expected = {(False, 1): [2, *[1] * 7], (False, 3): [2, 2, 2, 2, 1], (True, 3): [3, 3, 3]}
        assert asked == expected[racing, n_jobs]
        asked.clear()
    assert all(not table["params"].astype(str).duplicated().any() for table in found)
    alone, together = (table.set_index(table["params"].astype(str)) for table in found[:2])
    both = alone.index.intersection(together.index)
    assert len(both) >= 3
    scores = [f"split{at}_test_score" for at in range(5)]
    pd.testing.assert_frame_equal(alone.loc[both, scores], together.loc[both, scores])
    unlike = [name for name in found[2].columns if name.endswith("_time")]
    pd.testing.assert_frame_equal(found[2].drop(columns=unlike), found[3].drop(columns=unlike))


@pytest.mark.parametrize(
    ("n_rows", "racing", "races"),
    [(1999, None, False), (2000, None, True), (1999, True, True), (2000, False, False)],
)
def test_races_are_on_where_they_pay(n_rows: int, racing: bool | None, races: bool) -> None:
    X = np.zeros((n_rows, 1))
    splits = split_rows(3, X, np.arange(float(n_rows)), "regression", 0)
    assert (MetaSearchCV(racing=racing)._make_race(splits) is not None) is races


@pytest.mark.thorough
def test_a_search_runs_on_a_dask_cluster(numbers: tuple[np.ndarray, np.ndarray], memory: str) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra dask")
    search = MetaSearchCV("svm", 7, memory=memory, random_state=0, min_gain=0, n_jobs=-1, racing=True)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster),
        parallel_config("dask"),
    ):
        there = pd.DataFrame(search.fit(*numbers).cv_results_)
    here = pd.DataFrame(clone(search).set_params(n_jobs=2).fit(*numbers).cv_results_)
    unlike = [name for name in here.columns if name.endswith("_time")]
    pd.testing.assert_frame_equal(there.drop(columns=unlike), here.drop(columns=unlike))


OF_GROUPS: dict[str, dict[str, Any]] = {
    "plain": {},
    "a number": {"cv": 4},
    "a splitter": {"cv": GroupKFold(4)},
    "a splitter of groups at random": {"cv": GroupShuffleSplit(3, test_size=0.3, random_state=0)},
    "a sample": {"max_rows": 150},
    "a sample and a splitter": {"max_rows": 150, "cv": GroupKFold(4)},
    "racing": {"racing": True},
    "a budget of time": {"max_time": 20},
    "a budget of time and a splitter": {"max_time": 20, "cv": GroupKFold(4)},
    "early stopping": {"learner": "xgboost", "early_stopping": True},
    "several workers": {"n_jobs": 2},
    "one trial": {"n_trials": 1},
    "an own estimator": {"learner": make_pipeline(StandardScaler(), KNeighborsClassifier(1))},
    "an unknown estimator": {
        "learner": DecisionTreeClassifier(random_state=0),
        "param_distributions": {"min_samples_leaf": [1, 2]},
    },
    "no trial": {"n_trials": 0},
    "no trial but early stopping": {"n_trials": 0, "learner": "xgboost", "early_stopping": True},
}


@pytest.mark.quick("plain-", "a sample-", "an own estimator-", "no trial-")
@pytest.mark.parametrize("is_weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("options", list(OF_GROUPS.values()), ids=list(OF_GROUPS))
def test_no_group_is_on_both_sides_whatever_else_is_asked(
    memory: str, options: dict[str, Any], *, is_weighted: bool
) -> None:
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(60), 5))
    # Each group is recognised, and its class is a coin
    X = rng.normal(size=(60, 3))[group] + 1e-3 * rng.normal(size=(300, 3))
    y = rng.permutation(np.arange(60) % 2)[group]
    weights = rng.uniform(0.5, 2, 300) if is_weighted else None
    asked: dict[str, Any] = {"learner": "xgboost" if is_weighted else FAST, "n_trials": 3, **options}
    if hasattr(asked["learner"], "steps") and is_weighted:
        pytest.skip("neighbours take no weights")
    search = MetaSearchCV(**asked, random_state=0, memory=memory)
    search.fit(X, y, groups=[f"group {one}" for one in group], sample_weight=weights)
    assert search.predict(X).shape == (300,)
    if asked["n_trials"]:
        assert search.best_score_ < 0.75
        assert search.n_splits_ >= 3
    else:
        assert np.isnan(search.best_score_)


@pytest.mark.slow
def test_groups_are_the_same_on_one_and_several_workers(memory: str) -> None:
    rng = np.random.default_rng(0)
    group, X = rng.integers(0, 12, 60), rng.normal(size=(60, 3))
    y = X[:, 0] + rng.normal(size=12)[group]
    one, two = (
        MetaSearchCV(FAST, 2, random_state=0, n_jobs=n_jobs, memory=memory).fit(X, y, groups=group)
        for n_jobs in (None, 2)
    )
    assert _fold_scores(one, 0) == _fold_scores(two, 0)


def test_times_reach_the_splitter_in_searches_within_searches(memory: str) -> None:
    rng = np.random.default_rng(0)
    times, X = rng.permutation(90), rng.normal(size=(90, 3))
    y = X[:, 0] + times / 30
    inner = MetaSearchCV(FAST, 1, cv=TimeFolds(2), random_state=0, memory=memory, task_type="regression")
    scores = cross_val_score(
        inner, X, y, groups=times, cv=TimeFolds(3), scoring="r2", params={"groups": times}
    )
    assert scores.shape == (3,)
    train, test = list(TimeFolds(3).split(X, groups=times))[-1]
    again = clone(inner).fit(X[train], y[train], groups=times[train])
    assert again.n_splits_ == 2
    assert scores[-1] == pytest.approx(again.score(X[test], y[test]))
