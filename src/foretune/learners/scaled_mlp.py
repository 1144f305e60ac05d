"""Multi-layer perceptrons that scale their inputs and stop on held-out rows."""

from __future__ import annotations

import math
import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import QuantileTransformer, RobustScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from foretune.learners.recorded_warnings import record_warnings
from foretune.learners.sample_weights import check_weights

Floats = npt.NDArray[np.float64]

SCALINGS = ("quantile", "robust")
# Fewer rows, or a class of one row, leave too little to hold out
LEAST_TO_STOP = 30
HELD_OUT = 0.1
# A small table has few batches in an epoch: patience and the longest fit are at least so many batches
LEAST_PATIENCE, LEAST_LIMIT = 100, 3000
MOST_QUANTILES = 1000
# Scaled values tend to plus and minus this
LARGEST_INPUT = 3.0


class InputScaler:
    """Scaling of each column by its quantiles to a normal distribution, or by its median and quartiles.

    Large values are then pressed smoothly below 3. Columns with at most two values, such as one-hot columns,
    stay as they are.

    Parameters
    ----------
    scaling
        ``quantile`` or ``robust``.
    seed
        Seed of the rows from which the quantiles of a large table are computed.
    """

    def __init__(self, scaling: str, seed: int | None) -> None:
        if scaling not in SCALINGS:
            raise ValueError(f"scaling = {scaling!r}, allowed: {', '.join(SCALINGS)}")
        self._scaling = scaling
        self._seed = seed

    def fit(self, X: Floats) -> Self:
        """Learn the scale of each column, shape (n_rows, n_columns)."""
        self._is_scaled = np.array([_has_three_values(column) for column in X.T], dtype=bool)
        if self._is_scaled.any():
            self._scaler = self._make(len(X)).fit(X[:, self._is_scaled])
        return self

    def transform(self, X: Floats) -> Floats:
        """Scale rows, shape (n_rows, n_columns)."""
        scaled = np.array(X, dtype=np.float64)
        if self._is_scaled.any():
            values = self._scaler.transform(X[:, self._is_scaled])
            scaled[:, self._is_scaled] = values / np.hypot(1.0, values / LARGEST_INPUT)
        return scaled

    def _make(self, n_rows: int) -> Any:
        if self._scaling == "robust":
            return RobustScaler()
        n_quantiles = min(MOST_QUANTILES, n_rows)
        return QuantileTransformer(
            n_quantiles=n_quantiles, output_distribution="normal", random_state=self._seed
        )


class _ScaledMLP(BaseEstimator):
    def __init__(  # noqa: PLR0913, PLR0917 (most of the arguments are those of scikit-learn's MLP)
        self,
        n_layers: int = 1,
        width: int = 100,
        learning_rate_init: float = 0.001,
        alpha: float = 0.0001,
        batch_size: int = 200,
        early_stopping: bool = True,
        scaling: str = "quantile",
        max_iter: int = 300,
        n_iter_no_change: int = 10,
        random_state: int | None = None,
    ) -> None:
        self.n_layers = n_layers
        self.width = width
        self.learning_rate_init = learning_rate_init
        self.alpha = alpha
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.scaling = scaling
        self.max_iter = max_iter
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state

    def _fit(self, network: type, X: Floats, y: Any, sample_weight: Any, can_stop: bool) -> Self:
        weights = check_weights(sample_weight, len(X))
        self.scaler_ = InputScaler(self.scaling, self.random_state).fit(X)
        stops = self.early_stopping and can_stop and len(X) >= LEAST_TO_STOP
        n_held_out = math.ceil(HELD_OUT * len(X)) if stops else 0
        batch_size = min(self.batch_size, len(X) - n_held_out)
        n_batches = math.ceil((len(X) - n_held_out) / batch_size)
        patience = math.ceil(LEAST_PATIENCE / n_batches) if stops else 0
        one = network(
            hidden_layer_sizes=(self.width,) * self.n_layers,
            learning_rate_init=self.learning_rate_init,
            alpha=self.alpha,
            batch_size=batch_size,
            early_stopping=stops,
            validation_fraction=HELD_OUT,
            max_iter=max(self.max_iter, math.ceil(LEAST_LIMIT / n_batches)),
            n_iter_no_change=max(self.n_iter_no_change, patience),
            random_state=self.random_state,
        )
        if weights is not None and not has_fit_parameter(one, "sample_weight"):
            raise TypeError(f"{type(self).__name__} takes sample_weight from scikit-learn 1.7 on")
        given = {} if weights is None else {"sample_weight": weights}
        with record_warnings() as caught:
            self.network_ = one.fit(self.scaler_.transform(X), y, **given)
        for warning in caught:
            # Early stopping keeps the best epoch, and where no rows can be held out the last one is meant
            if not (self.early_stopping and issubclass(warning.category, ConvergenceWarning)):
                warnings.warn(warning.message, stacklevel=3)
        self.n_iter_ = self.network_.n_iter_
        return self

    def _scaled(self, X: npt.ArrayLike) -> Floats:
        check_is_fitted(self)
        return self.scaler_.transform(validate_data(self, X, reset=False, dtype=np.float64))


class ScaledMLPClassifier(ClassifierMixin, _ScaledMLP):
    """Classifier of scikit-learn's multi-layer perceptron with scaled inputs.

    Parameters
    ----------
    n_layers, width
        Number of hidden layers, and of units in each.
    learning_rate_init, alpha
        Learning rate of Adam, and L2 penalty.
    batch_size
        Rows in a batch, at most all.
    early_stopping
        Hold out a tenth of the rows and keep the epoch that predicts them best. With fewer than 30 rows, or
        where one of two classes has one row, the loss in training or the last epoch ends the fit.
    scaling
        ``quantile`` or ``robust``, see :class:`.InputScaler`.
    max_iter, n_iter_no_change
        Most epochs, and epochs without improvement that end the fit; a small table has more of both, at least
        3,000 batches and, with early stopping, 100 without improvement.
    random_state
        Seed of weights, batches and held-out rows.
    """

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit scaling and network; a fit without early stopping may warn that it has not converged.

        Raises
        ------
        TypeError
            If there are sample weights, and scikit-learn is older than 1.7.
        """
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        can_stop = len(counts) > 2 or int(counts.min()) > 1
        # scikit-learn 1.6 stops early on numbers only
        return self._fit(MLPClassifier, rows, codes, sample_weight, can_stop)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Predict the most probable labels."""
        codes = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[codes])

    def predict_proba(self, X: npt.ArrayLike) -> Floats:
        """Predict probabilities, shape (n_rows, n_classes)."""
        rows = self._scaled(X)
        return np.asarray(self.network_.predict_proba(rows))


class ScaledMLPRegressor(RegressorMixin, _ScaledMLP):
    """Regressor of scikit-learn's multi-layer perceptron with scaled inputs.

    The target is taken as it is, and should be standardised.

    Parameters
    ----------
    n_layers, width, learning_rate_init, alpha, batch_size, early_stopping, scaling, max_iter
        As for :class:`ScaledMLPClassifier`.
    n_iter_no_change, random_state
        As for :class:`ScaledMLPClassifier`.
    """

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit scaling and network; a fit without early stopping may warn that it has not converged.

        Raises
        ------
        TypeError
            If there are sample weights, and scikit-learn is older than 1.7.
        """
        rows, values = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        return self._fit(MLPRegressor, rows, values, sample_weight, can_stop=True)

    def predict(self, X: npt.ArrayLike) -> Floats:
        """Predict values, shape (n_rows,)."""
        rows = self._scaled(X)
        return np.asarray(self.network_.predict(rows))


def _has_three_values(column: Floats) -> bool:
    return bool(np.any((column != column.min()) & (column != column.max())))
