"""Rows and folds on which recommendations are evaluated, here and by the program on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import resample

from foretune.base import TaskType, counted, quoted
from foretune.recommendation.core import RecommendationParameters, count_folds
from foretune.recommendation.table.user_table import UserTable
from foretune.tables import Table, TableError
from foretune.tasks import Task

LEAST_FOLDS = 2


@dataclass(frozen=True)
class CrossValidation:
    """Rows and folds of a cross-validation of a user's table.

    Attributes
    ----------
    n_folds
        Five unless a class or the table is small, as for :class:`foretune.MetaSearchCV`.
    rows
        Positions among the rows with a target, shape (n_rows,).
    codes
        Class codes of these rows, in the order of the labels; None for regression.
    n_known
        Number of rows with a target.
    n_sampled
        Number of rows that were drawn, because the table has more; None if all are used.
    rare_classes
        Classes that are left out, with fewer rows than folds.
    problem
        Why the table cannot be cross-validated; empty if it can.
    """

    n_folds: int
    rows: npt.NDArray[np.intp]
    codes: npt.NDArray[np.intp] | None
    n_known: int
    n_sampled: int | None
    rare_classes: tuple[str, ...]
    problem: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the table was not used, one sentence each."""
        if not self.rare_classes:
            return ()
        what = "classes" if len(self.rare_classes) > 1 else "class"
        return (
            f"{what} {quoted(self.rare_classes)} with fewer rows than the {self.n_folds} folds left out of "
            "the evaluation",
        )


def plan_cross_validation(
    table: UserTable, task_type: TaskType, parameters: RecommendationParameters, seed: int
) -> CrossValidation:
    """Choose the rows and the number of folds for the evaluation of recommendations.

    Parameters
    ----------
    table, task_type
        The table, and ``"classification"`` or ``"regression"``.
    parameters
        ``max_rows``, above which a sample is drawn, and ``n_folds``, if they are given.
    seed
        Seed of the sample.
    """
    answer = table.known_answer
    codes, labels = _encode(answer) if task_type == "classification" else (None, [])
    rows = np.arange(len(answer))
    n_sampled = parameters.max_rows if len(rows) > parameters.max_rows else None
    if n_sampled is not None:
        rows = resample(rows, replace=False, n_samples=n_sampled, random_state=seed, stratify=codes)
    target = rows if codes is None else codes[rows]
    least, why = count_folds(target, task_type) if len(target) else (0, "no row has a target")
    n_folds = parameters.n_folds or least
    if codes is None:
        too_few = f"{counted(len(rows), 'row')} with a target for {n_folds} folds: add rows"
        problem = too_few if n_folds < LEAST_FOLDS or len(rows) < n_folds else ""
        return CrossValidation(n_folds, rows, None, len(answer), n_sampled, (), problem)
    counts = np.bincount(target, minlength=len(labels))
    rare = tuple(label for label, n in zip(labels, counts, strict=True) if 0 < n < n_folds)
    rows, target = (part[counts[target] >= n_folds] for part in (rows, target))
    has_two = n_folds >= LEAST_FOLDS and np.unique(target).size > 1
    problem = "" if has_two else f"{why or 'of all classes'}: two classes with a row in each fold are needed"
    return CrossValidation(n_folds, rows, target, len(answer), n_sampled, rare, problem)


def make_task(table: UserTable, task_type: TaskType, plan: CrossValidation) -> Task:
    """Make the task of the table that is cross-validated.

    Raises
    ------
    TableError
        If it cannot be cross-validated.
    """
    if plan.problem:
        raise TableError(f"{table.file} cannot be cross-validated: {plan.problem}")
    answer = table.known_answer
    known = Table.read(table.features.loc[answer.index], answer, task_type, column_types=table.column_types)
    X = known.X.iloc[plan.rows].reset_index(drop=True)
    if plan.codes is None:
        return Task(table.name, task_type, X, known.y.iloc[plan.rows].reset_index(drop=True))
    return Task(table.name, task_type, X, pd.Series(pd.Categorical(plan.codes)))


def _encode(answer: pd.Series) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Return the class codes of labels, in the order of scikit-learn's ``LabelEncoder``, and the labels."""
    values: Any = np.asarray(answer)
    labels, codes = np.unique(values, return_inverse=True)
    return codes, [str(label) for label in labels]
