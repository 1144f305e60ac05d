"""Statistics of columns: values, codes, distributions, moments and entropy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foretune.tables import is_time, to_days


def numeric_values(column: pd.Series) -> NDArray[np.float64]:
    """Return a cleaned column as numbers, times in days; missing and infinite values are NaN."""
    days = to_days(column) if is_time(column.dtype) else column
    values = days.to_numpy(dtype=np.float64)
    # Not in place: the array may be the user's own, or read-only in a worker
    return np.where(np.isinf(values), math.nan, values)


def category_codes(column: pd.Series) -> NDArray[np.int64]:
    """Return a ``category`` column as codes 0, 1, ... of the values that occur; -1 is missing."""
    occurring, codes = np.unique(column.cat.codes.to_numpy(), return_inverse=True)
    has_missing = occurring.size > 0 and occurring[0] < 0
    return codes.astype(np.int64) - int(has_missing)


@dataclass(frozen=True, eq=False)
class Distribution:
    """The distribution of the non-missing values of a numeric column.

    Attributes
    ----------
    distinct
        Distinct values in increasing order, shape (n_distinct,).
    counts
        How often each occurs, shape (n_distinct,).
    codes
        Position of every row's value in ``distinct``, shape (n_rows,); -1 is missing.
    """

    distinct: NDArray[np.float64]
    counts: NDArray[np.int64]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Distribution:
        """Sort a column; NaN is missing."""
        observed = ~np.isnan(values)
        distinct, inverse, counts = np.unique(values[observed], return_inverse=True, return_counts=True)
        codes = np.full(values.size, -1, dtype=np.int64)
        codes[observed] = inverse
        return cls(distinct, counts.astype(np.int64), codes)

    @property
    def n_observed(self) -> int:
        """Number of non-missing values."""
        return int(self._cumulated[-1]) if self.counts.size else 0

    @cached_property
    def _cumulated(self) -> NDArray[np.int64]:
        return np.cumsum(self.counts)

    @cached_property
    def _mean_ranks(self) -> NDArray[np.float64]:
        return self._cumulated - (self.counts - 1) / 2

    def ranks(self) -> NDArray[np.float64]:
        """Return the rank of every row from 1, ties averaged, NaN where missing; shape (n_rows,)."""
        return np.append(self._mean_ranks, math.nan)[self.codes]

    def bins(self, n_bins: int) -> NDArray[np.int64]:
        """Cut into bins of about equal frequency; equal values share a bin, missing is -1; shape (n_rows,).

        A column with at most ``n_bins`` distinct values keeps them. Otherwise the mean rank of a value
        determines its bin, so the result is invariant to increasing transformations of the column.
        """
        if self.distinct.size <= n_bins:
            return self.codes
        middle = (self._mean_ranks - 0.5) / self.n_observed
        return np.append(np.floor(middle * n_bins).astype(np.int64), -1)[self.codes]

    def quantile(self, q: float) -> float:
        """Return a quantile by linear interpolation; NaN for an empty column."""
        if not self.n_observed:
            return math.nan
        position = q * (self.n_observed - 1)
        left, right = np.searchsorted(
            self._cumulated, [math.floor(position), math.ceil(position)], side="right"
        )
        share = position - math.floor(position)
        return float(self.distinct[left] + share * (self.distinct[right] - self.distinct[left]))

    @property
    def interquartile_range(self) -> float:
        """Distance between the quartiles."""
        return self.quantile(0.75) - self.quantile(0.25)

    def outlier_share(self) -> float:
        """Return the share of values more than 1.5 interquartile ranges outside the quartiles (Tukey)."""
        if not self.n_observed:
            return math.nan
        # Slightly wider, so that rounding does not decide about values exactly on the limits
        reach = (1.5 + 1e-9) * self.interquartile_range
        low, high = self.quantile(0.25) - reach, self.quantile(0.75) + reach
        outside = (self.distinct < low) | (self.distinct > high)
        return float(self.counts[outside].sum() / self.n_observed)


@dataclass(frozen=True, eq=False)
class Moments:
    """Standardised columns and their third and fourth moments.

    Attributes
    ----------
    standardised
        Shape (n_rows, n_columns): mean 0 and (population) variance 1 over the observed values; NaN where
        missing, and all NaN for a column with fewer than two distinct values.
    sd
        Population standard deviation of every column, shape (n_columns,); NaN as above.
    n_observed
        Number of non-missing values of every column, shape (n_columns,).
    """

    standardised: NDArray[np.float64]
    sd: NDArray[np.float64]
    n_observed: NDArray[np.int64]

    @classmethod
    def of(cls, matrix: NDArray[np.float64]) -> Moments:
        """Standardise a matrix.

        Parameters
        ----------
        matrix
            Shape (n_rows, n_columns), NaN or magnitudes up to about 1 (see ``to_unit_magnitude``).
        """
        anchored = from_minimum(matrix)
        centred = anchored - column_means(anchored)
        sd = np.sqrt(column_means(centred * centred))
        sd = np.where(sd > 0, sd, math.nan)
        return cls(centred / sd, sd, (~np.isnan(matrix)).sum(axis=0))

    @cached_property
    def skewness(self) -> NDArray[np.float64]:
        """Third standardised moment of every column, shape (n_columns,)."""
        return column_means(self._squared * self.standardised)

    @cached_property
    def kurtosis(self) -> NDArray[np.float64]:
        """Fourth standardised moment of every column (3 for a Gaussian), shape (n_columns,)."""
        return column_means(self._squared * self._squared)

    @cached_property
    def _squared(self) -> NDArray[np.float64]:
        return self.standardised * self.standardised

    @property
    def bimodality(self) -> NDArray[np.float64]:
        """Sarle's coefficient of every column, shape (n_columns,).

        1 for two points, 5/9 for a uniform, 1/3 for a Gaussian distribution.
        """
        return np.clip((self.skewness**2 + 1) / self.kurtosis, 0, 1)


def entropy(counts: NDArray[np.int64]) -> float:
    """Return the Shannon entropy, in nats, of the distribution with the given counts."""
    positive = counts[counts > 0]
    shares = positive / positive.sum()
    return max(0.0, -float((shares * np.log(shares)).sum()))


def column_means(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average the non-missing values of every column; NaN for an empty one."""
    means = matrix.mean(axis=0) if len(matrix) else np.full(matrix.shape[1], math.nan)
    # Means of whole columns are fast; only those with missing values are computed again
    for j in np.flatnonzero(np.isnan(means)):
        observed = matrix[~np.isnan(matrix[:, j]), j]
        means[j] = observed.mean() if observed.size else math.nan
    return means


def from_minimum(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Subtract the minimum of every column.

    Later means are then exact relative to the column's range, not to its magnitude: a constant column is
    exactly zero, and one far from the origin keeps its precision.
    """
    # fmin ignores NaN
    anchored: NDArray[np.float64] = matrix - np.fmin.reduce(matrix, axis=0, initial=math.inf)
    return anchored


def to_unit_magnitude(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide every column by the power of two that scales its largest magnitude into [0.5, 1).

    The division is exact, and powers of the result do not overflow.
    """
    largest = np.fmax.reduce(np.abs(matrix), axis=0, initial=0.0)
    scaled: NDArray[np.float64] = np.ldexp(matrix, -np.frexp(largest)[1])
    return scaled
