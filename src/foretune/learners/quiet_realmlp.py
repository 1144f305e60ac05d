"""RealMLP without the warnings of the libraries that it is made of."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

from foretune.learners.recorded_warnings import record_warnings


@contextmanager
def _without_deprecations() -> Iterator[None]:
    with record_warnings() as caught:
        yield
    for warning in caught:
        # Lightning calls what PyTorch deprecates
        if not issubclass(warning.category, FutureWarning | DeprecationWarning):
            warnings.warn(warning.message, stacklevel=3)


class _Quiet:
    """Mixin that fits and predicts without deprecation warnings."""

    def fit(self, X: Any, y: Any, **rest: Any) -> Self:
        parent: Any = super()
        with _without_deprecations():
            parent.fit(X, y, **rest)
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        parent: Any = super()
        with _without_deprecations():
            return np.asarray(parent.predict(X))


class RealMLPClassifier(_Quiet, RealMLP_TD_Classifier):
    """RealMLP's classifier with tuned defaults."""

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Predict probabilities, shape (n_rows, n_classes)."""
        with _without_deprecations():
            return np.asarray(super().predict_proba(X))


class RealMLPRegressor(_Quiet, RealMLP_TD_Regressor):
    """RealMLP's regressor with tuned defaults."""
