"""Target of an estimator of the user's own: one or several columns, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target

from foretune.base import TaskType
from foretune.recommendation.search_cv.checks import one_line_errors
from foretune.recommendation.search_cv.target import as_given, check_target
from foretune.tables import TableError

NO_TARGET = "there is no y"
SEVERAL_TARGETS = "y has {n} columns, and the tables that the memory knows have one target"


@dataclass(frozen=True)
class OwnTarget:
    """Target as the estimator gets it, and what a search has to know of it.

    Attributes
    ----------
    given
        What the estimator gets; None without a target.
    values
        Valid values, shape (n_rows,) or (n_rows, n_outputs); zeros without a target.
    task_type
        Task type; None without a target.
    why_not_single
        Why it is no single target, which the memory knows; empty if it is one.
    name, notes, remarks
        Of a single target; see :func:`.check_target`.
    """

    given: Any
    values: npt.NDArray[Any]
    task_type: TaskType | None
    why_not_single: str = ""
    name: Any = None
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_single(self) -> bool:
        """Whether it is a single target."""
        return not self.why_not_single

    @property
    def split_as(self) -> TaskType:
        """Task type by which rows are split: classes of a single target are stratified."""
        return self.task_type if self.task_type is not None and self.is_single else "regression"


def has_several_targets(y: Any) -> bool:
    """Whether a target has several columns."""
    if issparse(y):
        return True
    shape = getattr(y, "shape", None)
    if (
        shape is None
        and isinstance(y, list | tuple)
        and len(y)
        and isinstance(y[0], list | tuple | np.ndarray)
    ):
        shape = len(y), len(y[0])
    return shape is not None and len(shape) == 2 and shape[1] > 1


def read_own_target(X: Any, y: Any, kind: TaskType | None) -> OwnTarget:
    """Read the target for an estimator of the user's own.

    Parameters
    ----------
    X, y
        Features and target as they were given; y None if there is none.
    kind
        Task type of the estimator; None to infer it.

    Raises
    ------
    ValueError
        If the target is not valid.
    """
    if y is None and kind is not None:
        check_target(y, kind)
    if y is None:
        return OwnTarget(None, np.zeros(count_rows(X)), None, NO_TARGET)
    if not has_several_targets(y):
        target, answer = check_target(y, kind)
        given = as_given(y, target, answer.task_type)
        return OwnTarget(
            given,
            target,
            answer.task_type,
            "",
            answer.values.name,
            tuple(answer.notes),
            tuple(answer.remarks),
        )
    with one_line_errors("y"):
        values = check_array(y, accept_sparse=True, dtype=None, input_name="y")
    values = np.asarray(values.toarray() if issparse(y) else values)
    if kind is None:
        kind = "regression" if type_of_target(values).startswith("continuous") else "classification"
    given = y if hasattr(y, "shape") else values
    return OwnTarget(given, values, kind, SEVERAL_TARGETS.format(n=values.shape[1]))


def check_dense(X: Any, y: Any) -> None:
    """Refuse what only an estimator of the user's own takes: a sparse table, and several targets.

    Raises
    ------
    TableError
        With what to do.
    """
    if issparse(X):
        raise TableError(
            "Sparse data was passed for X, and Foretune's own learners take dense tables: give an estimator "
            "that takes it, such as MetaSearchCV(LogisticRegression()), or X.toarray()"
        )
    if has_several_targets(y):
        with one_line_errors("y"):
            shape = np.shape(y)
        raise TableError(
            f"y should be a 1d array, got an array of shape {shape} instead: Foretune's own learners "
            f"have one target; give an estimator that takes several, such as "
            f"MetaSearchCV(RandomForestClassifier())"
        )


def count_rows(X: Any) -> int:
    """Return the number of rows of a table of any type."""
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)
