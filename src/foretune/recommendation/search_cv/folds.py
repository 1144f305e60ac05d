"""Cross-validation splits and preprocessed folds of the user's table."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import issparse
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, check_cv

from foretune.base import TaskType, UserError, counted, shortened
from foretune.learners import (
    NativeForm,
    PreparedTable,
    PreprocessingParameters,
    make_fold,
    make_splitter,
    without_class_warnings,
)
from foretune.recommendation.core import N_FOLDS, class_sizes, count_folds, is_whole
from foretune.recommendation.search_cv.scoring import SearchFold
from foretune.tables import RowSplit, SplitColumn, Table, TableError, as_pandas

Split = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
Weights = npt.NDArray[np.float64] | None


LEAST_FOLDS = 2
# Of the rows of the largest training part, to choose by it alone
FAIR_SHARE = 0.5


@dataclass(frozen=True)
class GivenData:
    """What the user gave to ``fit``.

    Attributes
    ----------
    X, y
        Table and target.
    target
        Valid target: labels, or values as ``float64``.
    groups
        Groups for the splitter.
    weights
        Sample weights, shape (n_rows,); None if all rows count alike.
    """

    X: Any
    y: Any
    target: npt.NDArray[Any]
    groups: Any = None
    weights: Weights = None

    def take(self, rows: npt.NDArray[np.intp]) -> GivenData:
        """Return some of the rows, without groups."""
        return GivenData(
            take_rows(self.X, rows),
            take_rows(self.y, rows),
            self.target[rows],
            None,
            _take_weights(self.weights, rows),
        )


@dataclass(frozen=True)
class RawFold:
    """Training and test part of a split as the user gave them.

    Attributes
    ----------
    X_train, X_test
        Rows of the user's table.
    y_train
        Valid target of the training part: labels, or values as ``float64``; that of an estimator of the
        user's own is the user's own, None without one.
    y_test
        Rows of the user's target.
    weights, test_weights
        Sample weights of both parts; None if all rows count alike.
    fit_params
        Further arguments of ``fit``.
    score_params, training_score_params
        Further arguments of scorers by their names, of the test and the training part.
    """

    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any
    weights: Weights = None
    test_weights: Weights = None
    fit_params: Mapping[str, Any] = field(default_factory=dict)
    score_params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    training_score_params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class SplitError(UserError, ValueError):
    """The table cannot be split by ``cv``; the message gives the reason."""


@dataclass(frozen=True)
class Splits:
    """Cross-validation splits of a table.

    Attributes
    ----------
    parts
        Positions of the training and test rows of each split.
    notes
        Notes for the user, one sentence each.
    """

    parts: list[Split]
    notes: tuple[str, ...] = ()

    @property
    def n_training(self) -> int:
        """Number of rows of the smallest training part."""
        return min(len(train) for train, _ in self.parts)

    @property
    def one(self) -> Split:
        """The first split, or, if it trains on far fewer rows than others, as by time, the largest."""
        largest = max(self.parts, key=lambda part: len(part[0]))
        return self.parts[0] if len(self.parts[0][0]) >= FAIR_SHARE * len(largest[0]) else largest

    @property
    def n_rows(self) -> int:
        """Number of rows of the largest training and test part together."""
        return max(len(train) + len(test) for train, test in self.parts)


def split_rows(  # noqa: PLR0913
    cv: Any,
    X: pd.DataFrame,
    y: npt.NDArray[Any],
    task_type: TaskType,
    seed: int,
    groups: Any = None,
    kept: npt.NDArray[np.intp] | None = None,
    *,
    params: Mapping[str, Any] | None = None,
) -> Splits:
    """Split a table for cross-validation.

    Parameters
    ----------
    cv
        None for five folds of the sample, three from 2,000 rows, shuffled with the seed and stratified for
        classification, or fewer if a class or the table is small. Otherwise as for
        :func:`sklearn.model_selection.check_cv`. With groups, None and a number are folds by groups.
    X, y, groups
        Arguments of the splitter, with all rows.
    task_type
        Determines stratification if ``cv`` is None or a number.
    seed
        Seed of the shuffling if ``cv`` is None.
    params
        Arguments of the splitter instead of ``groups``.
    kept
        Positions of sampled rows; others are left out of each split, and a split of which a part has none.
        Repeated rows and their order are kept.

    Raises
    ------
    SplitError
        If there are too few rows or groups, or a part of a split is empty.
    """
    notes: list[str] = []
    groups = groups if params is None else params.get("groups")
    decides = cv is None or is_whole(cv)
    by_groups = _read_groups(groups, len(y)) if decides and groups is not None else None
    if cv is None:
        return _split_sample(y, task_type, seed, np.arange(len(y)) if kept is None else kept, by_groups)
    if by_groups is not None:
        _check_groups(by_groups, int(cv), y, task_type)
        params = {"groups": by_groups.codes}
        # As those of a number without groups, not shuffled
        cv = (StratifiedGroupKFold if task_type == "classification" else GroupKFold)(int(cv))
    if task_type == "classification" and isinstance(cv, numbers.Integral):
        notes = _describe_small_classes(y, int(cv))
    with without_class_warnings():
        try:
            splitter = check_cv(cv, y, classifier=task_type == "classification")
            given = {"groups": groups} if params is None else params
            found = splitter.split(X, y, **given)
            splits = [(_positions(a, len(y)), _positions(b, len(y))) for a, b in found]
        except (ValueError, TypeError, IndexError) as error:
            raise SplitError(f"cv = {shortened(cv)} cannot split this table: {error}") from error
    if not splits or any(not len(part) for split in splits for part in split):
        raise SplitError(f"cv = {shortened(cv)} gives no split, or one with an empty part")
    if kept is not None and len(kept) < len(y):
        splits = [(train[np.isin(train, kept)], test[np.isin(test, kept)]) for train, test in splits]
        splits = [(train, test) for train, test in splits if len(train) and len(test)]
        if not splits:
            raise SplitError(f"no split of cv = {shortened(cv)} has rows of the sample: raise max_rows")
    if task_type == "classification" and y.ndim == 1:
        notes += _describe_single_classes(splits, y)
    return Splits(splits, tuple(notes))


def _split_sample(
    y: npt.NDArray[Any],
    task_type: TaskType,
    seed: int,
    kept: npt.NDArray[np.intp],
    by_groups: RowSplit | None,
) -> Splits:
    """Split the sampled rows, as the page for a CSV file does."""
    split = None if by_groups is None else by_groups.take(kept)
    n_folds, notes = _count_folds(y[kept], task_type, split)
    if split is not None:
        _check_groups(split, n_folds, y[kept], task_type)
    splitter = make_splitter(task_type, n_folds, seed, None if split is None else split.kind)
    with without_class_warnings():
        splits = list(splitter.split(kept, y[kept], None if split is None else split.codes))
    return Splits([(kept[train], kept[test]) for train, test in splits], tuple(notes))


def _check_groups(split: RowSplit, n_folds: int, y: npt.NDArray[Any], task_type: TaskType) -> None:
    if problem := split.find_problem(n_folds, y if task_type == "classification" and y.ndim == 1 else None):
        raise SplitError(problem)


def _describe_single_classes(splits: Sequence[Split], y: npt.NDArray[Any]) -> list[str]:
    """Say which splits train on rows of one class, from which nothing is learnt."""
    single = [at for at, (train, _) in enumerate(splits, start=1) if len(np.unique(y[train])) == 1]
    if not single:
        return []
    which = f"split {single[0]}" if len(single) == 1 else f"{len(single)} splits, first split {single[0]},"
    verb = "trains" if len(single) == 1 else "train"
    return [f"{which} of cv {verb} on rows of one class only: nothing is learnt there, take fewer splits"]


def _read_groups(groups: Any, n_rows: int) -> RowSplit:
    """Read the group of each row."""
    if isinstance(groups, str):
        raise SplitError(f"groups = {shortened(repr(groups))} must hold the group of each row, not a name")
    column = as_pandas(groups)
    column = column if isinstance(column, pd.Series) else pd.Series(list(column))
    if len(column) != n_rows:
        raise SplitError(f"groups has {counted(len(column), 'value')}, but y has {counted(n_rows, 'row')}")
    frame = column.reset_index(drop=True).to_frame("groups")
    try:
        return replace(SplitColumn("groups", "groups").read(frame), column="")
    except TableError as error:
        raise SplitError(str(error).replace("groups column 'groups'", "groups")) from None


def make_search_folds(
    table: Table,
    data: GivenData,
    splits: Splits,
    preprocessing: PreprocessingParameters,
    native: NativeForm | None = None,
) -> list[SearchFold]:
    """Preprocess every split once for all configurations.

    Parameters
    ----------
    table
        The user's table as it was read, with all rows of the splits.
    data
        What the user gave. Labels become codes of each fold, since a training part may lack a class.
    splits
        Splits of :func:`split_rows`.
    preprocessing
        Preprocessing of the memory's trials.
    native
        Native form of the learners; None for those that take complete numbers only.
    """
    prepared = PreparedTable(table.X, preprocessing, table.task_type, native)
    return [
        _make_search_fold(prepared, table, data, train, test).of_rows(take_rows(data.X, test))
        for train, test in splits.parts
    ]


def make_raw_folds(data: GivenData, splits: Splits) -> list[RawFold]:
    """Divide what the user gave by the splits, without preprocessing."""
    return [
        RawFold(
            take_rows(data.X, train),
            data.target[train],
            take_rows(data.X, test),
            take_rows(data.y, test),
            _take_weights(data.weights, train),
            _take_weights(data.weights, test),
        )
        for train, test in splits.parts
    ]


def _make_search_fold(
    prepared: PreparedTable,
    table: Table,
    data: GivenData,
    train: npt.NDArray[np.intp],
    test: npt.NDArray[np.intp],
) -> SearchFold:
    rows, target, classes = table.rows, data.target, None
    if table.task_type == "classification":
        classes = np.unique(target[train])
        target = np.searchsorted(classes, target)
    parts = (np.searchsorted(rows, train), np.searchsorted(rows, test))
    fold = make_fold(prepared, target[rows], *parts, table.task_type, _take_weights(data.weights, rows))
    return SearchFold(
        **vars(fold),
        truth=data.target[test],
        classes=classes,
        test_weights=_take_weights(data.weights, test),
    )


def _take_weights(weights: Weights, rows: npt.NDArray[np.intp]) -> Weights:
    return None if weights is None else weights[rows]


def take_rows(data: Any, rows: npt.NDArray[np.intp]) -> Any:
    """Take rows of a table or target of pandas, NumPy, SciPy, PyArrow, Polars, or a list; None has none."""
    if data is None:
        return None
    if issparse(data):
        return data.tocsr()[rows]  # type: ignore[attr-defined]
    if hasattr(data, "iloc"):
        return data.iloc[rows]
    if hasattr(data, "to_pandas"):
        # PyArrow takes, Polars indexes
        return data.take(rows) if hasattr(data, "take") else data[rows]
    return np.asarray(data)[rows]


def _positions(rows: Any, n_rows: int) -> npt.NDArray[np.intp]:
    positions = np.asarray(rows)
    if positions.dtype == bool:
        positions = np.flatnonzero(positions)
    return np.arange(n_rows)[positions.astype(np.intp)]


def _count_folds(y: npt.NDArray[Any], task_type: TaskType, split: RowSplit | None) -> tuple[int, list[str]]:
    """Choose the number of folds, with a note if they are not five."""
    n_folds, why = count_folds(y, task_type, split)
    if n_folds < LEAST_FOLDS:
        raise SplitError(f"{why}: too few for a search; add rows, or use n_trials=0")
    return n_folds, [f"{why}: {n_folds} folds instead of {N_FOLDS}"] if why else []


def _describe_small_classes(y: npt.NDArray[Any], n_folds: int) -> list[str]:
    name, smallest, largest = class_sizes(y)
    if not smallest < n_folds <= largest:
        return []
    few = counted(smallest, "row")
    return [f"class {name!r} has {few}, fewer than cv = {n_folds} folds: not every fold has one"]
