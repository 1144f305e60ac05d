"""Wrapper of regressors that standardises the target."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_array, column_or_1d, get_tags
from sklearn.utils.validation import check_is_fitted

from foretune.learners import fit_estimator, restore_unit

Floats = npt.NDArray[np.float64]


class ScaledTargetRegressor(RegressorMixin, BaseEstimator):
    """Regressor fitted to the standardised target that predicts in the target's own unit.

    As :class:`sklearn.compose.TransformedTargetRegressor`, but predictions have double precision even if the
    regressor's have not, and coefficients and feature importances can be read.

    Parameters
    ----------
    regressor
        Unfitted regressor.

    Attributes
    ----------
    regressor_
        Regressor fitted to the standardised target.
    scaler_
        Fitted ``StandardScaler`` of the target.
    """

    def __init__(self, regressor: Any) -> None:
        self.regressor = regressor

    def fit(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the regressor to the standardised target."""
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        values = check_array(column_or_1d(y, warn=True), dtype=np.float64, ensure_2d=False, input_name="y")
        self.scaler_ = StandardScaler().fit(values[:, None])
        scaled = self.scaler_.transform(values[:, None])[:, 0]
        self.regressor_ = fit_estimator(clone(self.regressor), X, scaled, sample_weight)
        return self

    def predict(self, X: Any) -> Floats:
        """Predict values in the target's unit."""
        check_is_fitted(self)
        return restore_unit(self.regressor_.predict(X), self.scaler_)

    @property
    def n_features_in_(self) -> int:
        """Number of features in training."""
        return int(self.regressor_.n_features_in_)

    @property
    def feature_importances_(self) -> npt.NDArray[np.floating[Any]]:
        """Feature importances of the regressor, if it has them."""
        return np.asarray(self.regressor_.feature_importances_)

    @property
    def coef_(self) -> Floats:
        """Coefficients of a linear regressor, in the target's unit."""
        return np.asarray(self.regressor_.coef_ * self.scaler_.scale_)

    @property
    def intercept_(self) -> Floats:
        """Intercept of a linear regressor, in the target's unit."""
        return np.asarray(restore_unit(np.atleast_1d(self.regressor_.intercept_), self.scaler_))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Tags of the wrapped regressor
        inner = get_tags(self.regressor)
        tags.input_tags, tags.regressor_tags = inner.input_tags, inner.regressor_tags
        return tags
