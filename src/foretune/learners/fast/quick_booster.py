"""Faster XGBoost fits on a fold, with identical trees."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xgboost as xgb

Rows = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Weights = npt.NDArray[np.float64] | None


# With any other parameter XGBoost's estimator is fitted, which may bin or train differently
TREE_PARAMETERS = frozenset(
    {
        "n_estimators",
        "learning_rate",
        "max_depth",
        "max_leaves",
        "grow_policy",
        "gamma",
        "min_child_weight",
        "max_delta_step",
        "subsample",
        "colsample_bytree",
        "colsample_bylevel",
        "colsample_bynode",
        "reg_alpha",
        "reg_lambda",
        "scale_pos_weight",
    }
)
# Of the rows, not of the booster
FORM_PARAMETERS = frozenset({"enable_categorical", "feature_types"})
DEFAULT_ROUNDS = 100


class QuickBooster:
    """Fitted booster with the predictions of XGBoost's estimators.

    Parameters
    ----------
    booster
        The fitted booster.
    n_classes
        Number of classes; None for regression.
    """

    def __init__(self, booster: xgb.Booster, n_classes: int | None) -> None:
        self._booster = booster
        self._n_classes = n_classes

    def predict(self, X: Rows, iteration_range: tuple[int, int] = (0, 0)) -> npt.NDArray[Any]:
        """Predict values, or codes of the most probable class, shape (n_rows,)."""
        if self._n_classes is None:
            return self._output(X, iteration_range)
        codes: npt.NDArray[np.intp] = self.predict_proba(X, iteration_range).argmax(axis=1)
        return codes

    def predict_proba(self, X: Rows, iteration_range: tuple[int, int] = (0, 0)) -> Floats:
        """Predict class probabilities, shape (n_rows, n_classes)."""
        return _with_both_classes(self._output(X, iteration_range))

    def _output(self, X: Rows, iteration_range: tuple[int, int]) -> Floats:
        return np.asarray(self._booster.inplace_predict(X, iteration_range=iteration_range))


class QuickTraining(NamedTuple):
    """Booster in training.

    Attributes
    ----------
    booster, matrix
        The booster and its binned rows.
    n_classes
        Number of classes; None for regression.
    """

    booster: xgb.Booster
    matrix: Any
    n_classes: int | None

    def update(self, iteration: int) -> None:
        """Add a round."""
        self.booster.update(self.matrix, iteration)

    def predictor(self, X: Rows) -> Callable[[], Floats]:
        """Return the function that predicts after the rounds so far, as the fitted booster does.

        XGBoost keeps the margins of rows that it has seen, and adds only new trees.
        """
        import xgboost as xgb

        return partial(predict_rows, self.booster, xgb.DMatrix(X, nthread=1), self.n_classes)


def predict_rows(booster: xgb.Booster, rows: xgb.DMatrix, n_classes: int | None) -> Floats:
    """Predict values, or probabilities of so many classes, as XGBoost's estimators do."""
    output = np.asarray(booster.predict(rows, validate_features=False))
    return output if n_classes is None else _with_both_classes(output)


def _with_both_classes(output: Floats) -> Floats:
    return output if output.ndim > 1 else np.vstack((1.0 - output, output)).transpose()


class _Binned(NamedTuple):
    """Binned rows with weak references to the arrays of their origin."""

    origin: tuple[weakref.ref[Any], ...]
    matrix: Any

    def is_of(self, arrays: tuple[Any, ...]) -> bool:
        """Whether the rows are those of these very arrays."""
        return all(known() is array for known, array in zip(self.origin, arrays, strict=True))


class _BinnedRows(threading.local):
    """Cache of binned rows by array, shared by all trials on a fold.

    Entries are dropped with their arrays. Each thread has its own cache, because boosters write to their
    training data.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], _Binned] = {}

    def of(
        self,
        X: Rows,
        y: npt.NDArray[Any],
        weights: Weights = None,
        types: Sequence[str] | None = None,
    ) -> Any:
        import xgboost as xgb

        arrays = (X, y) if weights is None else (X, y, weights)
        key = (*map(id, arrays), types and tuple(types))
        known = self._known.get(key)
        if known is not None and known.is_of(arrays):
            return known.matrix
        form: dict[str, Any] = {"feature_types": types, "enable_categorical": True} if types else {}
        matrix = xgb.QuantileDMatrix(X, label=y, weight=weights, nthread=1, **form)
        entries = self._known

        def forget(_: Any) -> None:
            entries.pop(key, None)

        entries[key] = _Binned(tuple(weakref.ref(array, forget) for array in arrays), matrix)
        return matrix


_BINNED_ROWS = _BinnedRows()


def fit_booster(
    estimator: Any, params: dict[str, Any], X: Rows, y: npt.NDArray[Any], weights: Weights = None
) -> Any:
    """Fit the trees of an XGBoost estimator, faster.

    The rows are binned once for all trials, no callbacks are called between trees, and the booster is not
    serialised at the end, as :func:`xgboost.train` does to drop its caches (``benchmarks/quick_fits.py``
    measures the gain).

    Parameters
    ----------
    estimator
        The unfitted estimator.
    params
        Its parameters, except threads and seed.
    X, y, weights
        Rows, shape (n_rows, n_columns), codes or values, and sample weights, shape (n_rows,). The arrays must
        not be modified afterwards.

    Returns
    -------
    QuickBooster or estimator
        The fitted estimator itself where its parameters or the classes are not supported, or this release of
        XGBoost trains in another way.
    """
    if not can_fit_quickly(estimator, params, y):
        return estimator.fit(X, y, sample_weight=weights)
    return _fit_quickly(estimator, params, X, y, weights)


def can_fit_quickly(estimator: Any, params: dict[str, Any], y: npt.NDArray[Any]) -> bool:
    """Whether parameters, classes and this release of XGBoost allow the faster fit."""
    n_classes = count_classes(estimator, y)
    if n_classes == 0 or not params.keys() <= TREE_PARAMETERS | FORM_PARAMETERS:
        return False
    return _is_exact(n_classes and min(n_classes, 3), has_categories="feature_types" in params)


def count_classes(estimator: Any, y: npt.NDArray[Any]) -> int | None:
    """Return the number of classes, or 0 unless the labels are the codes 0, 1, ... of at least two.

    None for a regressor.
    """
    from xgboost import XGBClassifier

    return _count_codes(y) if isinstance(estimator, XGBClassifier) else None


def start_booster(
    estimator: Any, params: dict[str, Any], X: Rows, y: npt.NDArray[Any], weights: Weights = None
) -> Callable[[], QuickTraining]:
    """Bin the rows, and return the function that starts the training of a booster, in any thread.

    Parameters as for :func:`fit_booster`, and such as :func:`can_fit_quickly` allows.
    """
    n_classes = count_classes(estimator, y)
    settings = _settings_of(classifies=n_classes is not None) | {
        "random_state": estimator.random_state,
        "n_jobs": estimator.n_jobs,
    }
    settings |= {
        name: value
        for name, value in params.items()
        if name not in {"n_estimators", *FORM_PARAMETERS} and value is not None
    }
    if n_classes is not None and n_classes > 2:
        settings |= {"objective": "multi:softprob", "num_class": n_classes}
    matrix = _BINNED_ROWS.of(X, y, weights, params.get("feature_types"))
    return lambda: QuickTraining(_nameless_booster()(settings, [matrix]), matrix, n_classes)


@cache
def _is_exact(n_classes: int | None, *, has_categories: bool = False) -> bool:
    """Whether a small booster predicts as XGBoost's estimator does; three classes stand for more."""
    from xgboost import XGBClassifier, XGBRegressor

    X = np.random.default_rng(0).random((24, 2))
    y = X[:, 0] * X[:, 1] if n_classes is None else np.arange(24) % n_classes
    params: dict[str, Any] = {"n_estimators": 2, "max_depth": 2, "subsample": 0.7}
    if has_categories:
        X[:, 1] = np.where(X[:, 1] < 0.1, np.nan, np.floor(8 * X[:, 1]))
        params |= {"enable_categorical": True, "feature_types": ["q", "c"]}
    estimator = (XGBRegressor if n_classes is None else XGBClassifier)(n_jobs=1, random_state=0, **params)

    def predict(fitted: Any) -> Any:
        return fitted.predict(X) if n_classes is None else fitted.predict_proba(X)

    try:
        quick = _fit_quickly(estimator, params, X, y)
        return np.array_equal(predict(quick), predict(estimator.fit(X, y)))
    except Exception:  # noqa: BLE001 (whatever another release makes of its parts)
        return False


def _fit_quickly(
    estimator: Any, params: dict[str, Any], X: Rows, y: npt.NDArray[Any], weights: Weights = None
) -> QuickBooster:
    training = start_booster(estimator, params, X, y, weights)()
    rounds = estimator.n_estimators
    for iteration in range(DEFAULT_ROUNDS if rounds is None else rounds):
        training.update(iteration)
    return QuickBooster(training.booster, training.n_classes)


def _count_codes(y: npt.NDArray[Any]) -> int:
    present = np.bincount(y) if np.issubdtype(y.dtype, np.integer) and y.min(initial=0) >= 0 else np.zeros(1)
    return len(present) if len(present) > 1 and present.all() else 0


@cache
def _settings_of(*, classifies: bool) -> dict[str, Any]:
    """Return the booster parameters of a default estimator; cached, because they need slow inspection."""
    from xgboost import XGBClassifier, XGBRegressor

    told = (XGBClassifier if classifies else XGBRegressor)().get_xgb_params()
    return {name: value for name, value in told.items() if value is not None}


@cache
def _nameless_booster() -> type[xgb.Booster]:
    """Return a class of boosters that does not look up the column names before each tree."""
    import xgboost as xgb

    class NamelessBooster(xgb.Booster):
        """Booster for rows without column names."""

        def _assign_dmatrix_features(self, data: Any) -> None:
            pass

    return NamelessBooster
