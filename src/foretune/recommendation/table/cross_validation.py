"""Rows and folds on which recommendations are evaluated, here and by the program on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import TaskType, counted
from foretune.learners import make_splitter, without_class_warnings
from foretune.recommendation.core import N_FOLDS, RecommendationParameters, count_folds
from foretune.recommendation.table.user_table import UserTable
from foretune.tables import RowSplit, Table, TableError, Target, find_strata, sample_rows
from foretune.tasks import Task

LEAST_FOLDS = 2


@dataclass(frozen=True)
class CrossValidation:
    """Rows and folds of a cross-validation of a user's table, those of :class:`foretune.MetaSearchCV`.

    Attributes
    ----------
    n_folds
        Five unless a class or the table is small.
    rows
        Positions among the rows with a target, shape (n_rows,).
    codes
        Class codes of these rows, in the order of the labels; None for regression.
    n_known
        Number of rows with a target.
    strata_sizes
        Number of rows that were drawn of each class, in the order of the labels, or of each tenth of the
        values, because the table has more; None if all are used.
    notes
        Why there are fewer folds than five.
    problem
        Why the table cannot be cross-validated; empty if it can.
    split
        Groups or times of these rows, by which they are split; None at random.
    """

    n_folds: int
    rows: npt.NDArray[np.intp]
    codes: npt.NDArray[np.intp] | None
    n_known: int
    strata_sizes: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""
    split: RowSplit | None = None

    def n_trained(self, task_type: TaskType, seed: int) -> float:
        """Return the mean number of rows that a fold trains on."""
        if self.split is None:
            return len(self.rows) * (1 - 1 / self.n_folds)
        y = np.zeros(len(self.rows)) if self.codes is None else self.codes
        splitter = make_splitter(task_type, self.n_folds, seed, self.split.kind)
        with without_class_warnings():
            parts = list(splitter.split(self.rows, y, self.split.codes))
        return float(np.mean([len(train) for train, _ in parts]))


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
    if answer.empty:
        return CrossValidation(0, np.arange(0), None, 0, problem="no row has a target")
    values = Target.read(answer, task_type).values
    rows = sample_rows(values, parameters.max_rows, seed)
    codes = _encode(answer) if task_type == "classification" else None
    target = values.to_numpy()[rows] if codes is None else np.asarray(answer)[rows]
    split = None if table.split is None else table.split.take(rows)
    least, why = count_folds(target, task_type, split)
    n_folds = parameters.n_folds or least
    sampled = None if codes is None else codes[rows]
    problem = _find_problem(sampled, len(rows), n_folds, why)
    if split is not None and not problem:
        problem = split.find_problem(n_folds, sampled)
    return CrossValidation(
        n_folds,
        rows,
        sampled,
        len(answer),
        _count_strata(values, codes, rows) if len(rows) < len(answer) else None,
        (f"{why}: {n_folds} folds instead of {N_FOLDS}",) if why and not parameters.n_folds else (),
        problem,
        split,
    )


def make_task(
    table: UserTable,
    task_type: TaskType,
    plan: CrossValidation,
    parameters: RecommendationParameters,
    seed: int,
) -> Task:
    """Make the task of the table that is cross-validated.

    Raises
    ------
    TableError
        If it cannot be cross-validated.
    """
    if plan.problem:
        raise TableError(f"{table.file} cannot be cross-validated: {plan.problem}")
    answer = table.known_answer
    features = table.features.loc[answer.index]
    read = Table.read(features, answer, task_type, parameters.max_rows, seed, table.types_of_features)
    y = read.y if plan.codes is None else pd.Series(pd.Categorical(plan.codes))
    return Task(table.name, task_type, read.X, y, plan.split)


def _count_strata(
    values: pd.Series, codes: npt.NDArray[np.intp] | None, rows: npt.NDArray[np.intp]
) -> tuple[int, ...]:
    strata = find_strata(values) if codes is None else codes
    return tuple(np.bincount(strata[rows], minlength=int(strata.max()) + 1).tolist())


def _find_problem(codes: npt.NDArray[np.intp] | None, n_rows: int, n_folds: int, why: str) -> str:
    if codes is None:
        too_few = f"{counted(n_rows, 'row')} with a target for {n_folds} folds: add rows"
        return too_few if n_folds < LEAST_FOLDS or n_rows < n_folds else ""
    counts = np.bincount(codes)
    if n_folds < LEAST_FOLDS or np.count_nonzero(counts >= LEAST_FOLDS) < LEAST_FOLDS:
        return f"{why or 'of all classes'}: two classes with two rows are needed"
    return "" if counts.max() >= n_folds else f"no class has a row in each of {n_folds} folds: add rows"


def _encode(answer: pd.Series) -> npt.NDArray[np.intp]:
    """Return the class codes of labels, in the order of scikit-learn's ``LabelEncoder``."""
    values: Any = np.asarray(answer)
    codes: npt.NDArray[np.intp] = np.unique(values, return_inverse=True)[1]
    return codes
