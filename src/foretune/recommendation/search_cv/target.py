"""Validation of the target of a search, as in scikit-learn's estimators."""

from __future__ import annotations

import decimal
from collections.abc import Collection
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from foretune.base import TaskType, quoted, shortened
from foretune.recommendation.search_cv.checks import one_line_errors
from foretune.tables import MarkFinder, TableError, Target, as_category, label_value

# A larger whole number may not be a float
LARGEST_EXACT = 2**53
# Characters of a cell in a message
LONGEST_CELL = 60


def as_given(y: Any, target: npt.NDArray[Any], task_type: TaskType) -> Any:
    """Return the target that a scorer gets: the user's own, or its values if it holds no numbers.

    Parameters
    ----------
    y
        Target as the user gave it, shape (n_rows,).
    target, task_type
        Of :func:`check_target`.
    """
    if getattr(y, "ndim", 1) == 2:
        # A single column: differences to predictions must not become a matrix
        y = y.iloc[:, 0] if isinstance(y, pd.DataFrame) else target
    if isinstance(y, pd.Series) and task_type == "regression" and not pd.api.types.is_numeric_dtype(y.dtype):
        return pd.Series(target, index=y.index, name=y.name)
    if isinstance(y, np.ndarray) and task_type == "regression" and y.dtype.kind not in "iufb":
        return target
    if task_type == "classification" and hasattr(y, "dtype") and not _are_labels(np.asarray(y)):
        return pd.Series(target, index=y.index, name=y.name) if isinstance(y, pd.Series) else target
    return y if hasattr(y, "shape") or hasattr(y, "to_pandas") else target


def check_target(
    y: Any, task_type: TaskType | None, find: MarkFinder | None = None
) -> tuple[npt.NDArray[Any], Target]:
    """Return a valid target as an array, and what was decided.

    Values are ``float64``; labels are unchanged, if they are numbers, truth values or texts, else the numbers
    or texts that they stand for.

    Parameters
    ----------
    y
        Labels or values, shape (n_rows,).
    task_type
        Inferred from the target if None, see :func:`foretune.tables.infer_task_type`.
    find
        Finds the decimal mark of features and target.

    Raises
    ------
    ValueError
        If there is no target, a value is missing, or it does not fit the task type.
    """
    if y is None:
        raise TableError("requires y to be passed, but the target y is None")
    if task_type is None and isinstance(getattr(y, "dtype", None), pd.CategoricalDtype):
        task_type = "classification"
    with one_line_errors("y"):
        array = np.asarray(y)
    if array.dtype.kind == "c":
        raise TableError("Complex data not supported: give a y of real numbers, or of texts for classes")
    name = y.name if isinstance(y, pd.Series) and y.name is not None else "y"
    with one_line_errors("y"):
        series = pd.Series(column_or_1d(array, warn=True), name=name).infer_objects()
    if missing := int(series.isna().sum()):
        raise TableError(f"Input y contains NaN: {missing} of {len(series)} rows, leave them out")
    values = series.to_numpy()
    if values.dtype.kind == "f":
        assert_all_finite(values, input_name="y")
    _check_cells(values)
    if task_type == "classification":
        check_classification_targets(_as_labels(values))
    answer = Target.read(series, task_type, find)
    if len(answer.rows) < len(series):
        odd = series[~series.index.isin(answer.rows)].astype(str).unique()
        raise TableError(
            f"y has {len(series) - len(answer.rows)} of {len(series)} cells without a value, such as "
            f"{quoted(odd, 3)}: leave these rows out"
        )
    if answer.task_type == "regression":
        return answer.values.to_numpy(), answer
    labels = _as_labels(values)
    check_classification_targets(labels)
    if _are_labels(values) or labels.dtype.kind != "O":
        return labels, answer
    note = f"the classes are the texts of the labels of y, such as {quoted(labels[:1])}"
    return labels, replace(answer, remarks=(*answer.remarks, note))


def as_known(labels: npt.NDArray[Any], classes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return labels of new rows as the classes of the fit, which they may write otherwise: 1 for ``"1"``."""
    are_numbers = [one.dtype.kind in "biuf" for one in (labels, classes)]
    if all(are_numbers) or set(classes.tolist()).issuperset(labels.tolist()):
        return labels
    by_value = {label_value(text): own for text, own in zip(_texts(classes), classes, strict=True)}
    if len(by_value) < len(classes):
        return labels
    texts = _texts(labels)
    others = labels if are_numbers[1] else texts
    found = [by_value.get(label_value(text), other) for text, other in zip(texts, others, strict=True)]
    is_known = set(found) <= set(by_value.values())
    return np.array(found, dtype=classes.dtype if is_known else object)


def _texts(labels: npt.NDArray[Any]) -> list[str]:
    return list(as_category(pd.Series(labels)).astype(object))


def _check_cells(values: npt.NDArray[Any]) -> None:
    for value in _objects(values):
        if isinstance(value, Collection) and not isinstance(value, str | bytes):
            shown = shortened(value, LONGEST_CELL)
            raise TableError(
                f"y holds {type(value).__name__} cells, such as {shown}: give a number or text a row"
            )


def _objects(values: npt.NDArray[Any]) -> list[Any]:
    return values.tolist() if values.dtype.kind == "O" else []


def _are_labels(values: npt.NDArray[Any]) -> bool:
    """Return whether scikit-learn takes values as classes."""
    return values.dtype.kind != "S" and all(isinstance(value, str) for value in _objects(values))


def _as_labels(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return labels that scikit-learn takes: those given, or the numbers or texts that they stand for."""
    if _are_labels(values):
        return values
    cells = [
        value.decode(errors="replace") if isinstance(value, bytes) else value for value in values.tolist()
    ]
    if all(isinstance(value, Real | decimal.Decimal) and abs(value) <= LARGEST_EXACT for value in cells):  # type: ignore[operator]
        numbers = np.array([float(value) for value in cells])
        return numbers.astype(np.int64) if (numbers == np.floor(numbers)).all() else numbers
    return np.array(_texts(np.array(cells, dtype=object)), dtype=object)
