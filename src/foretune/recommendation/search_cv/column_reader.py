"""Transformer of raw tables to numeric and categorical columns, the first step of a fitted pipeline."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from foretune.tables import (
    TableError,
    as_category,
    as_frame,
    check_column_names,
    check_finite,
    clean_column,
    is_empty,
    is_nominal,
    is_time,
    to_days,
)


class ColumnReader(TransformerMixin, BaseEstimator):
    """Convert numbers, booleans and times to ``float64`` and all other columns to ``category``.

    :meth:`fit` infers the types by the rules of :mod:`foretune.tables.cleaning` and drops empty columns.

    Attributes
    ----------
    is_numeric_ : dict
        Whether a column is numeric, by the position of each column that is kept.
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Infer the type of each column of a frame or array, shape (n_rows, n_features); ``y`` is ignored.

        Raises
        ------
        ValueError
            If the table is sparse, complex, one-dimensional, or has no rows or columns.
        TableError
            If no column has a value.
        """
        frame = self._as_frame(X, reset=True)
        self.is_numeric_ = {
            at: not is_nominal(frame.iloc[:, at]) for at in np.flatnonzero(~is_empty(frame)).tolist()
        }
        if not self.is_numeric_:
            raise TableError("no feature has a value: give a table with at least one feature")
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Convert a table with the same columns to ``float64`` and ``category``; unseen values are kept.

        Raises
        ------
        ValueError
            If the columns differ from those in :meth:`fit`.
        TableError
            If a column of numbers holds text, or a number is infinite.
        """
        check_is_fitted(self)
        frame = self._as_frame(X, reset=False)
        read = {
            str(frame.columns[at]): _read(frame.iloc[:, at], is_numeric)
            for at, is_numeric in self.is_numeric_.items()
        }
        table = pd.DataFrame(read, index=frame.index)
        check_finite(table)
        return table

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the names of the columns that are kept."""
        check_is_fitted(self)
        given = input_features if input_features is not None else getattr(self, "feature_names_in_", None)
        names = [f"x{at}" for at in range(self.n_features_in_)] if given is None else given
        return np.array([str(names[at]) for at in self.is_numeric_], dtype=object)

    def _as_frame(self, X: Any, *, reset: bool) -> pd.DataFrame:
        frame = check_table(X)
        remember_columns(self, X, frame, reset=reset)
        return as_frame(frame)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        # The output is a frame, whose columns have dtypes of their own
        tags.transformer_tags.preserves_dtype = []
        return tags


def check_table(X: Any) -> pd.DataFrame:
    """Convert a table of any type to a frame; frames are returned unchanged.

    Raises
    ------
    ValueError
        If it is sparse, complex, one-dimensional, has no rows or columns, or repeats a column name.
    """
    if hasattr(X, "to_pandas"):
        X = X.to_pandas()
    if not isinstance(X, pd.DataFrame):
        return as_frame(check_array(X, dtype=None, ensure_all_finite="allow-nan", input_name="X"))
    check_column_names(X.columns)
    if not X.size:
        # Raises scikit-learn's own message for no rows or no columns
        check_array(np.empty(X.shape), input_name="X")
    return X


def remember_columns(estimator: Any, X: Any, frame: pd.DataFrame, *, reset: bool) -> None:
    """Set ``n_features_in_`` and ``feature_names_in_`` of an estimator, or compare with them.

    Parameters
    ----------
    estimator
        The estimator.
    X, frame
        The user's input, which has no names if it is an array, and the same as a frame.
    reset
        Whether to set or to compare.

    Raises
    ------
    ValueError
        If they differ.
    """
    nameless = np.broadcast_to(0.0, frame.shape)
    shown = frame if hasattr(X, "columns") else nameless
    validate_data(estimator, shown, reset=reset, skip_check_array=True)


def _read(column: pd.Series, is_numeric: bool) -> pd.Series:
    if not is_numeric:
        return as_category(column)
    if is_nominal(column):
        if column.notna().any():
            example = column.dropna().iloc[0]
            raise TableError(
                f"column '{column.name}' held numbers in fit, but holds '{example}' now: give numbers"
            )
        return pd.Series(np.nan, index=column.index)
    cleaned = clean_column(column)
    return to_days(cleaned) if is_time(cleaned.dtype) else cleaned.astype("float64")
