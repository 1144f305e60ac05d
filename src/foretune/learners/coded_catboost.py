"""CatBoost's estimators for tables in native form."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor

# CatBoost takes whole numbers or texts for categories, and no NaN
MISSING = -1


class _TakesCodes:
    """Mixin that takes numeric arrays, of which ``cat_features`` are codes of categories."""

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, **rest: Any) -> Self:
        parent: Any = super()
        parent.fit(self._to_frame(X), y, sample_weight=sample_weight, **rest)
        return self

    def predict(self, X: Any, *args: Any, **rest: Any) -> npt.NDArray[Any]:
        parent: Any = super()
        return np.asarray(parent.predict(self._to_frame(X), *args, **rest))

    def score(self, X: Any, y: Any = None) -> float:
        parent: Any = super()
        return float(parent.score(self._to_frame(X), y))

    def _to_frame(self, X: Any) -> pd.DataFrame:
        estimator: Any = self
        frame = pd.DataFrame(np.asarray(X))
        for at in estimator.get_param("cat_features"):
            frame[at] = frame[at].fillna(MISSING).astype(np.int64)
        return frame


class CodedCatBoostClassifier(_TakesCodes, CatBoostClassifier):
    """A CatBoost classifier of tables in native form; see :class:`_TakesCodes`."""

    def predict_proba(self, X: Any, *args: Any, **rest: Any) -> npt.NDArray[np.float64]:
        """Predict class probabilities, shape (n_rows, n_classes)."""
        return np.asarray(super().predict_proba(self._to_frame(X), *args, **rest))

    def predict_log_proba(self, X: Any, *args: Any, **rest: Any) -> npt.NDArray[np.float64]:
        """Predict logarithms of class probabilities, shape (n_rows, n_classes)."""
        return np.asarray(super().predict_log_proba(self._to_frame(X), *args, **rest))


class CodedCatBoostRegressor(_TakesCodes, CatBoostRegressor):
    """A CatBoost regressor of tables in native form; see :class:`_TakesCodes`."""
