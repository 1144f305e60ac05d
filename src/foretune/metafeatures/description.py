"""Lazily computed properties of a task that several metafeature groups share."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foretune.base import TaskType
from foretune.metafeatures.caps import Caps, ExtractionSettings
from foretune.metafeatures.columns import (
    Distribution,
    Moments,
    category_codes,
    entropy,
    numeric_values,
    to_unit_magnitude,
)
from foretune.tables import ColumnKind, column_kind

# Columns added at once to the hash of rows: a few numbers usually distinguish all rows
_HASHED_AT_ONCE = 4
_RANK_TOLERANCE = 1e-9


class PrincipalAxes(NamedTuple):
    """Principal axes of the numeric columns.

    Attributes
    ----------
    eigenvalues
        Nonnegative, in increasing order, shape (n_axes,).
    vectors
        The axes as columns, shape (n_columns, n_axes).
    """

    eigenvalues: NDArray[np.float64]
    vectors: NDArray[np.float64]

    @property
    def of_full_rank(self) -> PrincipalAxes:
        """The axes with a variance above rounding errors."""
        kept = self.eigenvalues > _RANK_TOLERANCE * self.eigenvalues.max(initial=0.0)
        return PrincipalAxes(self.eigenvalues[kept], self.vectors[:, kept])


@dataclass(frozen=True, eq=False)
class TaskDescription:
    """A task with lazily computed properties that metafeature groups share.

    Booleans are numbers, and so are times, in days. Numeric matrices are in Fortran order: sorting a column
    is fast, and numpy sums it pairwise, with smaller rounding errors.

    Attributes
    ----------
    X, y
        Features, shape (n_rows, n_features), and target, shape (n_rows,), as
        :class:`foretune.tables.table.Table` has them.
    task_type
        ``"classification"`` or ``"regression"``.
    settings
        Parameters of the groups, such as folds and bins.
    random_state
        Nonnegative seed of subsamples, folds and random nodes.
    """

    X: pd.DataFrame
    y: pd.Series
    task_type: TaskType
    settings: ExtractionSettings = field(default_factory=ExtractionSettings)
    random_state: int = 0

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.X.shape[0]

    @property
    def n_features(self) -> int:
        """Number of feature columns."""
        return self.X.shape[1]

    @cached_property
    def columns(self) -> list[pd.Series]:
        """The columns of ``X``."""
        return [self.X.iloc[:, j] for j in range(self.n_features)]

    @cached_property
    def kinds(self) -> tuple[ColumnKind, ...]:
        """Kind of every column."""
        return tuple(column_kind(column) for column in self.columns)

    @cached_property
    def numeric_positions(self) -> list[int]:
        """Positions of the columns of numbers, booleans and times."""
        return [j for j, dtype in enumerate(self.X.dtypes) if dtype != "category"]

    @cached_property
    def nominal_positions(self) -> list[int]:
        """Positions of the nominal columns."""
        return [j for j, dtype in enumerate(self.X.dtypes) if dtype == "category"]

    @cached_property
    def numeric(self) -> NDArray[np.float64]:
        """The numeric columns, shape (n_rows, n_numeric); NaN where missing or infinite."""
        matrix = np.empty((self.n_rows, len(self.numeric_positions)), order="F")
        for k, j in enumerate(self.numeric_positions):
            matrix[:, k] = numeric_values(self.columns[j])
        return matrix

    @cached_property
    def scaled(self) -> NDArray[np.float64]:
        """The numeric columns scaled to unit magnitude, shape (n_rows, n_numeric)."""
        return to_unit_magnitude(self.numeric)

    @cached_property
    def nominal(self) -> NDArray[np.int64]:
        """Codes 0, 1, ... of the nominal columns, shape (n_rows, n_nominal); -1 where missing."""
        matrix = np.empty((self.n_rows, len(self.nominal_positions)), dtype=np.int64, order="F")
        for k, j in enumerate(self.nominal_positions):
            matrix[:, k] = category_codes(self.columns[j])
        return matrix

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing, shape (n_rows, n_features), numeric columns first."""
        matrix = np.empty((self.n_rows, self.n_features), dtype=np.bool_, order="F")
        n_numeric = len(self.numeric_positions)
        np.isnan(self.numeric, out=matrix[:, :n_numeric])
        np.less(self.nominal, 0, out=matrix[:, n_numeric:])
        return matrix

    @cached_property
    def distributions(self) -> list[Distribution]:
        """Distribution of every numeric column, scaled to unit magnitude."""
        return [Distribution.of(self.scaled[:, k]) for k in range(self.scaled.shape[1])]

    @cached_property
    def n_categories(self) -> NDArray[np.int64]:
        """Number of occurring categories of every nominal column, shape (n_nominal,)."""
        counts: NDArray[np.int64] = self.nominal.max(axis=0, initial=-1) + 1
        return counts

    @cached_property
    def moments(self) -> Moments:
        """Standardised numeric columns and their moments."""
        return Moments.of(self.scaled)

    @cached_property
    def filled(self) -> NDArray[np.float64]:
        """The standardised varying numeric columns, missing values at the mean; shape (n_rows, n_varying)."""
        return np.nan_to_num(self.moments.standardised[:, ~np.isnan(self.moments.sd)], nan=0.0)

    @cached_property
    def principal_axes(self) -> PrincipalAxes:
        """Eigenvalues and eigenvectors of ``filled.T @ filled``."""
        gram = self.filled.T @ self.filled
        eigenvalues, vectors = np.linalg.eigh(gram)
        return PrincipalAxes(np.maximum(eigenvalues, 0), vectors)

    @cached_property
    def ranks(self) -> NDArray[np.float64]:
        """Standardised ranks of the numeric columns, shape (n_rows, n_numeric); NaN as in ``moments``."""
        matrix = np.empty_like(self.numeric)
        for k, distribution in enumerate(self.distributions):
            matrix[:, k] = distribution.ranks()
        return Moments.of(to_unit_magnitude(matrix)).standardised

    @cached_property
    def levels(self) -> list[NDArray[np.int64]]:
        """Codes of every column, with a code for missing values; shape (n_rows,) each.

        Binned numeric columns come first, then the nominal ones.
        """
        binned = [distribution.bins(self.settings.n_bins) for distribution in self.distributions]
        columns = binned + [self.nominal[:, k] for k in range(self.nominal.shape[1])]
        return [codes + 1 for codes in columns]

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """Class of every row as code 0, 1, ..., shape (n_rows,); classification only."""
        return category_codes(self.y)

    @cached_property
    def class_counts(self) -> NDArray[np.int64]:
        """Number of rows of every class, shape (n_classes,); classification only."""
        return np.bincount(self.classes)

    @cached_property
    def y_values(self) -> NDArray[np.float64]:
        """The target as numbers, shape (n_rows,); regression only."""
        return numeric_values(self.y)

    @cached_property
    def _unit_target(self) -> NDArray[np.float64]:
        return to_unit_magnitude(self.y_values[:, None])

    @cached_property
    def target_distribution(self) -> Distribution:
        """Distribution of the target, scaled to unit magnitude; regression only."""
        return Distribution.of(self._unit_target[:, 0])

    @cached_property
    def target_moments(self) -> Moments:
        """Standardised target as a one-column matrix, and its moments; regression only."""
        return Moments.of(self._unit_target)

    @cached_property
    def target_levels(self) -> NDArray[np.int64]:
        """Codes of the classes, or of equal-frequency bins of the target; shape (n_rows,)."""
        if self.task_type == "classification":
            return self.classes
        return self.target_distribution.bins(self.settings.n_bins)

    @cached_property
    def target_entropy(self) -> float:
        """Shannon entropy of ``target_levels``, in nats."""
        return entropy(np.bincount(self.target_levels))

    def generator(self, purpose: str) -> np.random.Generator:
        """Return a random generator that depends only on seed and purpose, not on the order of calls."""
        return np.random.default_rng([self.random_state, zlib.crc32(purpose.encode())])

    def part(self, caps: Caps) -> TaskDescription:
        """Return the part of a task that a group with these caps reads: the whole, or a seeded sample.

        Rows are a systematic sample along the target, so that every class (or interval of a numeric target)
        keeps its share to within one row. Columns are those with the smallest seeded hash of their names.
        Both are ordered by their content and names, not their positions, so that results are bitwise
        independent of the order of rows and columns.
        """
        if caps.max_rows is None and caps.max_columns is None:
            return self
        n_rows = min(self.n_rows, caps.max_rows or self.n_rows)
        n_columns = min(self.n_features, caps.max_columns or self.n_features)
        if (n_rows, n_columns) not in self._parts:
            rows, columns = self._sampled_rows(n_rows), self._sampled_columns(n_columns)
            part = replace(self, X=self.X.iloc[rows, columns], y=self.y.iloc[rows])
            self._parts[n_rows, n_columns] = part
        return self._parts[n_rows, n_columns]

    @cached_property
    def _parts(self) -> dict[tuple[int, int], TaskDescription]:
        return {}

    @cached_property
    def row_order(self) -> NDArray[np.int64]:
        """Pseudo-random order of the rows that depends on the seed and their content.

        Only equal rows are tied. Ranks are hashed, not values, so that the order does not depend on units.
        """
        target = self.classes if self.task_type == "classification" else self.target_distribution.codes
        keys = _scrambled(target, f"{self.random_state}:target")
        columns = sorted(range(self.n_features), key=self._hashed_name)
        for start in range(0, self.n_features, _HASHED_AT_ONCE):
            for position in columns[start : start + _HASHED_AT_ONCE]:
                # A sum, so that the order of columns of the same name does not matter
                keys = keys + _scrambled(self._codes(position), self._hashed_name(position))
            if np.unique(keys).size == keys.size:
                break
        return np.argsort(_mixed(keys), kind="stable")

    def _codes(self, position: int) -> NDArray[np.int64]:
        column = self.columns[position]
        if column.dtype == "category":
            return category_codes(column)
        return Distribution.of(numeric_values(column)).codes

    def _sampled_rows(self, n_rows: int) -> NDArray[np.int64]:
        if n_rows == self.n_rows:
            return self.row_order
        place = np.empty_like(self.row_order)
        place[self.row_order] = np.arange(self.n_rows)
        target = self.classes if self.task_type == "classification" else self.target_distribution.codes
        along_target = np.lexsort((place, target))
        picks = (np.arange(n_rows) + self.generator("rows").random()) * (self.n_rows / n_rows)
        # Rounding could push the last pick beyond the end
        rows = along_target[np.minimum(picks.astype(np.int64), self.n_rows - 1)]
        return rows[np.argsort(place[rows])]

    def _sampled_columns(self, n_columns: int) -> list[int]:
        return sorted(range(self.n_features), key=self._hashed_name)[:n_columns]

    def _hashed_name(self, position: int) -> str:
        name = f"{self.random_state}:{self.X.columns[position]}"
        return blake2b(name.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _scrambled(codes: NDArray[np.int64], salt: str) -> NDArray[np.uint64]:
    """Hash integers with a salt."""
    shift = np.frombuffer(blake2b(salt.encode(), digest_size=8).digest(), dtype="<u8")
    return _mixed(codes.astype(np.uint64) + shift)


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix integers over all 64 bits (finaliser of SplitMix64, Steele et al. 2014)."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = keys ^ (keys >> np.uint64(31))
    return mixed
