"""Groups or times by which the rows of a table are split, instead of at random."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import counted, quoted, shortened
from foretune.tables.checks import TableError, name_columns
from foretune.tables.cleaning import is_time
from foretune.tables.column_formats import ColumnFormat, MarkFinder, TableFormat, infer_formats, read_column
from foretune.tables.names import ColumnType, SplitKind, find_split_problem

SHOWN_CELLS, LONGEST_CELL = 3, 40
# Types by which users say how times are read
READINGS = ("day_first", "month_first", "decimal_point", "decimal_comma")


@dataclass(frozen=True, eq=False)
class RowSplit:
    """Groups of rows that belong together, or times of rows, by which a table is split.

    Attributes
    ----------
    kind
        ``"groups"`` or ``"time"``.
    codes
        Group of each row, 0, 1, ... in the order in which they first occur, or the position of its time among
        the different times; ``int64``, shape (n_rows,).
    column
        Name of the column that they come from; it does not count for what the split is.
    notes
        What was decided about its times, one sentence each.
    """

    kind: SplitKind
    codes: npt.NDArray[np.int64]
    column: str = ""
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.kind} column '{self.column}'" if self.column else self.kind

    @property
    def n_distinct(self) -> int:
        """Number of groups, or of different times."""
        return len(np.unique(self.codes))

    @property
    def most_folds(self) -> int:
        """Largest number of folds into which the rows can be split."""
        return self.n_distinct - (self.kind == "time")

    def find_problem(self, n_folds: int, classes: npt.NDArray[Any] | None = None) -> str:
        """Return why the rows cannot be split into so many folds; empty if they can.

        Parameters
        ----------
        n_folds
            Number of folds.
        classes
            Class of each row, of which each training part needs two; None for regression.
        """
        is_time, which = self.kind == "time", self.title
        if n_folds > self.most_folds:
            what = counted(self.n_distinct, "different time" if is_time else "group")
            needed = "one more than that" if is_time else "at least as many"
            return f"{which} has {what} for {n_folds} folds: {needed} are needed"
        if classes is None:
            return ""
        if is_time:
            is_first = self.codes < find_block_starts(self.codes, n_folds)[0]
            if len(np.unique(classes[is_first])) == 1:
                return (
                    f"{which}: the earliest {counted(int(is_first.sum()), 'row')}, on which the first of "
                    f"{n_folds} folds trains, are of one class: take fewer folds, or rows with two classes"
                )
        elif self._depends_on_one_group(classes):
            return (
                f"{which}: without one of its groups all rows are of one class, so that a fold cannot learn: "
                "add groups with the other classes"
            )
        return ""

    def _depends_on_one_group(self, classes: npt.NDArray[Any]) -> bool:
        """Return whether all rows but those of one group are of one class."""
        groups_of = [np.unique(self.codes[classes == one]) for one in np.unique(classes)]
        alone = [groups[0] for groups in groups_of if len(groups) == 1]
        # Without that group its own classes are gone, and those in several groups are left
        n_lost = max((alone.count(group) for group in alone), default=0)
        return len(groups_of) - n_lost < 2

    def take(self, rows: npt.NDArray[np.intp]) -> RowSplit:
        """Return the split of some rows, whose codes have no gaps."""
        codes = np.unique(self.codes[rows], return_inverse=True)[1]
        return RowSplit(self.kind, codes.astype(np.int64), self.column, self.notes)


@dataclass(frozen=True)
class SplitColumn:
    """The column by which the user has a table split.

    Attributes
    ----------
    kind, name
        ``"groups"`` or ``"time"``, and the name of the column.
    is_feature
        Whether it is a feature too.
    """

    kind: SplitKind
    name: str
    is_feature: bool = False

    @classmethod
    def of(cls, groups: str | None, time: str | None, *, is_feature: bool = False) -> SplitColumn | None:
        """Return the column that is named; None if none is.

        Raises
        ------
        TableError
            If two are, or if nothing is named that could be a feature.
        """
        if problem := find_split_problem(groups, time, is_feature=is_feature):
            raise TableError(problem)
        if groups:
            return cls("groups", groups, is_feature)
        return cls("time", time, is_feature) if time else None

    @property
    def left_out(self) -> tuple[str, ...]:
        """Name of the column if it is no feature."""
        return () if self.is_feature else (self.name,)

    def check(self, columns: Collection[str], target: str) -> None:
        """Check that a table has the column, and that it is not the target.

        Raises
        ------
        TableError
            If not.
        """
        if self.name not in columns:
            hint = name_columns(self.name, columns)
            raise TableError(f"{self.kind} names '{shortened(self.name)}', which is not in the table{hint}")
        if self.name == target:
            raise TableError(f"{self.kind} names the target '{target}': name another column, or none")

    def types_of_features(self, types: Mapping[str, ColumnType] | None) -> dict[str, ColumnType]:
        """Return the types that are given for features."""
        return {name: type_ for name, type_ in (types or {}).items() if name not in self.left_out}

    def read(
        self,
        frame: pd.DataFrame,
        column_types: Mapping[str, ColumnType] | None = None,
        find: MarkFinder | None = None,
    ) -> RowSplit:
        """Read the groups or times of rows.

        Parameters
        ----------
        frame
            Raw table with the column, shape (n_rows, n_columns).
        column_types
            Types of columns by name, of which that of a column of times counts.
        find
            Finds the decimal mark of times that are numbers as text.

        Raises
        ------
        TableError
            If a group or time is missing, there is only one, or times cannot be read.
        """
        column = frame[self.name]
        self._check_complete(column.isna())
        is_groups = self.kind == "groups"
        codes, notes = (
            self._read_groups(column) if is_groups else self._read_times(column, column_types, find)
        )
        if len(np.unique(codes)) == 1:
            what = "one group" if is_groups else "one time"
            raise TableError(
                f"{self.kind} column '{self.name}' has {what} only: at least two are needed to split by it"
            )
        return RowSplit(self.kind, codes, self.name, notes)

    def _read_groups(self, column: pd.Series) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        try:
            return np.asarray(pd.factorize(column)[0], dtype=np.int64), ()
        except TypeError:
            raise TableError(
                f"groups column '{self.name}' holds lists or other objects: give each group a name or number"
            ) from None

    def _read_times(
        self,
        column: pd.Series,
        column_types: Mapping[str, ColumnType] | None,
        find: MarkFinder | None,
    ) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        format_ = self.find_format(column, column_types, find)
        times = column if format_ is None else read_column(column, format_)
        if (unread := times.isna()).any():
            raise TableError(
                f"time column '{self.name}' has {counted(int(unread.sum()), 'cell')} that cannot be read, "
                f"{_examples(column[unread])}: correct them, or leave these rows out"
            )
        codes = np.asarray(times.rank(method="dense").to_numpy() - 1, dtype=np.int64)
        if format_ is None:
            return codes, ()
        found = self._infer(column, column_types, find)
        # Whether it could be something else than times is no question here
        return codes, tuple(
            note for note in (*found.notes, *found.remarks) if any(one in note for one in READINGS)
        )

    def find_format(
        self,
        column: pd.Series,
        column_types: Mapping[str, ColumnType] | None = None,
        find: MarkFinder | None = None,
    ) -> ColumnFormat | None:
        """Find how the cells of a column of times are read; None if they are times as they are.

        Raises
        ------
        TableError
            If it holds no times.
        """
        # Those of a zone are in order as they are; in local time an hour occurs twice a year
        if is_time(column.dtype) or isinstance(column.dtype, pd.DatetimeTZDtype):
            return None
        (format_,) = self._infer(column, column_types, find).columns
        if format_.type not in ("number", "time"):
            raise TableError(
                f"time column '{self.name}' cannot be read, {_examples(column)}: it must hold dates, moments "
                "or numbers"
            )
        return None if format_.is_plain(column.dtype) else replace(format_, parts=())

    def _infer(
        self, column: pd.Series, column_types: Mapping[str, ColumnType] | None, find: MarkFinder | None
    ) -> TableFormat:
        given = {name: type_ for name, type_ in (column_types or {}).items() if name == self.name}
        return infer_formats(column.to_frame(), given, find)

    def _check_complete(self, is_missing: pd.Series) -> None:
        if n_missing := int(is_missing.sum()):
            what = "group" if self.kind == "groups" else "time"
            raise TableError(
                f"{self.kind} column '{self.name}' has no {what} in {counted(n_missing, 'row')}: fill them "
                "in, or leave these rows out"
            )


def _examples(cells: pd.Series) -> str:
    shown = list(dict.fromkeys(shortened(str(cell), LONGEST_CELL) for cell in cells))[:SHOWN_CELLS]
    return f"such as {quoted(shown)}"


def find_block_starts(codes: npt.NDArray[Any], n_blocks: int) -> list[int]:
    """Find the times at which the last blocks of rows begin, whose sizes are as equal as the times allow.

    Parameters
    ----------
    codes
        Position of each row's time among the different times, shape (n_rows,).
    n_blocks
        Number of blocks after the first one.

    Returns
    -------
    list of int
        Code of the first time of each block, increasing, all above 0.

    Raises
    ------
    ValueError
        If there are too few different times.
    """
    counts = np.bincount(codes)
    if len(counts) <= n_blocks:
        raise ValueError(
            f"{counted(len(counts), 'different time')} for {counted(n_blocks, 'fold')} by time: one more "
            "time than folds is needed"
        )
    before = np.cumsum(counts) - counts
    size = len(codes) // (n_blocks + 1)
    starts: list[int] = []
    for left in range(n_blocks, 0, -1):
        lowest, highest = (starts[-1] if starts else 0) + 1, len(counts) - left
        distances = np.abs(before[lowest : highest + 1] - (len(codes) - left * size))
        starts.append(lowest + int(distances.argmin()))
    return starts
