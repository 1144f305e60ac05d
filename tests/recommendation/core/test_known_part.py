"""The part of an estimator that a memory knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from catboost import CatBoostRegressor
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import ElasticNet, Lars, Lasso, LogisticRegressionCV, Ridge, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, NuSVC
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier

from foretune import MetaSearchCV
from foretune.base import TaskType
from foretune.learners import Learner, registry
from foretune.recommendation.core.known_part import LIBRARY_CLASSES, KnownPart, find_known_part, learner_of

CLASSIFIES: TaskType = "classification"


class OwnBooster(LGBMClassifier):
    """A class of the user's own."""


class Registered(Ridge):
    """An estimator that somebody registers."""


@pytest.mark.parametrize(
    ("estimator", "learner", "prefix"),
    [
        (XGBClassifier(), "xgboost", ""),
        (make_pipeline(StandardScaler(), SVC()), "svm", "svc__"),
        (make_pipeline(StandardScaler(), make_pipeline(SVC())), "svm", "pipeline__svc__"),
        (TransformedTargetRegressor(XGBRegressor()), "xgboost", "regressor__"),
        (
            TransformedTargetRegressor(make_pipeline(StandardScaler(), CatBoostRegressor())),
            "catboost",
            "regressor__catboostregressor__",
        ),
        (CalibratedClassifierCV(RandomForestClassifier()), "random_forest", "estimator__"),
        (OneVsRestClassifier(make_pipeline(SVC())), "svm", "estimator__svc__"),
        (HistGradientBoostingRegressor(), "hist_gradient_boosting", ""),
        (OwnBooster(), "lightgbm", ""),
        (make_pipeline(StandardScaler(), RidgeClassifier()), "linear", "ridgeclassifier__"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_part_that_predicts_is_found_by_its_class(estimator: Any, learner: str, prefix: str) -> None:
    part = find_known_part(estimator, list(LIBRARY_CLASSES), CLASSIFIES)
    assert part is not None
    assert (part.learner, part.prefix) == (learner, prefix)
    full = estimator.get_params(deep=True)
    assert part.estimator is (full[prefix.removesuffix("__")] if prefix else estimator)


@pytest.mark.parametrize(
    "estimator",
    [
        Lasso(),
        LogisticRegressionCV(),
        NuSVC(),
        XGBRFClassifier(),
        TransformedTargetRegressor(),
        make_pipeline(StandardScaler()),
        make_pipeline(SVC(), "passthrough"),
        # A forest that selects features does not predict
        make_pipeline(SelectFromModel(RandomForestClassifier()), Lars()),
        VotingClassifier([("a", SVC()), ("b", XGBClassifier())]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_relatives_of_a_known_class_are_not_known(estimator: Any) -> None:
    assert find_known_part(estimator, list(LIBRARY_CLASSES), CLASSIFIES) is None


def test_a_learner_that_the_memory_lacks_is_not_known() -> None:
    assert find_known_part(LGBMClassifier(), ["xgboost"], CLASSIFIES) is None


def test_a_registered_learner_is_known_by_what_it_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Learner("own", lambda params, kind, seed: Registered(**params), lambda kind: {})
    monkeypatch.setitem(registry._LEARNERS, "own", own)
    assert learner_of(Registered(), ["own"], "regression") == "own"
    assert learner_of(Ridge(), ["own"], "regression") is None


def test_values_that_are_set_are_fixed_by_the_names_of_the_learner() -> None:
    part = KnownPart("lightgbm", "", LGBMClassifier(eta=0.1, num_leaves=7, n_jobs=3, n_estimators=100))
    assert part.fixed == {"learning_rate": 0.1, "num_leaves": 7}
    assert KnownPart("catboost", "", CatBoostRegressor(max_depth=4, verbose=0)).fixed == {"depth": 4}
    assert KnownPart("svm", "svc__", SVC()).fixed == {}


def test_full_names_are_those_of_the_part() -> None:
    part = KnownPart("xgboost", "clf__", XGBClassifier())
    assert part.local("clf__eta") == "learning_rate"
    assert part.local("clf__max_depth") == "max_depth"
    assert part.local("impute__strategy") is None
    assert part.local("clf__estimator__max_depth") is None


def test_layers_of_a_network_are_one_parameter_of_scikit_learns() -> None:
    part = KnownPart("mlp", "", MLPClassifier())
    known = {"n_layers": 2, "width": 32, "alpha": 0.1, "scaling": "robust"}
    assert part.express(known) == {"hidden_layer_sizes": (32, 32), "alpha": 0.1}
    assert part.read({"hidden_layer_sizes": (30, 20)}) == {"n_layers": 2, "width": 25}
    assert part.read({"hidden_layer_sizes": 50, "alpha": 1}) == {"n_layers": 1, "width": 50, "alpha": 1}


def test_numbers_of_numpy_are_read_as_pythons() -> None:
    read = KnownPart("svm", "", SVC()).read({"degree": np.int64(3), "C": np.float64(2)})
    assert [type(value) for value in read.values()] == [int, float]


def test_penalties_of_squares_are_in_the_units_of_scikit_learn() -> None:
    ridge = KnownPart("linear", "", Ridge(), n_rows=200)
    # The penalty of the elastic net is that of a mean over the rows
    assert ridge.express({"alpha": 0.01, "l1_ratio": 0.3}) == {"alpha": 2.0}
    assert ridge.read({"alpha": 2.0}) == {"alpha": 0.01, "l1_ratio": 0.0}
    assert ridge.read({}) == {"l1_ratio": 0.0}
    assert ridge.as_given == {"alpha": 1.0}
    classes = KnownPart("linear", "", RidgeClassifier(alpha=4.0))
    assert classes.express({"C": 0.5, "class_weight": "balanced"}) == {
        "alpha": 1.0,
        "class_weight": "balanced",
    }
    assert classes.read({"alpha": 1.0, "class_weight": None}) == {"C": 0.5, "class_weight": None}
    assert classes.fixed == classes.as_given == {"alpha": 4.0}


def test_a_ridge_is_the_elastic_net_without_mixture() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    part = KnownPart("linear", "", Ridge(), n_rows=50)
    known = part.read({"alpha": 5.0})
    net = ElasticNet(**known, max_iter=100_000, tol=1e-12).fit(X, y)
    np.testing.assert_allclose(Ridge(alpha=5.0).fit(X, y).coef_, net.coef_, rtol=1e-5)


@pytest.mark.parametrize("estimator", [Ridge(), RidgeClassifier()])
def test_the_memory_leads_ridges(estimator: Any) -> None:
    load = load_diabetes if isinstance(estimator, Ridge) else load_breast_cancer
    pipe = make_pipeline(StandardScaler(), estimator)
    search = MetaSearchCV(pipe, 4, cv=3, random_state=0, min_gain=0).fit(*load(return_X_y=True))
    kind = type(estimator).__name__
    assert f"the memory leads the hyperparameters of {kind} (linear)" in search.notes_
    name = f"{kind.lower()}__alpha"
    assert search.cv_results_["is_default"].sum() == 1
    assert {params[name] for params in search.cv_results_["params"]} > {1.0}
    assert (search.cv_results_["status"] == "ok").all()
