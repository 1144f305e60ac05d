"""What several metafeature groups need of a task, computed once and only when asked for."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from foretune.metafeatures.columns import (
    Distribution,
    Moments,
    category_codes,
    column_kind,
    count_distinct,
    numeric_values,
    to_unit_magnitude,
)
from foretune.metafeatures.parameters import ExtractionLimits

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from foretune.metafeatures.columns import ColumnKind
    from foretune.metafeatures.registry import Cost
    from foretune.parameters import TaskType


@dataclass(frozen=True, eq=False)
class TaskDescription:
    """A task, and lazily what the groups share.

    Boolean columns count as nominal. Matrices of numeric columns are stored column after column
    (Fortran order): sorting a column is then fast, and numpy sums it pairwise, with less rounding.

    Attributes
    ----------
    X
        Features, shape (n_rows, n_features).
    y
        Target without missing values, shape (n_rows,).
    task_type
        ``"classification"`` or ``"regression"``.
    limits
        How much to read and how; the groups find their folds and bins here.
    random_state
        Seed of subsamples, folds and random nodes, not negative.
    """

    X: pd.DataFrame
    y: pd.Series
    task_type: TaskType
    limits: ExtractionLimits = field(default_factory=ExtractionLimits)
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
    def kinds(self) -> tuple[ColumnKind, ...]:
        """How every column is treated."""
        return tuple(column_kind(self.X.iloc[:, j]) for j in range(self.n_features))

    @cached_property
    def numeric_positions(self) -> list[int]:
        """Positions of the numeric columns."""
        return [j for j, kind in enumerate(self.kinds) if kind == "numeric"]

    @cached_property
    def nominal_positions(self) -> list[int]:
        """Positions of the categorical and boolean columns."""
        return [j for j, kind in enumerate(self.kinds) if kind != "numeric"]

    @cached_property
    def numeric(self) -> NDArray[np.float64]:
        """The numeric columns, shape (n_rows, n_numeric); NaN where missing or infinite."""
        matrix = np.empty((self.n_rows, len(self.numeric_positions)), order="F")
        for k, j in enumerate(self.numeric_positions):
            matrix[:, k] = numeric_values(self.X.iloc[:, j])
        return matrix

    @cached_property
    def scaled(self) -> NDArray[np.float64]:
        """The numeric columns, each brought to unit magnitude; shape (n_rows, n_numeric)."""
        return to_unit_magnitude(self.numeric)

    @cached_property
    def nominal(self) -> NDArray[np.int64]:
        """Codes 0, 1, ... of the nominal columns, shape (n_rows, n_nominal); -1 where missing."""
        matrix = np.empty((self.n_rows, len(self.nominal_positions)), dtype=np.int64, order="F")
        for k, j in enumerate(self.nominal_positions):
            matrix[:, k] = category_codes(self.X.iloc[:, j])
        return matrix

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing, shape (n_rows, n_features), numeric columns first."""
        return np.hstack([np.isnan(self.numeric), self.nominal < 0])

    @cached_property
    def distributions(self) -> list[Distribution]:
        """Distribution of every numeric column, brought to unit magnitude."""
        return [Distribution.of(self.scaled[:, k]) for k in range(self.scaled.shape[1])]

    @cached_property
    def n_distinct(self) -> NDArray[np.int64]:
        """Distinct non-missing values of every column, shape (n_features,), numeric columns first."""
        # Not from the distributions: of a large table they are needed of a part only, and cost more
        numeric = [count_distinct(self.numeric[:, k]) for k in range(self.numeric.shape[1])]
        nominal = self.nominal.max(axis=0, initial=-1) + 1
        return np.concatenate([np.asarray(numeric, dtype=np.int64), nominal])

    @cached_property
    def moments(self) -> Moments:
        """Standardised numeric columns and their moments."""
        return Moments.of(self.scaled)

    @cached_property
    def ranks(self) -> NDArray[np.float64]:
        """Standardised ranks of the numeric columns, shape (n_rows, n_numeric); NaN as in ``moments``."""
        matrix = np.empty_like(self.numeric)
        for k, distribution in enumerate(self.distributions):
            matrix[:, k] = distribution.ranks()
        return Moments.of(to_unit_magnitude(matrix)).standardised

    @cached_property
    def levels(self) -> list[NDArray[np.int64]]:
        """Every column as codes, a missing value as a code of its own.

        Bins of the numeric columns come first, then the nominal columns; shape (n_rows,) each.
        """
        binned = [distribution.bins(self.limits.n_bins) for distribution in self.distributions]
        columns = binned + [self.nominal[:, k] for k in range(self.nominal.shape[1])]
        return [codes + 1 for codes in columns]

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """Class of every row as code 0, 1, ..., shape (n_rows,); classification only."""
        return category_codes(self.y)

    @cached_property
    def class_counts(self) -> NDArray[np.int64]:
        """Rows of every class, shape (n_classes,); classification only."""
        return np.bincount(self.classes)

    @cached_property
    def _unit_target(self) -> NDArray[np.float64]:
        return to_unit_magnitude(numeric_values(self.y)[:, None])

    @cached_property
    def target_distribution(self) -> Distribution:
        """Distribution of the target, brought to unit magnitude; regression only."""
        return Distribution.of(self._unit_target[:, 0])

    @cached_property
    def target_moments(self) -> Moments:
        """Standardised target as a one-column matrix, and its moments; regression only."""
        return Moments.of(self._unit_target)

    @cached_property
    def target_levels(self) -> NDArray[np.int64]:
        """The classes, or the target in bins of equal frequency; shape (n_rows,)."""
        if self.task_type == "classification":
            return self.classes
        return self.target_distribution.bins(self.limits.n_bins)

    def generator(self, purpose: str) -> np.random.Generator:
        """Return a generator that depends on the seed and the purpose only, not on the order of calls."""
        return np.random.default_rng([self.random_state, zlib.crc32(purpose.encode())])

    def read_by(self, cost: Cost) -> TaskDescription:
        """Return the part of the task that groups of that cost read; all of it if it is small enough."""
        if cost == "free":
            return self
        return self._cheap_part if cost == "cheap" else self._expensive_part

    @cached_property
    def _cheap_part(self) -> TaskDescription:
        return self.capped(self.limits.max_rows_cheap, self.limits.max_columns)

    @cached_property
    def _expensive_part(self) -> TaskDescription:
        return self.capped(self.limits.max_rows, self.limits.max_columns)

    def capped(self, max_rows: int, max_columns: int) -> TaskDescription:
        """Return a description of a part of the task; the same object if the task is small enough.

        Rows: a seeded random sample, systematic along the target, so that every class (or stretch of a
        numeric target) keeps its share to within one row. Columns: those whose names have the smallest
        seeded hash, so that the choice does not depend on their order.
        """
        if self.n_rows <= max_rows and self.n_features <= max_columns:
            return self
        rows = self._sampled_rows(max_rows)
        columns = self._sampled_columns(max_columns)
        return replace(self, X=self.X.iloc[rows, columns], y=self.y.iloc[rows])

    def _sampled_rows(self, max_rows: int) -> NDArray[np.int64]:
        if self.n_rows <= max_rows:
            return np.arange(self.n_rows)
        generator = self.generator("rows")
        target = self.classes if self.task_type == "classification" else self.target_distribution.codes
        order = np.lexsort((generator.random(self.n_rows), target))
        picks = (np.arange(max_rows) + generator.random()) * (self.n_rows / max_rows)
        # Rounding could push the last pick over the end
        return np.sort(order[np.minimum(picks.astype(np.int64), self.n_rows - 1)])

    def _sampled_columns(self, max_columns: int) -> list[int]:
        def hashed(position: int) -> bytes:
            name = f"{self.random_state}:{self.X.columns[position]}"
            return blake2b(name.encode(), digest_size=8).digest()

        positions = range(self.n_features)
        if self.n_features <= max_columns:
            return list(positions)
        return sorted(sorted(positions, key=hashed)[:max_columns])
