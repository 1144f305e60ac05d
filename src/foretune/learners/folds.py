"""Cross-validation folds of a task, preprocessed once for all configurations."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.base import TaskType
from foretune.learners.native_form import NativeForm
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.preprocessing import PreparedTable
from foretune.learners.splitters import make_splitter
from foretune.tasks import Task


@dataclass(frozen=True)
class Fold:
    """Training and test part of one fold as numeric arrays.

    Attributes
    ----------
    X_train, X_test
        Preprocessed features, shape (n_rows, n_columns), fitted on the training part only.
    y_train
        Class codes, or the target standardised by the training part.
    y_test
        Class codes, or the target in its original unit.
    target_scaler
        Fitted ``StandardScaler`` that restores the unit of predictions; None for classification.
    weights
        Sample weights of the training part, shape (n_train,); None if all rows count alike.
    is_known
        Whether each class has a row in the training part, shape (n_classes,), if one has none: then `y_train`
        holds codes of the classes that have one. None otherwise.
    is_category
        Whether each column holds codes of categories, in native form; empty if none does.
    """

    X_train: npt.NDArray[np.float64]
    y_train: npt.NDArray[Any]
    X_test: npt.NDArray[np.float64]
    y_test: npt.NDArray[Any]
    target_scaler: Any = None
    weights: npt.NDArray[np.float64] | None = None
    is_known: npt.NDArray[np.bool_] | None = None
    is_category: tuple[bool, ...] = ()


@contextmanager
def without_class_warnings() -> Iterator[None]:
    """Drop the splitters' warning about classes with fewer rows than folds, which does not name them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        yield


def make_folds(
    task: Task,
    n_folds: int,
    preprocessing: PreprocessingParameters,
    seed: int,
    native: NativeForm | None = None,
    n_made: int | None = None,
) -> list[Fold]:
    """Split a task into folds and preprocess them.

    Parameters
    ----------
    task
        The task, without missing targets.
    n_folds
        Number of folds.
    preprocessing
        Fitted to each training part.
    seed
        Seed of the splitter.
    native
        Native form of the learners; None for those that take complete numbers only.
    n_made
        Number of folds to return, the first ones, of folds by time the last ones; all if None.

    Raises
    ------
    ValueError
        If the task has fewer rows, groups or times, or each class fewer members, than folds.
    """
    target = _target_as_numbers(task)
    table = PreparedTable(task.X, preprocessing, task.task_type, native)
    with without_class_warnings():
        splits = _split(task, target, n_folds, seed)
    if n_made is not None:
        # Of folds by time the last trains on most rows
        splits = splits[-n_made:] if task.split is not None and task.split.kind == "time" else splits[:n_made]
    folds = [make_fold(table, target, train, test, task.task_type) for train, test in splits]
    return (
        folds if task.task_type == "regression" else [_code_known(fold, target.max() + 1) for fold in folds]
    )


def _split(task: Task, target: npt.NDArray[Any], n_folds: int, seed: int) -> list[Any]:
    """Split the rows at random, or by the groups or times of the task."""
    split = task.split
    if split is None:
        return list(make_splitter(task.task_type, n_folds, seed).split(task.X, target))
    if problem := split.find_problem(n_folds, target if task.task_type == "classification" else None):
        raise ValueError(problem)
    return list(make_splitter(task.task_type, n_folds, seed, split.kind).split(task.X, target, split.codes))


def _code_known(fold: Fold, n_classes: int) -> Fold:
    """Code the classes of a training part anew if it lacks one: learners take 0, 1, ... without a gap."""
    is_known = np.bincount(fold.y_train, minlength=n_classes) > 0
    if is_known.all():
        return fold
    return replace(fold, y_train=(np.cumsum(is_known) - 1)[fold.y_train], is_known=is_known)


def make_fold(
    table: PreparedTable,
    target: npt.NDArray[Any],
    train: npt.NDArray[np.int64],
    test: npt.NDArray[np.int64],
    task_type: TaskType,
    weights: npt.NDArray[np.float64] | None = None,
) -> Fold:
    """Preprocess the training and test part of one split.

    Parameters
    ----------
    table
        Features, shape (n_rows, n_features): numbers, booleans and categories.
    target
        Class codes or values, shape (n_rows,).
    train, test
        Positions of the rows of each part.
    task_type
        For regression the target is standardised.
    weights
        Sample weights for the fit of the learner, shape (n_rows,).
    """
    from sklearn.preprocessing import StandardScaler

    X_train, X_test = table.split(train, test, target)
    given = None if weights is None else weights[train]
    if task_type == "classification":
        return Fold(
            X_train, target[train], X_test, target[test], weights=given, is_category=table.is_category
        )
    # Penalties and tube widths are comparable between tasks only on one scale of the target
    scaler = StandardScaler().fit(target[train, None])
    scaled = scaler.transform(target[train, None])[:, 0]
    return Fold(X_train, scaled, X_test, target[test], scaler, given, is_category=table.is_category)


def thin_folds(folds: Sequence[Fold], share: float, task_type: TaskType, seed: int) -> list[Fold]:
    """Subsample the training rows of each fold; the test part stays complete.

    A smaller share is a subset of a larger one. Classes keep their proportions, and at least two rows where
    they have them.

    Parameters
    ----------
    folds
        The complete folds.
    share
        Share of the training rows to keep, in (0, 1].
    task_type
        Rows are drawn class by class for classification.
    seed
        Seed of the draw.
    """
    return [_thin(fold, share, task_type, seed) for fold in folds]


def _thin(fold: Fold, share: float, task_type: TaskType, seed: int) -> Fold:
    order = np.random.default_rng(seed).permutation(len(fold.y_train))
    strata = fold.y_train[order] if task_type == "classification" else np.zeros(len(order))
    kept = np.concatenate([_first_share(order[strata == stratum], share) for stratum in np.unique(strata)])
    kept.sort()
    weights = None if fold.weights is None else fold.weights[kept]
    return replace(fold, X_train=fold.X_train[kept], y_train=fold.y_train[kept], weights=weights)


def _first_share(rows: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.int64]:
    return rows[: max(min(2, len(rows)), round(share * len(rows)))]


def _target_as_numbers(task: Task) -> npt.NDArray[Any]:
    if task.task_type == "classification":
        # Codes in the order of values, not of categories, which are not part of the task's content hash
        codes: npt.NDArray[np.int64] = np.unique(task.y.to_numpy(), return_inverse=True)[1]
        return codes
    return task.y.to_numpy(dtype=np.float64)
