"""Preprocessing of a mixed table to a numeric matrix: imputation, scaling, encoding of categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import TaskType
from foretune.learners.category_codes import CategoryCodes
from foretune.learners.native_form import NativeForm
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.target_codes import TargetCodes
from foretune.tables import with_days

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.integer[Any]]


def make_preprocessor(
    parameters: PreprocessingParameters, task_type: TaskType | None = None, native: NativeForm | None = None
) -> Any:
    """Make the unfitted preprocessor of a learner.

    Numeric and boolean columns are imputed by the median and standardised. Nominal columns are one-hot
    encoded, missing being a value; beyond ``max_categories`` the rarest values share a column, and so do
    values unseen in training. With ``many_categories`` as ``"target"``, those columns are encoded by means of
    the target instead, and standardised.

    In native form numbers and missing values stay as they are, and nominal columns become codes.

    Parameters
    ----------
    parameters
        Parameters of preprocessing.
    task_type
        Needed for encoding by the target.
    native
        Native form of the learner; None for learners that take complete numbers only.

    Returns
    -------
    sklearn.compose.ColumnTransformer
        To be fitted on the training part of a fold only.
    """
    from sklearn.compose import ColumnTransformer, make_column_selector

    is_number = make_column_selector(dtype_include=["number", "bool"])
    is_nominal = make_column_selector(dtype_exclude=["number", "bool"])
    if native is not None:
        codes = CategoryCodes(native.most_categories)
        return ColumnTransformer([("numeric", _as_they_are(), is_number), ("nominal", codes, is_nominal)])
    if parameters.many_categories == "one_hot":
        categories = _for_categories(parameters)
        return ColumnTransformer(
            [("numeric", _for_numbers(), is_number), ("nominal", categories, is_nominal)]
        )
    if task_type is None:
        raise ValueError("encoding by the target needs a task type")
    few, many = (_NominalColumns(parameters.max_categories, many=many) for many in (False, True))
    return ColumnTransformer(
        [
            ("numeric", _for_numbers(), is_number),
            ("nominal", _for_categories(parameters), few),
            ("many", _for_many_categories(task_type), many),
        ]
    )


def nominal_columns(X: pd.DataFrame) -> list[Any]:
    """Return the names of the columns that are neither numeric nor boolean."""
    return [*X.select_dtypes(exclude=["number", "bool"]).columns]


class _NominalColumns:
    """Selector of nominal columns by whether they have more values than a maximum, missing being one."""

    def __init__(self, most: int, *, many: bool) -> None:
        self._most = most
        self._many = many

    def __call__(self, X: pd.DataFrame) -> list[Any]:
        return [
            name for name in nominal_columns(X) if (X[name].nunique(dropna=False) > self._most) == self._many
        ]


def _as_they_are() -> Any:
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(_to_floats, feature_names_out="one-to-one")


def _to_floats(X: Any) -> Floats:
    from sklearn.utils import check_array

    return np.asarray(check_array(X, dtype=np.float64, ensure_all_finite="allow-nan"))


def _for_many_categories(task_type: TaskType) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(TargetCodes(task_type), StandardScaler())


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
    task_type
        Needed for encoding by the target.
    native
        Native form of the learners; None for those that take complete numbers only.
    """

    def __init__(
        self,
        X: pd.DataFrame,
        parameters: PreprocessingParameters,
        task_type: TaskType | None = None,
        native: NativeForm | None = None,
    ) -> None:
        self._X = with_days(X)
        self._parameters = parameters
        self._task_type: TaskType | None = task_type
        self._native = native
        self._blocks = self._take_apart()

    @property
    def is_category(self) -> tuple[bool, ...]:
        """For each column in native form whether it holds codes; empty if none does, or in another form."""
        n_nominal = 0 if self._native is None else len(nominal_columns(self._X))
        return mark_last(self._X.shape[1], n_nominal)

    def split(
        self, train: Positions, test: Positions, target: npt.NDArray[Any] | None = None
    ) -> tuple[Floats, Floats]:
        """Preprocess the training and test part of one split, fitted to the training part.

        Parameters
        ----------
        train, test
            Positions of the rows of each part.
        target
            Class codes or values of all rows, shape (n_rows,), for encoding by the target.

        Returns
        -------
        X_train, X_test : numpy.ndarray
            Shapes (n_train, n_columns) and (n_test, n_columns).
        """
        from sklearn import config_context

        if self._blocks is None:
            preprocessor = make_preprocessor(self._parameters, self._task_type, self._native)
            known = None if target is None else target[train]
            fitted = preprocessor.fit_transform(self._X.iloc[train], known)
            return fitted, preprocessor.transform(self._X.iloc[test])
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
        if self._native is None and self._parameters.many_categories == "target":
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
            blocks.append((np.array(numbers), _for_numbers if self._native is None else _as_they_are))
        if categories:
            blocks.append((np.array(categories), self._for_codes))
        return blocks or None

    def _for_codes(self) -> Any:
        if self._native is None:
            return _for_categories(self._parameters)
        return CategoryCodes(self._native.most_categories)


def mark_last(n_columns: int, n_nominal: int) -> tuple[bool, ...]:
    """Return whether each column holds codes of categories, as the last do; empty if none does."""
    return (False,) * (n_columns - n_nominal) + (True,) * n_nominal if n_nominal else ()


def _code_in_order(column: pd.Series) -> Floats | None:
    """Return category codes in the order of their texts, NaN where missing; None unless all are texts."""
    known = column.cat.categories.tolist()
    if not all(isinstance(label, str) for label in known):
        return None
    # Code -1 is a missing value and indexes the last element
    place = np.full(len(known) + 1, np.nan)
    place[sorted(range(len(known)), key=known.__getitem__)] = np.arange(len(known))
    return place[column.cat.codes.to_numpy()]
