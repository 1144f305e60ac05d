"""Validation of the target of a search, as in scikit-learn's estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from foretune.base import TaskType, quoted
from foretune.tables import TableError, Target


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
    if getattr(y, "dtype", target.dtype) == np.dtype(object) and target.dtype != np.dtype(object):
        # Truth values with gaps that were dropped
        return pd.Series(target, index=y.index, name=y.name) if isinstance(y, pd.Series) else target
    return y if hasattr(y, "shape") or hasattr(y, "to_pandas") else target


def check_target(y: Any, task_type: TaskType | None) -> tuple[npt.NDArray[Any], Target]:
    """Return a valid target as an array (labels unchanged, values as ``float64``), and what was decided.

    Parameters
    ----------
    y
        Labels or values, shape (n_rows,).
    task_type
        Inferred from the target if None, see :func:`foretune.tables.infer_task_type`.

    Raises
    ------
    ValueError
        If there is no target, a value is missing, or it does not fit the task type.
    """
    if y is None:
        raise TableError("requires y to be passed, but the target y is None")
    if task_type is None and isinstance(getattr(y, "dtype", None), pd.CategoricalDtype):
        task_type = "classification"
    series = pd.Series(column_or_1d(np.asarray(y), warn=True), name="y").infer_objects()
    if missing := int(series.isna().sum()):
        raise TableError(f"Input y contains NaN: {missing} of {len(series)} rows, leave them out")
    values = series.to_numpy()
    if values.dtype.kind in "fc":
        assert_all_finite(values, input_name="y")
    if task_type == "classification":
        check_classification_targets(values)
    answer = Target.read(series, task_type)
    if len(answer.rows) < len(series):
        odd = series[~series.index.isin(answer.rows)].astype(str).unique()
        raise TableError(
            f"y has {len(series) - len(answer.rows)} of {len(series)} cells without a value, such as "
            f"{quoted(odd, 3)}: leave these rows out"
        )
    if answer.task_type == "regression":
        return answer.values.to_numpy(), answer
    check_classification_targets(values)
    return values, answer
