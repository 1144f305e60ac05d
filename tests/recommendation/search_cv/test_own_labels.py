"""Labels that XGBoost refuses at the end of a pipeline of the user's own."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler
from xgboost import XGBClassifier, XGBRFClassifier

from foretune import MetaSearchCV
from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.folds import Splits
from foretune.recommendation.search_cv.own_labels import check_labels

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(90, 3)), columns=list("abc"))
CODES = (X["a"] + RNG.normal(size=90) / 3 > 0).astype(int)
TEXTS = pd.Series(np.where(CODES, "yes", "no"))
SPLITS = Splits(list(StratifiedKFold(3).split(X, CODES)))
LIGHT: dict[str, Any] = {"n_estimators": 3, "n_jobs": 1}


class Encoded(XGBClassifier):
    """Classifier of somebody's own that takes any labels."""

    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit to the codes of the labels."""
        super().fit(X, LabelEncoder().fit_transform(y), **params)
        return self


class Renamed(XGBClassifier):
    """Classifier of somebody's own that fits as XGBoost's."""


@pytest.mark.parametrize(
    "estimator",
    [
        XGBClassifier(**LIGHT, gamma=0.1),
        make_pipeline(StandardScaler(), Pipeline([("clf", XGBClassifier(**LIGHT))])),
        make_pipeline(XGBRFClassifier(**LIGHT)),
        make_pipeline(Renamed(**LIGHT)),
    ],
)
@pytest.mark.parametrize("y", [TEXTS, CODES + 1, CODES.map({0: -1, 1: 1}), TEXTS.astype("category")])
def test_what_fails_in_every_fit_is_one_line_before_the_first(estimator: Any, y: Any) -> None:
    with pytest.raises(SearchError, match=r"^y has the labels '.*', '.*', and .*: give LabelEncoder\(\)"):
        check_labels(estimator, np.asarray(y), SPLITS)
    # Nor would scikit-learn's search find anything
    with pytest.raises(ValueError, match="Invalid classes inferred"):
        GridSearchCV(estimator, {}, cv=SPLITS.parts, error_score="raise").fit(X, y)


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (make_pipeline(XGBClassifier(**LIGHT)), CODES),
        (XGBClassifier(**LIGHT), CODES.astype(bool)),
        (XGBClassifier(**LIGHT), CODES.astype(float)),
        (make_pipeline(LGBMClassifier(**LIGHT, verbosity=-1)), TEXTS),
        (make_pipeline(Encoded(**LIGHT)), TEXTS),
        (VotingClassifier([("xgb", XGBClassifier(**LIGHT))]), TEXTS),
    ],
)
def test_what_can_be_fitted_is_not_refused(estimator: Any, y: Any) -> None:
    check_labels(estimator, np.asarray(y), SPLITS)
    GridSearchCV(estimator, {}, cv=SPLITS.parts, error_score="raise", scoring=lambda *_: 0.0).fit(X, y)


def test_a_label_that_one_training_part_lacks_fails_in_the_others_only() -> None:
    y = CODES.where(CODES.index != SPLITS.parts[0][1][0], 7)
    check_labels(XGBClassifier(**LIGHT), np.asarray(y), SPLITS)
    search = GridSearchCV(XGBClassifier(**LIGHT), {}, cv=SPLITS.parts, refit=False)
    with (
        pytest.warns(FitFailedWarning, match="2 fits failed"),
        pytest.warns(UserWarning, match="scores are non-finite"),
    ):
        search.fit(X, y)


def test_a_step_that_is_searched_may_be_another() -> None:
    pipe = make_pipeline(XGBClassifier(**LIGHT))
    check_labels(pipe, np.asarray(TEXTS), SPLITS, ["xgbclassifier"])
    with pytest.raises(SearchError):
        check_labels(pipe, np.asarray(TEXTS), SPLITS, ["xgbclassifier__max_depth"])
    forest = RandomForestClassifier(n_estimators=5, random_state=0)
    search = MetaSearchCV(pipe, {"xgbclassifier": [forest]}, n_trials=2, cv=3, random_state=0).fit(X, TEXTS)
    assert set(search.predict(X)) == {"yes", "no"}


@pytest.mark.parametrize("n_trials", [0, 2])
def test_a_search_says_it_and_codes_mend_it(n_trials: int) -> None:
    pipe = make_pipeline(StandardScaler(), XGBClassifier(**LIGHT))
    search = MetaSearchCV(pipe, n_trials=n_trials, cv=3, random_state=0)
    with pytest.raises(SearchError, match=r"XGBClassifier takes 0, 1, \.\.\. alone: give LabelEncoder"):
        search.fit(X, TEXTS)
    encoder = LabelEncoder()
    search.fit(X, encoder.fit_transform(TEXTS))
    assert set(encoder.inverse_transform(search.predict(X))) == {"yes", "no"}
