"""Transformer of categories to means of the target."""

from __future__ import annotations

import inspect
import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import TargetEncoder
from sklearn.utils.validation import check_is_fitted

from foretune.base import TaskType

Floats = npt.NDArray[np.float64]

# Every configuration and table is cross-fitted alike
SEED = 0
N_PARTS = 5
BINARY = 2


class TargetCodes(TransformerMixin, BaseEstimator):
    """Encode categories by smoothed means of the target, scikit-learn's ``TargetEncoder`` for a task type.

    Training rows are cross-fitted in five parts with a fixed seed, fewer if the rows or the largest class are
    fewer. Missing is a category; categories unseen in training get the mean of all rows. Several classes
    give a column each.

    Parameters
    ----------
    task_type
        ``"classification"`` for labels of any type, ``"regression"`` for values.
    """

    def __init__(self, task_type: TaskType) -> None:
        self.task_type = task_type

    def fit(self, X: Any, y: Any) -> Self:
        """Learn the means, X of shape (n_rows, n_columns), y of shape (n_rows,)."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Floats:
        """Learn the means, and encode the same rows by means of other parts of them."""
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        kind, target, n_parts = self._read(np.asarray(y))
        self.encoder_ = make_target_encoder(kind, max(n_parts, BINARY))
        if n_parts < BINARY:
            return np.asarray(self.encoder_.fit(X, target).transform(X), dtype=np.float64)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            return np.asarray(self.encoder_.fit_transform(X, target), dtype=np.float64)

    def transform(self, X: Any) -> Floats:
        """Encode rows by the means of all training rows."""
        check_is_fitted(self)
        return np.asarray(self.encoder_.transform(X), dtype=np.float64)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the names of the columns: those of the input, with the class where there are several."""
        return self.encoder_.get_feature_names_out(input_features)

    def _read(self, y: npt.NDArray[Any]) -> tuple[str, npt.NDArray[Any], int]:
        """Return the kind of the target, the target as numbers, and the number of parts."""
        if self.task_type == "regression":
            return "continuous", y, min(N_PARTS, len(y))
        labels, codes = np.unique(y, return_inverse=True)
        kind = "binary" if len(labels) <= BINARY else "multiclass"
        return kind, codes, min(N_PARTS, int(np.bincount(codes).max()))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def count_parts(n_rows: int) -> int:
    """Return the number of parts that rows, or the rows of the largest class, are cross-fitted in."""
    return max(min(N_PARTS, n_rows), BINARY)


def make_target_encoder(kind: str, n_parts: int) -> TargetEncoder:
    """Make scikit-learn's encoder, its parts drawn with a fixed seed in any of its releases.

    Parameters
    ----------
    kind
        ``"continuous"``, ``"binary"``, ``"multiclass"``, or ``"auto"`` for labels of any type.
    n_parts
        Number of parts in which the training rows are cross-fitted, at least 2.
    """
    shuffle = inspect.signature(TargetEncoder).parameters.get("shuffle")
    if shuffle is not None and isinstance(shuffle.default, bool):
        return TargetEncoder(target_type=kind, cv=n_parts, shuffle=True, random_state=SEED)
    # Newer releases take a splitter, and make the same parts
    splitter = KFold if kind == "continuous" else StratifiedKFold
    return TargetEncoder(target_type=kind, cv=splitter(n_parts, shuffle=True, random_state=SEED))
