from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification, make_regression

from foretune.learners import get_learner
from foretune.learners.fast import quick_booster
from foretune.learners.fast.quick_booster import QuickBooster, fit_booster
from foretune.learners.folds import Fold

if TYPE_CHECKING:
    import numpy.typing as npt

    from foretune.base.parameters import TaskType

LEARNER = get_learner("xgboost")


def _fold(task_type: TaskType, n_classes: int = 2, n_rows: int = 90, seed: int = 0) -> Fold:
    if task_type == "regression":
        X, y = make_regression(n_rows, 5, noise=1.0, random_state=seed)
        y = (y - y.mean()) / y.std()
    else:
        X, y = make_classification(
            n_rows, 5, n_informative=4, n_redundant=0, n_classes=n_classes, random_state=seed
        )
    X[::7, 2] = 0.0
    half = n_rows // 2
    return Fold(X[:half], y[:half], X[half:], y[half:])


def _expected(params: dict[str, Any], task_type: TaskType, fold: Fold, seed: int) -> Any:
    return LEARNER.build(params, task_type, seed).fit(fold.X_train, fold.y_train)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from([("classification", 2), ("classification", 4), ("regression", 0)]),
    params=st.fixed_dictionaries(
        {},
        optional={
            "n_estimators": st.integers(1, 30),
            "learning_rate": st.floats(0.01, 1.0),
            "max_depth": st.integers(1, 8),
            "subsample": st.floats(0.3, 1.0),
            "colsample_bytree": st.floats(0.3, 1.0),
            "min_child_weight": st.floats(0.1, 10.0),
            "reg_lambda": st.floats(0.001, 10.0),
        },
    ),
    seed=st.integers(0, 2**31 - 1),
)
def test_predictions_are_those_of_the_estimator_to_the_last_bit(
    kind: tuple[TaskType, int], params: dict[str, Any], seed: int
) -> None:
    task_type, n_classes = kind
    fold = _fold(task_type, n_classes)
    found = LEARNER.fit(params, task_type, seed, fold)
    assert isinstance(found, QuickBooster)
    expected = _expected(params, task_type, fold, seed)
    np.testing.assert_array_equal(found.predict(fold.X_test), expected.predict(fold.X_test))
    first = (0, 1)
    if task_type == "classification":
        np.testing.assert_array_equal(found.predict_proba(fold.X_test), expected.predict_proba(fold.X_test))
        np.testing.assert_array_equal(
            found.predict_proba(fold.X_test, iteration_range=first),
            expected.predict_proba(fold.X_test, iteration_range=first),
        )
    else:
        np.testing.assert_array_equal(
            found.predict(fold.X_test, iteration_range=first),
            expected.predict(fold.X_test, iteration_range=first),
        )


def test_trials_on_the_same_rows_do_not_disturb_each_other() -> None:
    fold = _fold("classification", 3)
    several = [{"max_depth": depth, "subsample": 0.5, "n_estimators": 5} for depth in (1, 6, 2, 6)]
    found = [LEARNER.fit(params, "classification", 0, fold).predict_proba(fold.X_test) for params in several]
    for params, probabilities in zip(several, found, strict=True):
        expected = _expected(params, "classification", fold, 0).predict_proba(fold.X_test)
        np.testing.assert_array_equal(probabilities, expected)


@pytest.mark.filterwarnings("ignore:.*`booster=dart` is deprecated:UserWarning")
@pytest.mark.parametrize(
    "params",
    [{"max_bin": 16}, {"tree_method": "exact"}, {"booster": "dart"}, {"early_stopping_rounds": None}],
)
def test_what_trains_in_another_way_is_left_to_the_estimator(params: dict[str, Any]) -> None:
    fold = _fold("regression")
    found = LEARNER.fit({"n_estimators": 3} | params, "regression", 0, fold)
    assert isinstance(found, xgb.XGBRegressor)
    expected = _expected({"n_estimators": 3} | params, "regression", fold, 0)
    np.testing.assert_array_equal(found.predict(fold.X_test), expected.predict(fold.X_test))


def test_a_class_that_is_missing_is_an_error_as_in_xgboost() -> None:
    fold = _fold("classification", 3)
    fold.y_train[fold.y_train == 1] = 2
    with pytest.raises(ValueError, match="Invalid classes inferred"):
        LEARNER.fit({}, "classification", 0, fold)


def test_a_single_class_is_left_to_the_estimator() -> None:
    fold = _fold("classification")
    fold.y_train[:] = 0
    found = LEARNER.fit({"n_estimators": 2}, "classification", 0, fold)
    assert isinstance(found, xgb.XGBClassifier)


def test_a_wrong_value_is_an_error_as_in_xgboost() -> None:
    fold = _fold("regression")
    with pytest.raises(xgb.core.XGBoostError, match="subsample"):
        LEARNER.fit({"subsample": 2.0}, "regression", 0, fold)


def test_rows_are_binned_once_and_go_with_their_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Any]] = []

    class Counted(xgb.QuantileDMatrix):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            made.append(weakref.ref(self))

    fold = _fold("regression")
    # The first fit of all is compared with XGBoost's own
    LEARNER.fit({"n_estimators": 1}, "regression", 0, _fold("regression", seed=1))
    monkeypatch.setattr(xgb, "QuantileDMatrix", Counted)
    for depth in (2, 3, 4):
        LEARNER.fit({"max_depth": depth, "n_estimators": 2}, "regression", 0, fold)
    assert len(made) == 1
    del fold
    gc.collect()
    assert made[0]() is None


def test_another_target_for_the_same_rows_is_another_fold() -> None:
    fold = _fold("regression")
    one = LEARNER.fit({"n_estimators": 3}, "regression", 0, fold).predict(fold.X_test)
    other = Fold(fold.X_train, -fold.y_train, fold.X_test, fold.y_test)
    found = LEARNER.fit({"n_estimators": 3}, "regression", 0, other).predict(fold.X_test)
    np.testing.assert_array_equal(
        found, _expected({"n_estimators": 3}, "regression", other, 0).predict(fold.X_test)
    )
    assert not np.array_equal(one, found)


def test_threads_train_side_by_side_on_the_same_fold() -> None:
    fold = _fold("classification", 2, n_rows=400)
    several = [{"max_depth": depth, "n_estimators": 30} for depth in range(1, 9)]
    found: dict[int, npt.NDArray[Any]] = {}

    def work(at: int) -> None:
        found[at] = LEARNER.fit(several[at], "classification", at, fold).predict_proba(fold.X_test)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(len(several))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for at, params in enumerate(several):
        expected = _expected(params, "classification", fold, at).predict_proba(fold.X_test)
        np.testing.assert_array_equal(found[at], expected)


def test_codes_of_any_whole_kind() -> None:
    fold = _fold("classification", 3)
    estimator = LEARNER.build({"n_estimators": 2}, "classification", 0)
    codes = fold.y_train.astype(np.int32)
    found = fit_booster(estimator, {"n_estimators": 2}, fold.X_train, codes)
    assert found.predict_proba(fold.X_test).shape == (len(fold.X_test), 3)


def _train_with_smaller_steps(booster: xgb.Booster, data: Any) -> None:
    booster.set_param({"eta": 0.05})


@pytest.mark.parametrize(
    ("owner", "name", "changed"),
    [
        pytest.param(
            xgb.Booster,
            "_assign_dmatrix_features",
            _train_with_smaller_steps,
            id="the private method does more",
        ),
        pytest.param(quick_booster.QuickBooster, "_output", lambda *_: None, id="predictions come otherwise"),
        pytest.param(quick_booster, "_nameless_booster", lambda: None, id="there is no such method"),
    ],
)
@pytest.mark.parametrize(
    ("task_type", "n_classes"), [("classification", 2), ("classification", 4), ("regression", 0)]
)
def test_where_xgboost_trains_in_another_way_its_own_estimator_is_fitted(
    task_type: TaskType, n_classes: int, owner: Any, name: str, changed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick_booster, "_is_exact", quick_booster._is_exact.__wrapped__)
    fold, params = _fold(task_type, n_classes), {"n_estimators": 5, "subsample": 0.8}
    assert isinstance(LEARNER.fit(params, task_type, 1, fold), QuickBooster)
    monkeypatch.setattr(owner, name, changed)
    found = LEARNER.fit(params, task_type, 1, fold)
    assert isinstance(found, xgb.XGBModel)
    expected = _expected(params, task_type, fold, 1)
    np.testing.assert_array_equal(found.predict(fold.X_test), expected.predict(fold.X_test))


@pytest.mark.parametrize("n_classes", [0, 2, 4])
def test_categories_are_read_as_by_the_estimator(n_classes: int) -> None:
    fold = _fold("classification", n_classes, 400) if n_classes else _fold("regression", n_rows=400)
    for X in (fold.X_train, fold.X_test):
        X[:, 4] = np.where(X[:, 4] < -1, np.nan, np.abs(np.round(4 * X[:, 4])))
    params = {"n_estimators": 5, "enable_categorical": True, "feature_types": [*"qqqqc"]}
    task_type: TaskType = "classification" if n_classes else "regression"
    fitted = LEARNER.fit(params, task_type, 0, fold)
    assert isinstance(fitted, QuickBooster)
    predict = "predict_proba" if n_classes else "predict"
    found, expected = (
        getattr(one, predict)(fold.X_test) for one in (fitted, _expected(params, task_type, fold, 0))
    )
    np.testing.assert_array_equal(found, expected)
    # The same rows in another form are binned anew
    plain = LEARNER.fit({"n_estimators": 5}, task_type, 0, fold)
    assert not np.array_equal(getattr(plain, predict)(fold.X_test), found)
