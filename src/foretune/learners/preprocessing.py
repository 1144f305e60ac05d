"""Preprocessing of a mixed table to a numeric matrix: imputation, scaling, one-hot encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.learners.parameters import PreprocessingParameters
from foretune.tables import with_days

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.integer[Any]]


def make_preprocessor(parameters: PreprocessingParameters) -> Any:
    """Make the unfitted preprocessor of every learner.

    Numeric and boolean columns are imputed by the median and standardised. Nominal columns are one-hot
    encoded, missing being a value; beyond ``max_categories`` the rarest values share a column, and so do
    values unseen in training.

    Returns
    -------
    sklearn.compose.ColumnTransformer
        To be fitted on the training part of a fold only.
    """
    from sklearn.compose import ColumnTransformer, make_column_selector

    return ColumnTransformer(
        [
            ("numeric", _for_numbers(), make_column_selector(dtype_include=["number", "bool"])),
            ("nominal", _for_categories(parameters), make_column_selector(dtype_exclude=["number", "bool"])),
        ]
    )


def _for_numbers() -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # A column without values in the training part of a fold must not vanish
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())


def _for_categories(parameters: PreprocessingParameters) -> Any:
    from sklearn.preprocessing import OneHotEncoder

    return OneHotEncoder(
        max_categories=parameters.max_categories,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )


class PreparedTable:
    """Faster preprocessing of the folds of a table, with the results of :func:`make_preprocessor`.

    scikit-learn splits a frame into columns for every fold and compares categories as text, which on a few
    hundred rows takes longer than to fit trees. Here the frame is split once, and categories are codes in the
    order of their texts, for the same transformers.

    Parameters
    ----------
    X
        Features, shape (n_rows, n_features); times become days. If a column is neither of a plain numeric
        dtype (single precision excluded, whose results differ) nor categorical text, scikit-learn
        preprocesses the table.
    parameters
        Parameters of preprocessing.
    """

    def __init__(self, X: pd.DataFrame, parameters: PreprocessingParameters) -> None:
        self._X = with_days(X)
        self._parameters = parameters
        self._blocks = self._take_apart()

    def split(self, train: Positions, test: Positions) -> tuple[Floats, Floats]:
        """Preprocess the training and test part of one split, fitted to the training part.

        Parameters
        ----------
        train, test
            Positions of the rows of each part.

        Returns
        -------
        X_train, X_test : numpy.ndarray
            Shapes (n_train, n_columns) and (n_test, n_columns).
        """
        from sklearn import config_context

        if self._blocks is None:
            preprocessor = make_preprocessor(self._parameters)
            return preprocessor.fit_transform(self._X.iloc[train]), preprocessor.transform(self._X.iloc[test])
        parts = []
        with config_context(skip_parameter_validation=True, transform_output="default"):
            for block, transformer in self._blocks:
                # Columns stay contiguous, as in a frame, so that sums are bitwise equal
                fitted = transformer().fit(block.take(train, axis=1).T)
                parts.append([fitted.transform(block.take(rows, axis=1).T) for rows in (train, test)])
        X_train, X_test = (np.hstack(part) for part in zip(*parts, strict=True))
        return X_train, X_test

    def _take_apart(self) -> list[tuple[Floats, Any]] | None:
        """Return blocks of columns, shape (n_columns, n_rows), with factories of their transformers."""
        if not self._X.columns.is_unique:
            return None
        numbers, categories = [], []
        for name in self._X:
            column = self._X[name]
            if isinstance(column.dtype, np.dtype) and (column.dtype.kind in "iub" or column.dtype == float):
                numbers.append(column.to_numpy(dtype=np.float64))
            elif isinstance(column.dtype, pd.CategoricalDtype):
                codes = _code_in_order(column)
                if codes is None:
                    return None
                categories.append(codes)
            else:
                return None
        blocks: list[tuple[Floats, Any]] = []
        if numbers:
            blocks.append((np.array(numbers), _for_numbers))
        if categories:
            blocks.append((np.array(categories), lambda: _for_categories(self._parameters)))
        return blocks or None


def _code_in_order(column: pd.Series) -> Floats | None:
    """Return category codes in the order of their texts, NaN where missing; None unless all are texts."""
    known = column.cat.categories.tolist()
    if not all(isinstance(label, str) for label in known):
        return None
    # Code -1 is a missing value and indexes the last element
    place = np.full(len(known) + 1, np.nan)
    place[sorted(range(len(known)), key=known.__getitem__)] = np.arange(len(known))
    return place[column.cat.codes.to_numpy()]
