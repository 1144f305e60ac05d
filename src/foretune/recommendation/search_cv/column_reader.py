"""Transformer of raw tables to numeric and categorical columns, the first step of a fitted pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from foretune.base import LONGEST_MESSAGE, counted, quoted, shortened, without_middle
from foretune.recommendation.search_cv.checks import one_line_errors
from foretune.tables import (
    ColumnFormat,
    TableError,
    TableFormat,
    as_frame,
    as_pandas,
    check_column_names,
    check_finite,
    infer_formats,
    is_time,
    to_days,
)

# Of a column in an error
LONGEST_NAME = 60


class ColumnReader(TransformerMixin, BaseEstimator):
    """Read the columns of raw tables: numbers and times as ``float64``, all others as ``category``.

    Parameters
    ----------
    formats
        Formats of the columns in their order, as a search inferred them from its table; None to infer them in
        :meth:`fit` by the rules of :mod:`foretune.tables.column_formats`.

    Attributes
    ----------
    format_ : TableFormat
        What each column is. Columns that tell nothing are left out, and parts of dates are added.
    """

    def __init__(self, formats: Sequence[ColumnFormat] | None = None) -> None:
        self.formats = formats

    def fit(self, X: Any, y: Any = None) -> Self:
        """Decide what each column of a frame or array is, shape (n_rows, n_features); ``y`` is ignored.

        Raises
        ------
        ValueError
            If the table is sparse, complex, one-dimensional, or has no rows or columns.
        TableError
            If no column has a value.
        """
        frame = self._as_frame(X, reset=True)
        self.format_ = infer_formats(frame) if self.formats is None else TableFormat(tuple(self.formats))
        self._names = list(frame.columns)
        if all(column.type == "ignored" for column in self.format_.columns):
            raise TableError("no feature has a value: give a table with at least one feature")
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Read a table with the same columns; values that :meth:`fit` did not see are kept.

        Raises
        ------
        ValueError
            If the columns differ from those in :meth:`fit`.
        TableError
            If a column of numbers holds text, or a number is infinite.
        """
        check_is_fitted(self)
        # A frame after an array, and the other way round, is taken by position
        frame = self._as_frame(X, reset=False).set_axis(self._names, axis=1)
        read = self.format_.read(frame)
        table = read.assign(**{name: _as_learnt(read[name]) for name in read.columns})
        check_finite(table)
        return table

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Return the names of the columns that are kept, and of the parts of dates."""
        check_is_fitted(self)
        given = input_features if input_features is not None else getattr(self, "feature_names_in_", None)
        names = [f"x{at}" for at in range(self.n_features_in_)] if given is None else given
        return np.array(self.format_.names_out([str(name) for name in names]), dtype=object)

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
    X = as_pandas(X)
    if not isinstance(X, pd.DataFrame):
        with one_line_errors("X"):
            return as_frame(check_array(X, dtype=None, ensure_all_finite="allow-nan", input_name="X"))
    check_column_names(X.columns)
    if not X.size:
        with one_line_errors("X"):
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
        If they differ; scikit-learn's message, and for names what to do, in at most 500 characters.
    """
    nameless = np.broadcast_to(0.0, frame.shape)
    shown = frame if hasattr(X, "columns") else nameless
    try:
        validate_data(estimator, shown, reset=reset, skip_check_array=True)
    except ValueError as error:
        known = getattr(estimator, "feature_names_in_", ())
        if reset or not hasattr(X, "columns") or not len(known):
            raise
        hint = _describe_difference([str(name) for name in known], [str(name) for name in frame.columns])
        limit = LONGEST_MESSAGE - len(hint) - 1
        raise ValueError(f"{without_middle(str(error).rstrip(), limit)}\n{hint}") from None


def _describe_difference(known: Sequence[str], given: Sequence[str]) -> str:
    """Say how columns differ from those of fit, and how to have them."""
    if missing := set(known) - set(given):
        return (
            f"{counted(len(missing), 'column')} missing: give {'it' if len(missing) == 1 else 'them'}, or "
            f"without values by X.reindex(columns=model.feature_names_in_)"
        )
    at = next((at for at, (one, other) in enumerate(zip(known, given, strict=False)) if one != other), None)
    where = "" if at is None else f"Column {at + 1} is {_cut(given[at])} and was {_cut(known[at])}. "
    return f"{where}Take the columns of fit, in their order: X[list(model.feature_names_in_)]"


def _cut(name: str) -> str:
    return quoted([shortened(name, LONGEST_NAME)])


def _as_learnt(column: pd.Series) -> pd.Series:
    """Return a column as learners take it: numbers, times in days, or categories."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column
    return to_days(column) if is_time(column.dtype) else column.astype("float64")
