from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib import parallel_config
from lightgbm import LGBMClassifier
from sklearn.datasets import make_classification, make_regression
from sklearn.metrics import hinge_loss, make_scorer, mean_absolute_error
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRegressor

from foretune import EarlyStopping, MetaSearchCV, suggest
from foretune.base import UserError
from foretune.learners import PreprocessingParameters
from foretune.meta_model import GuardedSearch, Memory
from foretune.recommendation import load_memory
from foretune.recommendation.core import RecommendationWarning, open_rounds
from foretune.recommendation.search_cv.estimator import build_pipeline
from foretune.recommendation.search_cv.folds import GivenData, Splits, make_search_folds, split_rows
from foretune.recommendation.search_cv.meta_search_cv import Tried, were_late
from foretune.recommendation.search_cv.rounds import (
    choose_early_stopping,
    choose_rounds_by,
    scale_rounds,
    with_chosen_rounds,
)
from foretune.recommendation.search_cv.scoring import choose_scoring
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial, TrialEvaluator
from foretune.spaces.configuration import Configuration
from foretune.tables import Table

# Tables here are unlike the few that the small memory knows
pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
PREPROCESSING = PreprocessingParameters(max_categories=20)
FEW = EarlyStopping(patience=15, max_rounds=120)
X, Y = make_classification(150, 6, n_informative=4, n_redundant=0, flip_y=0.1, random_state=0)
CV = StratifiedKFold(3, shuffle=True, random_state=1)


def _search(memory_folder: Path, **more: Any) -> MetaSearchCV:
    given = {"n_trials": 5, "cv": CV, "early_stopping": FEW, "memory": str(memory_folder), "random_state": 4}
    return MetaSearchCV("xgboost", **{**given, "min_gain": 0, **more})


@pytest.fixture(scope="module")
def searched(memory_folder: Path) -> MetaSearchCV:
    return _search(memory_folder, scoring="neg_log_loss").fit(X, Y)


@pytest.mark.slow
def test_in_a_race_the_plain_library_reproduces_each_score_too(memory_folder: Path) -> None:
    given = {"scoring": "neg_log_loss", "n_trials": 12}
    whole = _search(memory_folder, racing=False, **given).fit(X, Y).cv_results_
    search = _search(memory_folder, racing=True, **given).fit(X, Y)
    results = search.cv_results_
    is_stopped = results["status"] == "stopped"
    assert is_stopped.any()
    assert set(results["status"]) == {"ok", "stopped"}
    # A library default runs every fold, and what is chosen has done so
    assert not is_stopped[results["is_default"]].any()
    assert not is_stopped[search.best_index_]
    assert np.isnan(results["mean_test_score"][is_stopped]).all()
    splits = [*CV.split(X, Y)]
    for at in np.flatnonzero(is_stopped):
        ours = np.array([results[f"split{fold}_test_score"][at] for fold in range(3)])
        n_seen = np.isfinite(ours).sum()
        assert 1 <= n_seen <= 2
        plain = XGBClassifier(n_jobs=1, random_state=4, **results["params"][at])
        scores = cross_val_score(plain, X, Y, cv=splits[:n_seen], scoring="neg_log_loss")
        np.testing.assert_allclose(ours[:n_seen], scores, rtol=1e-12)
    # Complete trials are those of a search without racing
    of_whole = {str(params): at for at, params in enumerate(whole["params"])}
    both = [at for at in np.flatnonzero(~is_stopped) if str(results["params"][at]) in of_whole]
    assert len(both) >= 4
    for at in both:
        then = of_whole[str(results["params"][at])]
        for name in ("split0_test_score", "split1_test_score", "split2_test_score", "error"):
            assert results[name][at] == whole[name][then]


def test_the_plain_library_reproduces_each_score(searched: MetaSearchCV) -> None:
    results = searched.cv_results_
    assert searched.best_params_ == results["params"][searched.best_index_]
    assert "n_estimators" in searched.best_params_
    grown = [at for at in range(searched.n_trials_) if not results["is_default"][at]]
    assert len(grown) >= 3
    for at in grown:
        plain = XGBClassifier(n_jobs=1, random_state=4, **results["params"][at])
        scores = cross_val_score(plain, X, Y, cv=CV, scoring="neg_log_loss")
        ours = [results[f"split{fold}_test_score"][at] for fold in range(3)]
        np.testing.assert_allclose(ours, scores, rtol=1e-12)
        assert results["param_n_estimators"][at] == results["params"][at]["n_estimators"]


def test_no_other_number_of_rounds_is_better(searched: MetaSearchCV) -> None:
    chosen = searched.cv_results_["params"][searched.best_index_]

    def score(n_rounds: int) -> float:
        plain = XGBClassifier(n_jobs=1, random_state=4, **{**chosen, "n_estimators": n_rounds})
        return float(cross_val_score(plain, X, Y, cv=CV, scoring="neg_log_loss").mean())

    near = [n for n in range(chosen["n_estimators"] - 7, chosen["n_estimators"] + 8, 2) if n > 0]
    assert searched.best_score_ >= max(map(score, near)) - 1e-7


def test_the_best_estimator_has_scaled_rounds(searched: MetaSearchCV) -> None:
    expected = round(searched.best_params_["n_estimators"] * 1.5)
    assert searched.n_rounds_ == expected
    params = {**searched.best_params_, "n_estimators": expected}
    plain = XGBClassifier(n_jobs=1, random_state=4, **params).fit(X, Y)
    np.testing.assert_array_equal(searched.predict_proba(X), plain.predict_proba(X))


def test_candidates_that_differ_only_in_rounds_are_one(searched: MetaSearchCV) -> None:
    params = [dict(one) for one in searched.cv_results_["params"]]
    opened = [tuple(sorted((k, v) for k, v in one.items() if k != "n_estimators")) for one in params]
    grown = [
        one
        for one, is_default in zip(opened, searched.cv_results_["is_default"], strict=True)
        if not is_default
    ]
    assert len(set(grown)) == len(grown)


def test_lines_show_the_chosen_rounds(memory_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search = _search(memory_folder, n_trials=2, verbose=1).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert all(
        f"'n_estimators': {one['n_estimators']}" in "".join(lines) for one in search.cv_results_["params"]
    )


def test_the_library_default_keeps_its_rounds(searched: MetaSearchCV) -> None:
    (at,) = np.flatnonzero(searched.cv_results_["is_default"])
    assert searched.cv_results_["params"][at]["n_estimators"] == 100


def test_it_does_not_depend_on_the_number_of_jobs(searched: MetaSearchCV, memory_folder: Path) -> None:
    with parallel_config("threading"):
        other = _search(memory_folder, scoring="neg_log_loss", n_jobs=3).fit(X, Y)
    scores = [
        {str(params): score for params, score in zip(one["params"], one["mean_test_score"], strict=True)}
        for one in (searched.cv_results_, other.cv_results_)
    ]
    # Later proposals know of scores only what was there
    both = scores[0].keys() & scores[1].keys()
    assert len(both) >= 3
    assert all(scores[0][params] == scores[1][params] for params in both)


def test_any_scorer_of_predictions_and_weights_work_in_regression(memory_folder: Path) -> None:
    table, target = make_regression(120, 5, noise=20, random_state=0)
    weights = np.random.default_rng(0).uniform(0.5, 2, 120)
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    cv = KFold(3)
    search = _search(memory_folder, cv=cv, scoring=scorer, n_trials=2)
    search.fit(table, target, sample_weight=weights)
    (at,) = np.flatnonzero(~search.cv_results_["is_default"])[:1]
    params = search.cv_results_["params"][at]
    assert params["n_estimators"] % 10 == 0
    scores = []
    for train, test in cv.split(table):
        mean, deviation = target[train].mean(), target[train].std()
        plain = XGBRegressor(n_jobs=1, random_state=4, **params)
        plain.fit(table[train], (target[train] - mean) / deviation, sample_weight=weights[train])
        predicted = plain.predict(table[test]) * deviation + mean
        scores.append(-float(np.mean(np.abs(predicted - target[test]))))
    ours = [search.cv_results_[f"split{fold}_test_score"][at] for fold in range(3)]
    np.testing.assert_allclose(ours, scores, rtol=1e-5)


DECIDING: dict[str, dict[str, Any]] = {
    "gradient_boosting": {},
    "hist_gradient_boosting": {"min_samples_leaf": 3},
    "lightgbm": {"min_child_samples": 3},
}
HINGE = make_scorer(hinge_loss, greater_is_better=False, response_method="decision_function")


@pytest.mark.quick("lightgbm-average_precision")
@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", HINGE])
@pytest.mark.parametrize("learner", DECIDING)
def test_scores_of_decision_values_are_those_of_cross_val_score(learner: str, scoring: Any) -> None:
    if learner == "lightgbm" and scoring is HINGE and not hasattr(LGBMClassifier, "decision_function"):
        pytest.skip("LightGBM has decision values from 4.7 on")
    # Probabilities near zero and one are equal in their last bits where decision values are not
    chosen = choose_scoring(scoring, "classification", None)
    choice = choose_rounds_by(EarlyStopping(patience=3, max_rounds=40), chosen, weighs=False)
    drawn = {"learning_rate": 0.9, **DECIDING[learner]}
    for seed in (1, 3, 6):
        X, y = make_classification(120, 5, flip_y=0.05, class_sep=1.5, random_state=seed)
        splits = [*CV.split(X, y)]
        split = split_rows(splits, X, y, "classification", 0)
        folds = make_search_folds(Table.read(X, y), GivenData(X, y, y), split, PREPROCESSING)
        evaluator = TrialEvaluator(
            folds, "classification", 0, chosen.scorer, metric=chosen.metric, choice=choice
        )
        for params in ({}, drawn):
            ((configuration, trial),) = evaluator.evaluate([Configuration(learner, params)])
            assert (trial.status, trial.error) == ("ok", "")
            assert trial.n_rounds is not None
            settled = with_chosen_rounds(configuration, trial)
            plain = build_pipeline(settled, "classification", PREPROCESSING, 0)
            expected = cross_val_score(plain, X, y, cv=splits, scoring=scoring)
            np.testing.assert_array_equal(trial.fold_scores, expected)


def test_a_scorer_of_decision_values_says_what_a_learner_lacks(memory_folder: Path) -> None:
    with pytest.raises(UserError, match="ScoringError: scoring needs what this learner lacks: decision_func"):
        _search(memory_folder, scoring=HINGE, n_trials=2).fit(X, Y)


def test_without_it_all_is_as_before(memory_folder: Path) -> None:
    plain, off = (
        _search(memory_folder, n_trials=2, early_stopping=value).fit(X, Y) for value in (None, False)
    )
    assert plain.cv_results_["params"] == off.cv_results_["params"]
    assert not hasattr(plain, "n_rounds_")


def test_other_learners_and_no_trials_are_untouched(memory_folder: Path) -> None:
    forest = _search(memory_folder, n_trials=2).set_params(learner="random_forest").fit(X, Y)
    assert forest.n_rounds_ is None
    unmeasured = _search(memory_folder, n_trials=0).fit(X, Y)
    assert "n_estimators" in unmeasured.best_params_
    assert unmeasured.n_rounds_ is None


def test_a_function_of_the_estimator_is_refused(memory_folder: Path) -> None:
    def scorer(estimator: Any, X: Any, y: Any) -> float:
        return float(estimator.score(X, y))

    with pytest.raises(UserError, match=r"^early_stopping needs a score of predictions"):
        _search(memory_folder, scoring=scorer).fit(X, Y)
    scoring = choose_scoring(scorer, "classification", None)
    assert choose_early_stopping(False, FEW, scoring) == (None, [])
    chosen, (note,) = choose_early_stopping(None, FEW, scoring)
    assert chosen is None
    assert note.startswith("boosters have the library's number of rounds: early_stopping needs a score")


def test_without_an_argument_the_memory_decides(memory_folder: Path) -> None:
    scoring = choose_scoring("accuracy", "classification", None)
    few = EarlyStopping(patience=3)
    cases: list[Any] = [(None, None, None), (None, FEW, FEW), (False, FEW, None), (few, FEW, few)]
    cases.append((True, FEW, EarlyStopping()))
    for given, of_memory, expected in cases:
        assert choose_early_stopping(given, of_memory, scoring) == (expected, [])
    memory = load_memory("classification", memory_folder)
    assert memory.provenance is not None
    told = replace(memory, provenance=replace(memory.provenance, early_stopping=FEW))
    search = _search(memory_folder, n_trials=2, early_stopping=None).set_params(memory=told).fit(X, Y)
    assert search.early_stopping_ == FEW
    asked = _search(memory_folder, n_trials=2).fit(X, Y)
    assert search.cv_results_["params"] == asked.cv_results_["params"]
    assert search.n_rounds_ == asked.n_rounds_


def test_a_metric_that_equals_the_scorer_is_looked_at_in_each_round() -> None:
    def choose(scoring: Any, stopping: Any = FEW) -> Any:
        return choose_rounds_by(stopping, choose_scoring(scoring, "classification", None), weighs=False)

    assert choose(None, None) is None
    assert [choose(name).every for name in ("neg_log_loss", "roc_auc", "accuracy", "f1_macro")] == [
        1,
        1,
        1,
        10,
    ]
    assert choose(None, FEW).early_stopping == FEW


@pytest.mark.parametrize(
    ("sizes", "n_rows", "expected"), [([80, 80], 100, 125), ([10], 1000, 200), ([100], 100, 100)]
)
def test_rounds_grow_with_the_rows_and_are_doubled_at_most(
    sizes: list[int], n_rows: int, expected: int
) -> None:
    splits = Splits([(np.arange(size), np.arange(1)) for size in sizes])
    assert scale_rounds(100, n_rows, splits) == expected
    assert scale_rounds(None, n_rows, splits) is None


def test_rounds_replace_those_of_the_candidate() -> None:
    one = Configuration("xgboost", {"n_estimators": 7, "max_depth": 2})
    trial = ScoredTrial(np.zeros(1), np.zeros(1), np.zeros(1), "ok", "", 33)
    assert with_chosen_rounds(one, trial).params == {"n_estimators": 33, "max_depth": 2}
    failed = ScoredTrial(np.zeros(1), np.zeros(1), np.zeros(1), "failed", "why")
    assert with_chosen_rounds(one, failed).params == {"max_depth": 2}
    forest = Configuration("random_forest", {"n_estimators": 7})
    assert with_chosen_rounds(forest, failed) is forest


def _stopped(memory_folder: Path, n_usual: int | None = None) -> Memory:
    """A memory whose trials chose their rounds; ``n_usual`` is the usual number of all configurations."""
    memory = load_memory("classification", memory_folder)
    assert memory.provenance is not None
    opened = {name: open_rounds(one) for name, one in memory.provenance.configurations.items()}
    typical = {one.config_id: n_usual for one in opened.values() if n_usual is not None}
    told = replace(
        memory.provenance,
        configurations={one.config_id: one for one in opened.values()},
        early_stopping=FEW,
        typical_rounds=typical,
        # In it rounds are a hyperparameter
        spaces={},
    )
    ids = tuple(opened[name].config_id for name in memory.training_set.config_ids)
    return replace(memory, provenance=told, training_set=memory.training_set._replace(config_ids=ids))


@pytest.fixture
def _takes_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is not the library default be recommended."""
    monkeypatch.setattr(GuardedSearch, "plan", lambda self, length: [1, 2][:length])


@pytest.mark.usefixtures("_takes_the_second")
def test_without_trials_the_first_fold_chooses_the_rounds(memory_folder: Path) -> None:
    search = _search(memory_folder, n_trials=0, early_stopping=None, scoring="neg_log_loss")
    search.set_params(memory=_stopped(memory_folder)).fit(X, Y)
    chosen = search.best_params_["n_estimators"]
    assert 1 <= chosen <= FEW.max_rounds
    train, test = next(CV.split(X, Y))
    assert search.n_rounds_ == round(chosen * len(X) / len(train))
    assert search.best_estimator_[-1].classifier_.get_params()["n_estimators"] == search.n_rounds_
    one = cross_val_score(
        XGBClassifier(**search.best_params_), X, Y, cv=[(train, test)], scoring="neg_log_loss"
    )
    assert np.isfinite(one).all()
    assert (search.n_trials_, search.n_splits_, search.stop_reason_) == (0, 0, "zero_shot")
    assert not any("number of rounds" in note for note in search.notes_)


@pytest.mark.usefixtures("_takes_the_second")
@pytest.mark.parametrize(
    ("n_usual", "said", "more"),
    [
        (None, "library's number of rounds.* as n_trials=1 does", {"early_stopping": False}),
        (17, "number of rounds that is usual.* as n_trials=1 does", {"early_stopping": False}),
        (17, "number of rounds that is usual.* as n_trials=1 does", {"max_time": 20}),
    ],
)
def test_without_trials_and_early_stopping_the_rounds_are_the_usual_ones(
    memory_folder: Path, n_usual: int | None, said: str, more: dict[str, Any]
) -> None:
    search = _search(memory_folder, n_trials=0, **{"early_stopping": None, **more})
    search.set_params(memory=_stopped(memory_folder, n_usual))
    with pytest.warns(RecommendationWarning, match=said):
        search.fit(X, Y)
    assert search.best_params_.get("n_estimators") == n_usual


def test_a_search_without_early_stopping_takes_the_usual_rounds(memory_folder: Path) -> None:
    search = _search(memory_folder, early_stopping=False).set_params(memory=_stopped(memory_folder, 17))
    search.fit(X, Y)
    results = search.cv_results_
    pairs = zip(results["params"], results["is_default"], strict=True)
    tried = [one["n_estimators"] for one, is_default in pairs if not is_default]
    assert tried == [17] * len(tried)
    assert len(tried) == 2


def test_suggestions_are_ready_for_the_constructor(memory_folder: Path) -> None:
    found = suggest(X, Y, learner="xgboost", k=4, memory=_stopped(memory_folder, 17))
    assert [one["n_estimators"] for one in found.loc[~found["is_default"], "params"]] == [17] * (
        len(found) - 1
    )


@pytest.mark.slow
def test_an_estimator_of_the_user_s_own_has_the_usual_rounds_without_early_stopping(
    memory_folder: Path,
) -> None:
    def search(booster: XGBClassifier) -> MetaSearchCV:
        given = {"memory": _stopped(memory_folder, 17), "cv": CV, "random_state": 0, "min_gain": 0}
        given["early_stopping"] = False
        return MetaSearchCV(make_pipeline(StandardScaler(), booster), 3, **given).fit(X, Y)

    own = search(XGBClassifier())
    assert own.cv_results_["param_xgbclassifier__n_estimators"].tolist() == [100, 17, 17]
    assert not any("number of rounds" in note for note in own.notes_)
    fixed = search(XGBClassifier(n_estimators=4))
    assert fixed.best_estimator_[-1].n_estimators == 4
    assert "param_xgbclassifier__n_estimators" not in fixed.cv_results_


def test_the_rounds_of_the_folds_are_the_next_choice_for_the_last_fit() -> None:
    trial = ScoredTrial(np.zeros(2), np.zeros(2), np.zeros(2), "ok", "", n_rounds=20)
    tried = Tried(Configuration("xgboost", {"n_estimators": 20}), trial, 25)
    assert [one.params["n_estimators"] for one in tried.fits] == [25, 20]
    assert [tried.rounds_of(one) for one in tried.fits] == [25, 20]
    fixed = Tried(Configuration("linear", {}), replace(trial, n_rounds=None), None)
    assert (fixed.fits, fixed.rounds_of(fixed.last)) == ([fixed.configuration], None)


def test_the_same_error_again_is_no_lack_of_time() -> None:
    def trial(status: str, error: str = "why") -> ScoredTrial:
        return ScoredTrial(np.zeros(2), np.zeros(2), np.zeros(2), status, error)

    late, failed = trial("timeout"), trial("failed")
    assert were_late([late, failed], may_be_none=True)
    assert were_late([], may_be_none=True)
    assert were_late([late, failed, trial("failed", "other")], may_be_none=True)
    assert not were_late([late, failed, failed], may_be_none=True)
    assert not were_late([failed], may_be_none=True)
    assert not were_late([late], may_be_none=False)
