"""From a mixed table to a numeric matrix: impute, scale, one-hot encode."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.learners.parameters import PreprocessingParameters

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.integer[Any]]


def make_preprocessor(parameters: PreprocessingParameters) -> Any:
    """Make the unfitted transformer that every learner's pipeline starts with.

    Numeric and boolean columns: the median replaces what is missing, then mean 0 and variance 1. Nominal
    columns: one column per value, missing is a value of its own; beyond ``max_categories`` the rarest share
    one, and so do values first met at prediction.

    Returns
    -------
    sklearn.compose.ColumnTransformer
        Fit it on the training part of a fold only.
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

    # A column may be empty in one fold's training part: it must not vanish from the matrix
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())


def _for_categories(parameters: PreprocessingParameters) -> Any:
    from sklearn.preprocessing import OneHotEncoder

    return OneHotEncoder(
        max_categories=parameters.max_categories,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )


class PreparedTable:
    """A table whose folds are preprocessed as by :func:`make_preprocessor`, with less around each fit.

    scikit-learn takes a frame apart again for every fold, and compares its categories as text: on a few
    hundred rows that takes longer than a fit of trees. Here the table is taken apart once, and categories are
    numbers in the order of their texts, for the same transformers.

    Parameters
    ----------
    X
        Features, shape (n_rows, n_features). Where a column is neither of a plain numeric dtype nor of text
        as categories, or of single precision, which gives other results, scikit-learn has the whole table.
    parameters
        Of the preprocessing.
    """

    def __init__(self, X: pd.DataFrame, parameters: PreprocessingParameters) -> None:
        self._X = X
        self._parameters = parameters
        self._blocks = self._take_apart()

    def split(self, train: Positions, test: Positions) -> tuple[Floats, Floats]:
        """Preprocess the two parts of one split, fitted to the training part.

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
                # Columns stay contiguous, as in a frame: sums over them are the same to the last bit
                fitted = transformer().fit(block.take(train, axis=1).T)
                parts.append([fitted.transform(block.take(rows, axis=1).T) for rows in (train, test)])
        X_train, X_test = (np.hstack(part) for part in zip(*parts, strict=True))
        return X_train, X_test

    def _take_apart(self) -> list[tuple[Floats, Any]] | None:
        """Return blocks of columns, shape (n_columns, n_rows) each, with what makes their transformer."""
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
    """Return the place of each row's category among all, as text is ordered; NaN where it is missing."""
    known = column.cat.categories.tolist()
    if not all(isinstance(label, str) for label in known):
        return None
    # Code -1 is a missing value, and takes the last element
    place = np.full(len(known) + 1, np.nan)
    place[sorted(range(len(known)), key=known.__getitem__)] = np.arange(len(known))
    return place[column.cat.codes.to_numpy()]
