"""Boosting rounds of the user's own estimators."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lightgbm import LGBMClassifier, LGBMRegressor, early_stopping
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import get_scorer, make_scorer, mean_pinball_loss
from sklearn.model_selection import KFold, StratifiedKFold, cross_validate, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier, XGBRegressor
from xgboost.callback import EarlyStopping as EarlyStoppingOfXGBoost

from foretune import EarlyStopping, MetaSearchCV
from foretune.learners import FoldRace
from foretune.recommendation.core import KnownPart, SearchError
from foretune.recommendation.search_cv.folds import RawFold
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.own_rounds import (
    OwnRounds,
    choose_rounds_on_split,
    evaluate_rounds,
    find_own_rounds,
    fitted_booster,
)
from foretune.recommendation.search_cv.scoring import ONE_SCORE, SCORE, ScorerMeasure, SeveralScores

pytestmark = pytest.mark.filterwarnings(
    "ignore::foretune.recommendation.core.suggestions.RecommendationWarning"
)
RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(240, 5)), columns=list("abcde"))
VALUES = pd.Series(np.sin(2 * X["a"]) + X["b"] * X["c"] + RNG.normal(size=240) / 5)
LABELS = pd.Series(np.where(VALUES > 0, "yes", "no"))
LIGHT: dict[str, Any] = {"n_jobs": 1, "verbosity": -1}
SHORT = EarlyStopping(max_rounds=80)
RMSE, LOG_LOSS = "neg_root_mean_squared_error", "neg_log_loss"


def _lightgbm(**params: Any) -> Any:
    return make_pipeline(StandardScaler().set_output(transform="pandas"), LGBMRegressor(**LIGHT, **params))


@pytest.mark.parametrize(
    ("estimator", "scoring", "options"),
    [
        (_lightgbm(), RMSE, {"early_stopping": SHORT}),
        (
            TransformedTargetRegressor(LGBMRegressor(**LIGHT), func=np.arcsinh, inverse_func=np.sinh),
            RMSE,
            {"early_stopping": SHORT},
        ),
        pytest.param(
            make_pipeline(StandardScaler(), LGBMClassifier(**LIGHT, reg_alpha=0.1)),
            LOG_LOSS,
            {},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            make_pipeline(XGBRegressor(n_jobs=1, gamma=0.1)),
            RMSE,
            {"early_stopping": SHORT},
            marks=pytest.mark.slow,
        ),
        (make_pipeline(XGBClassifier(n_jobs=1, gamma=0.1)), "roc_auc", {"early_stopping": SHORT}),
    ],
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_trials_score_as_the_library_does_with_the_chosen_number(
    estimator: Any, scoring: str, options: Any
) -> None:
    y: Any = VALUES
    if scoring != RMSE:
        y = LABELS.eq("yes").astype(int)
    folds = (KFold if scoring == RMSE else StratifiedKFold)(3, shuffle=True, random_state=0)
    search = MetaSearchCV(estimator, n_trials=3, scoring=scoring, cv=folds, random_state=0, **options)
    search.fit(X, y)
    results = search.cv_results_
    names = [name for name in search.best_params_ if name.endswith("n_estimators")]
    assert len(names) == 1
    for at, params in enumerate(results["params"]):
        if np.isnan(results["mean_test_score"][at]):
            continue
        again = cross_validate(
            OwnConfiguration("any", params).set_on(estimator), X, y, scoring=scoring, cv=folds
        )
        found = [results[f"split{fold}_test_score"][at] for fold in range(3)]
        assert found == pytest.approx(list(again["test_score"]), rel=1e-9, abs=1e-12)
    # Some trial is not the estimator as it is, which has a hundred
    assert any(params[names[0]] != 100 for params in results["params"])
    if search.n_rounds_ is not None:
        assert search.best_estimator_.get_params()[names[0]] == search.n_rounds_
        # A fold trains on two thirds of the rows
        assert search.n_rounds_ == pytest.approx(1.5 * search.best_params_[names[0]], abs=1)


@settings(max_examples=8, deadline=None)
@given(
    usual=st.integers(1, 40),
    rate=st.sampled_from([0.02, 0.3, 1.0]),
    is_lightgbm=st.booleans(),
    seed=st.integers(0, 9),
)
def test_the_chosen_number_is_the_best_that_was_grown(
    usual: int, rate: float, is_lightgbm: bool, seed: int
) -> None:
    made: Any = LGBMRegressor(**LIGHT) if is_lightgbm else XGBRegressor(n_jobs=1)
    estimator = make_pipeline(made.set_params(learning_rate=rate, max_depth=3))
    prefix, name = estimator.steps[0][0] + "__", estimator.steps[0][0] + "__n_estimators"
    rounds = OwnRounds(KnownPart("lightgbm" if is_lightgbm else "xgboost", prefix, made), name, 150)
    order = np.random.default_rng(seed).permutation(len(X))
    folds = [_fold(order[:120], order[120:]), _fold(order[120:], order[:120])]
    measure = ScorerMeasure(get_scorer(RMSE), None, weighs=False, several=ONE_SCORE)
    start = OwnConfiguration("any", {name: usual}, rounds=name)
    trial = evaluate_rounds(rounds, lambda one: one.set_on(estimator), start, folds, measure, _fit)
    assert trial.status == "ok"
    assert trial.rounds is not None
    scored = {}
    for n_rounds in [one for one in rounds.numbers() if one <= trial.rounds.n_grown]:
        fitted = [_fit(start.with_rounds(n_rounds).set_on(estimator), fold) for fold in folds]
        scored[n_rounds] = [
            get_scorer(RMSE)(one, fold.X_test, fold.y_test) for one, fold in zip(fitted, folds, strict=True)
        ]
    means = {n_rounds: float(np.mean(scores)) for n_rounds, scores in scored.items()}
    # Where the best of the first looks is not their lowest, what is below is not looked at
    assert (
        means[trial.rounds.chosen]
        >= max(one for at, one in means.items() if at >= trial.rounds.n_grown / 16) - 1e-9
    )
    assert [one[SCORE] for one in trial.fold_metrics] == pytest.approx(scored[trial.rounds.chosen], rel=1e-6)
    # It ends where the best is well before the end, or no better than chance in the second half
    gains = [
        np.subtract(scored[trial.rounds.chosen], scored[one])
        for one in scored
        if 2 * one <= trial.rounds.n_grown
    ]
    assert (
        trial.rounds.chosen * 1.5 <= trial.rounds.n_grown
        or trial.rounds.n_grown == 150
        or any(gain.mean() <= gain.std(ddof=1) / np.sqrt(2) + 1e-9 for gain in gains)
    )


def test_a_look_transforms_once_for_all_numbers_and_calls_the_leading_scorer_alone() -> None:
    """A fold is transformed once for the curve, and once for the scores of the chosen number."""
    calls: dict[str, int] = {"transform": 0, "lead": 0, "other": 0}

    class Counted(StandardScaler):
        def transform(self, X: Any, copy: Any = None) -> Any:
            calls["transform"] += 1
            return super().transform(X, copy)

    def counting(name: str) -> Any:
        def score(estimator: Any, X: Any, y: Any) -> float:
            calls[name] += 1
            return float(get_scorer(RMSE)(estimator, X, y))

        return score

    scorers = {name: counting(name) for name in ("lead", "other")}
    measure = ScorerMeasure(scorers["lead"], several=SeveralScores("lead", scorers))
    made = LGBMRegressor(**LIGHT, learning_rate=0.3)
    estimator = make_pipeline(Counted().set_output(transform="pandas"), made)
    rounds = OwnRounds(_part(estimator), "lgbmregressor__n_estimators", 100)
    start = OwnConfiguration("any", {rounds.parameter: 50}, rounds=rounds.parameter)
    folds = [_fold(np.arange(120), np.arange(120, 240)), _fold(np.arange(120, 240), np.arange(120))]
    fits: list[Any] = []

    def fit(one: Any, fold: RawFold) -> Any:
        fits.append(one)
        return _fit(one, fold)

    trial = evaluate_rounds(rounds, lambda one: one.set_on(estimator), start, folds, measure, fit)
    assert trial.status == "ok"
    assert len(fits) == 2
    # A fit transforms once, too
    assert calls["transform"] == 2 * len(fits) + 2
    assert calls["other"] == 2
    assert calls["lead"] == 2 * len([one for one in rounds.numbers() if one >= 100 / 16]) + 2


def test_a_trial_that_has_taken_its_time_grows_no_more() -> None:
    estimator = _lightgbm(learning_rate=0.001)
    name = "lgbmregressor__n_estimators"
    part = KnownPart("lightgbm", "lgbmregressor__", estimator.steps[1][1])
    rounds = OwnRounds(part, name, 2000, max_seconds=0.0)
    measure = ScorerMeasure(get_scorer(RMSE), None, weighs=False, several=ONE_SCORE)
    start = OwnConfiguration("any", {name: 10}, rounds=name)
    folds = [_fold(np.arange(120), np.arange(120, 240))]
    trial = evaluate_rounds(rounds, lambda one: one.set_on(estimator), start, folds, measure, _fit)
    assert trial.rounds is not None
    assert trial.rounds.n_grown < 40


def test_a_race_stops_a_trial_on_its_first_folds() -> None:
    estimator = _lightgbm(learning_rate=1e-6)
    name = "lgbmregressor__n_estimators"
    part = KnownPart("lightgbm", "lgbmregressor__", estimator.steps[1][1])
    parts = np.array_split(np.arange(240), 3)
    folds = [_fold(np.setdiff1d(np.arange(240), part), part) for part in parts]
    race = FoldRace(3)
    race.record(np.array([-0.30, -0.31, -0.32]))
    race.record(np.array([-0.33, -0.33, -0.35]))
    measure = ScorerMeasure(get_scorer(RMSE), None, weighs=False, several=ONE_SCORE)
    rounds = OwnRounds(part, name, 30)
    start = OwnConfiguration("any", {name: 10}, rounds=name)
    trial = evaluate_rounds(rounds, lambda one: one.set_on(estimator), start, folds, measure, _fit, race)
    assert len(trial.fold_metrics) == 1


def test_scores_on_the_training_part_are_those_of_the_chosen_number() -> None:
    search = MetaSearchCV(
        _lightgbm(),
        n_trials=1,
        scoring=RMSE,
        cv=3,
        random_state=0,
        return_train_score=True,
        early_stopping=SHORT,
    ).fit(X, VALUES)
    again = cross_validate(
        OwnConfiguration("any", search.best_params_).set_on(_lightgbm()),
        X,
        VALUES,
        scoring=RMSE,
        cv=3,
        return_train_score=True,
    )
    found = [search.cv_results_[f"split{fold}_train_score"][search.best_index_] for fold in range(3)]
    assert found == pytest.approx(list(again["train_score"]))


@pytest.mark.parametrize(
    "estimator",
    [
        _lightgbm(n_estimators=33),
        _lightgbm(boosting_type="dart"),
        _lightgbm(early_stopping_round=5),
    ],
)
def test_a_number_of_the_users_own_stays(estimator: Any) -> None:
    assert find_own_rounds(estimator, _part(estimator), (), EarlyStopping()) is None


def test_a_number_that_is_searched_is_not_chosen() -> None:
    estimator = _lightgbm()
    searched = ["lgbmregressor__n_estimators"]
    assert find_own_rounds(estimator, _part(estimator), (), EarlyStopping()) is not None
    assert find_own_rounds(estimator, _part(estimator), searched, EarlyStopping()) is None
    assert find_own_rounds(estimator, _part(estimator), (), None) is None
    for name in ("num_iterations", "early_stopping_round"):
        assert (
            find_own_rounds(estimator, _part(estimator), [f"lgbmregressor__{name}"], EarlyStopping()) is None
        )
    space = {searched[0]: [5, 9]}
    search = MetaSearchCV(estimator, space, n_trials=4, scoring=RMSE, cv=3, random_state=0).fit(X, VALUES)
    assert set(search.cv_results_["param_lgbmregressor__n_estimators"]) <= {5, 9}
    assert search.early_stopping_ is None


def test_without_early_stopping_the_number_is_the_usual_one() -> None:
    search = MetaSearchCV(
        _lightgbm(), n_trials=3, scoring=RMSE, cv=3, random_state=0, early_stopping=False
    ).fit(X, VALUES)
    assert search.early_stopping_ is None
    assert not hasattr(search, "n_rounds_")


def test_an_estimator_without_open_rounds_says_so() -> None:
    with pytest.raises(SearchError, match="not those of Ridge"):
        MetaSearchCV(make_pipeline(Ridge()), n_trials=1, early_stopping=True).fit(X, VALUES)


def test_without_trials_the_first_split_chooses() -> None:
    search = MetaSearchCV(_lightgbm(), n_trials=0, scoring=RMSE, random_state=0).fit(X, VALUES)
    if search.n_rounds_ is None:
        # The guard prefers the estimator as it is, whose number of rounds is its own
        assert search.best_estimator_.steps[1][1].n_estimators == 100
    else:
        assert search.best_estimator_.steps[1][1].n_estimators == search.n_rounds_


def test_a_ledger_knows_the_chosen_numbers(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "n_trials": 4,
        "scoring": RMSE,
        "cv": 3,
        "random_state": 0,
        "ledger": tmp_path / "trials.sqlite",
    }
    first = MetaSearchCV(_lightgbm(), early_stopping=SHORT, **options).fit(X, VALUES)
    again = MetaSearchCV(_lightgbm(), early_stopping=SHORT, **options).fit(X, VALUES)
    assert any("were known to the ledger" in note for note in again.notes_)
    assert again.best_params_ == first.best_params_
    assert again.n_rounds_ == first.n_rounds_
    assert list(again.cv_results_["params"]) == list(first.cv_results_["params"])
    fixed = MetaSearchCV(_lightgbm(), early_stopping=False, **options).fit(X, VALUES)
    # Other trials: only the estimator as it is was known
    assert not any("4 trials were known" in note for note in fixed.notes_)


@pytest.mark.slow
def test_several_workers_find_the_same() -> None:
    found = [
        MetaSearchCV(
            _lightgbm(), n_trials=3, scoring=RMSE, cv=3, random_state=0, n_jobs=n_jobs, early_stopping=SHORT
        ).fit(X, VALUES)
        for n_jobs in (1, 2)
    ]
    assert found[0].best_params_ == found[1].best_params_
    assert list(found[0].cv_results_["params"]) == list(found[1].cv_results_["params"])


@pytest.mark.slow
def test_with_a_budget_of_time_the_folds_choose_too() -> None:
    search = MetaSearchCV(_lightgbm(), n_trials=3, scoring=RMSE, cv=3, random_state=0, max_time=60)
    search.fit(X, VALUES)
    again = cross_validate(
        OwnConfiguration("any", search.best_params_).set_on(_lightgbm()), X, VALUES, scoring=RMSE, cv=3
    )
    assert search.best_score_ == pytest.approx(float(np.mean(again["test_score"])))
    assert search.early_stopping_ is not None


def test_the_program_fits_with_as_many_rounds() -> None:
    folds = KFold(3, shuffle=True, random_state=1)
    search = MetaSearchCV(
        _lightgbm(), n_trials=4, scoring=RMSE, cv=folds, random_state=0, early_stopping=SHORT
    ).fit(X, VALUES)
    variables: dict[str, Any] = {"X": X, "y": VALUES}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(search.to_code(), variables)
    assert variables["scores"].mean() == pytest.approx(search.best_score_)
    assert np.allclose(variables["model"].predict(X), search.predict(X))


def _fold(train: Any, test: Any) -> RawFold:
    return RawFold(X.iloc[train], VALUES.iloc[train], X.iloc[test], VALUES.iloc[test], None, None)


def _fit(estimator: Any, fold: RawFold) -> Any:
    return estimator.fit(fold.X_train, fold.y_train)


def _part(estimator: Any) -> KnownPart:
    return KnownPart("lightgbm", "lgbmregressor__", fitted_booster(estimator))


@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_a_split_chooses_rounds_for_all_rows(task_type: Any) -> None:
    made: Any = LGBMRegressor(**LIGHT) if task_type == "regression" else LGBMClassifier(**LIGHT)
    y, part = VALUES if task_type == "regression" else LABELS, KnownPart("lightgbm", "", made)
    start = made.set_params(learning_rate=0.3)
    few = choose_rounds_on_split(start, part, X, y, task_type, EarlyStopping(), 0)
    assert few is not None
    slow = choose_rounds_on_split(
        LGBMRegressor(**LIGHT, learning_rate=0.03)
        if task_type == "regression"
        else LGBMClassifier(**LIGHT, learning_rate=0.03),
        part,
        X,
        y,
        task_type,
        EarlyStopping(),
        0,
    )
    assert slow is not None
    assert slow > few
    assert choose_rounds_on_split(start, part, X[:50], y[:50], task_type, EarlyStopping(), 0) is None


@pytest.mark.quick("dart", "lost", "stopped")
@pytest.mark.parametrize(
    ("estimator", "space", "fit_params"),
    [
        # Later rounds change what the first ones predict, or there are no rounds of trees at all
        (XGBRegressor(n_jobs=1, verbosity=0, rate_drop=0.5), {"booster": ["gblinear", "dart"]}, {}),
        (LGBMRegressor(**LIGHT), {"boosting_type": ["dart"], "learning_rate": [1.0], "num_leaves": [63]}, {}),
        # Rounds without a split add no tree, and rows that are drawn anew may have one later
        (LGBMRegressor(min_split_gain=12.0, **LIGHT), {"subsample": [0.5], "subsample_freq": [1]}, {}),
        (
            LGBMRegressor(**LIGHT),
            {"reg_alpha": [0.0]},
            {"eval_X": X[:60], "eval_y": VALUES[:60] ** 2, "callbacks": [early_stopping(2, verbose=False)]},
        ),
    ],
    ids=["boosters", "dart", "lost", "stopped"],
)
def test_a_score_is_that_of_a_fit_with_these_parameters(
    estimator: Any, space: Any, fit_params: dict[str, Any]
) -> None:
    cv = KFold(3, shuffle=True, random_state=0)
    search = MetaSearchCV(
        estimator, param_distributions=space, n_trials=3, cv=cv, random_state=0, early_stopping=SHORT
    )
    results = search.set_params(scoring=RMSE).fit(X, VALUES, **fit_params).cv_results_
    for at, params in enumerate(results["params"]):
        again = clone(estimator).set_params(**params)
        scores = cross_validate(again, X, VALUES, cv=cv, scoring=RMSE, params=fit_params)["test_score"]
        found = [results[f"split{fold}_test_score"][at] for fold in range(3)]
        np.testing.assert_allclose(found, scores, rtol=1e-6)


@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        pytest.param(LGBMRegressor(**LIGHT), {"boosting_type": ["dart"]}, marks=pytest.mark.slow),
        (LGBMRegressor(**LIGHT), {"boosting_type": ["rf"], "subsample": [0.5], "subsample_freq": [1]}),
        pytest.param(XGBRegressor(n_jobs=1, verbosity=0), {"booster": ["dart"]}, marks=pytest.mark.slow),
    ],
    ids=["dart", "forest", "xgboost"],
)
def test_boosters_without_nested_rounds_keep_to_the_largest_number(estimator: Any, space: Any) -> None:
    search = MetaSearchCV(
        estimator, space, n_trials=3, scoring=RMSE, cv=2, random_state=0, early_stopping=EarlyStopping(5, 7)
    ).fit(X, VALUES)
    numbers = [params["n_estimators"] for params in search.cv_results_["params"]]
    assert len(numbers) == 3
    assert max(numbers) == 7


@pytest.mark.parametrize(
    ("estimator", "space"),
    [
        (XGBRegressor(callbacks=[EarlyStoppingOfXGBoost(rounds=2)]), {"gamma": [0.1]}),
        (XGBRegressor(), {"early_stopping_rounds": [2]}),
    ],
    ids=["callback", "searched"],
)
def test_a_booster_that_stops_by_itself_keeps_its_rounds(estimator: Any, space: Any) -> None:
    search = MetaSearchCV(estimator, param_distributions=space, n_trials=1, early_stopping=SHORT)
    with pytest.raises(SearchError, match="a stopping of their own"):
        search.fit(X, VALUES)


def _choose(estimator: Any, fit_params: Any = None, y: Any = VALUES) -> int | None:
    part = KnownPart("lightgbm", "", LGBMRegressor())
    return choose_rounds_on_split(estimator, part, X, y, "regression", SHORT, 0, fit_params=fit_params)


@pytest.mark.parametrize(
    ("objective", "scorer"),
    [
        ({}, "neg_root_mean_squared_error"),
        ({"objective": "l1"}, "neg_mean_absolute_error"),
        (
            {"objective": "quantile", "alpha": 0.8},
            make_scorer(mean_pinball_loss, alpha=0.8, greater_is_better=False),
        ),
        ({"objective": "poisson"}, "neg_mean_poisson_deviance"),
    ],
)
def test_a_split_chooses_rounds_by_the_loss_of_the_objective(objective: Any, scorer: Any) -> None:
    y = VALUES - VALUES.min() + 0.1
    booster = LGBMRegressor(**LIGHT, learning_rate=0.3, **objective)
    chosen, numbers = _choose(booster, y=y), OwnRounds(_part(booster), "n_estimators", 80).numbers()
    train, test = train_test_split(np.arange(len(y)), test_size=0.2, random_state=0)
    scores = {
        n_rounds: get_scorer(scorer)(
            clone(booster).set_params(n_estimators=n_rounds).fit(X.iloc[train], y.iloc[train]),
            X.iloc[test],
            y.iloc[test],
        )
        for n_rounds in numbers
    }
    best = max(scores, key=lambda one: scores[one])
    assert chosen == pytest.approx(1.25 * best, abs=1)


def test_a_split_leaves_rounds_alone_where_it_does_not_know_the_loss() -> None:
    def asymmetric(y: Any, predicted: Any) -> Any:
        return np.where(predicted > y, 1.0, -0.1), np.ones_like(y)

    assert _choose(LGBMRegressor(**LIGHT, objective=asymmetric)) is None
    assert _choose(LGBMRegressor(**LIGHT, objective="tweedie")) is None
    assert _choose(LGBMRegressor(**LIGHT), {"init_score": np.full(len(X), 3.0)}) is None


def test_a_split_counts_rows_by_their_weights() -> None:
    """Rows without weight might as well not be there, and half of them are noise."""
    noise = np.arange(len(X)) % 2 == 0
    y = VALUES.where(~noise, pd.Series(np.random.default_rng(1).normal(size=len(X)) * 9))
    booster = LGBMRegressor(**LIGHT, learning_rate=0.1)
    weighted = _choose(booster, {"sample_weight": np.where(noise, 1e-9, 1.0)}, y)
    alike = _choose(booster, {"sample_weight": np.ones(len(X))}, y)
    assert alike == _choose(booster, y=y)
    assert weighted is not None
    assert alike is not None
    assert weighted > 2 * alike


def test_a_split_is_fitted_with_the_categories_of_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    fit = LGBMRegressor.fit

    def watched(self: Any, X: Any, y: Any, **params: Any) -> Any:
        seen.append(params)
        return fit(self, X, y, **params)

    monkeypatch.setattr(LGBMRegressor, "fit", watched)
    printing = {"categorical_feature": [0], "callbacks": [print], "eval_set": [(X, VALUES)]}
    codes = X.assign(a=(X["a"] > 0).astype(int))
    part = KnownPart("lightgbm", "", LGBMRegressor())
    choose_rounds_on_split(
        LGBMRegressor(**LIGHT), part, codes, VALUES, "regression", SHORT, 0, fit_params=printing
    )
    assert seen
    assert all(one == {"categorical_feature": [0]} for one in seen)


@pytest.mark.slow
def test_a_trial_that_was_cut_is_tried_again_with_more_time(tmp_path: Path) -> None:
    """What a limit of time cut short is no result for a search that has more."""
    options: dict[str, Any] = {"n_trials": 1, "scoring": RMSE, "cv": 2, "random_state": 0}
    slow = _lightgbm(learning_rate=0.005, num_leaves=4)
    ledger = tmp_path / "trials.sqlite"
    space = {"lgbmregressor__reg_lambda": [1.0], "lgbmregressor__reg_alpha": [0.1]}
    # The first trial has a quarter of the time, which ends after the first growth
    MetaSearchCV(slow, space, max_time=0.01, early_stopping=True, ledger=ledger, **options).fit(X, VALUES)
    with_time = MetaSearchCV(slow, space, early_stopping=True, ledger=ledger, **options).fit(X, VALUES)
    alone = MetaSearchCV(slow, space, early_stopping=True, **options).fit(X, VALUES)
    assert with_time.best_params_ == alone.best_params_
    assert with_time.best_score_ == alone.best_score_
