from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from foretune.metafeatures.columns import (
    Distribution,
    Moments,
    category_codes,
    column_means,
    numeric_values,
    to_unit_magnitude,
)

NAN = math.nan


def test_numbers_and_times_are_read_with_missing_as_nan() -> None:
    np.testing.assert_array_equal(numeric_values(pd.Series([1.0, np.inf, -np.inf])), [1, NAN, NAN])
    times = pd.Series(pd.to_datetime(["1970-01-02 00:00", None, "1970-01-01 12:00"]))
    np.testing.assert_array_equal(numeric_values(times), [1, NAN, 0.5])
    np.testing.assert_array_equal(numeric_values(times - times[0]), [0, NAN, -0.5])


def test_codes_skip_categories_that_do_not_occur() -> None:
    column = pd.Series(pd.Categorical(["c", None, "a", "c"], categories=["a", "b", "c"]))
    assert category_codes(column).tolist() == [1, -1, 0, 1]
    assert category_codes(column[1:2]).tolist() == [-1]


VALUES = hnp.arrays(
    np.float64, st.integers(1, 40), elements=st.one_of(st.integers(-5, 5).map(float), st.just(NAN))
)


@given(VALUES, st.floats(0, 1))
def test_quantiles_and_ranks_are_the_usual_ones(values: np.ndarray, q: float) -> None:
    distribution = Distribution.of(values)
    observed = values[~np.isnan(values)]
    assert distribution.n_observed == observed.size
    assert distribution.distinct.size == np.unique(observed).size
    if observed.size:
        assert distribution.quantile(q) == pytest.approx(np.quantile(observed, q))
    else:
        assert math.isnan(distribution.quantile(q))
        assert math.isnan(distribution.outlier_share())
    np.testing.assert_allclose(distribution.ranks()[~np.isnan(values)], stats.rankdata(observed))
    assert np.isnan(distribution.ranks()[np.isnan(values)]).all()


@given(VALUES, st.integers(2, 8))
def test_bins_keep_the_order_and_the_ties(values: np.ndarray, n_bins: int) -> None:
    bins = Distribution.of(values).bins(n_bins)
    assert ((bins == -1) == np.isnan(values)).all()
    assert bins.max() < n_bins
    seen = ~np.isnan(values)
    order = np.argsort(values[seen], kind="stable")
    assert (np.diff(bins[seen][order]) >= 0).all()
    shifted = Distribution.of(np.exp(values)).bins(n_bins)
    np.testing.assert_array_equal(bins, shifted)


def test_bins_have_equal_frequency() -> None:
    bins = Distribution.of(np.arange(100.0)).bins(5)
    assert np.bincount(bins).tolist() == [20] * 5


def test_outliers_by_tukey() -> None:
    # Quartiles 3.25 and 7.75, reach 6.75: only 100 lies outside
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 100])
    assert Distribution.of(values).outlier_share() == pytest.approx(0.1)


def test_moments_are_those_of_scipy() -> None:
    matrix = np.random.default_rng(0).exponential(size=(50, 3))
    moments = Moments.of(matrix)
    np.testing.assert_allclose(moments.sd, matrix.std(axis=0))
    np.testing.assert_allclose(moments.skewness, stats.skew(matrix))
    np.testing.assert_allclose(moments.kurtosis, stats.kurtosis(matrix, fisher=False))


def test_bimodality_of_two_points_is_one() -> None:
    moments = Moments.of(np.array([[0.0], [0.0], [1.0]]))
    assert moments.bimodality[0] == pytest.approx(1)


def test_columns_that_do_not_vary_have_no_moments() -> None:
    moments = Moments.of(np.array([[0.1, NAN], [0.1, NAN], [0.1, NAN]]))
    assert np.isnan(moments.sd).all()
    assert np.isnan(moments.standardised).all()


def test_moments_far_from_the_origin() -> None:
    near = np.random.default_rng(0).integers(0, 9, size=(50, 1)).astype(float)
    step = 2.0**-52
    far = 0.5 + near * step
    np.testing.assert_allclose(Moments.of(far).skewness, Moments.of(near).skewness)


def test_means_of_columns() -> None:
    np.testing.assert_array_equal(column_means(np.array([[1.0, NAN], [NAN, NAN]])), [1, NAN])


@pytest.mark.parametrize("scale", [1.0, 2.0**900, 2.0**-1000])
def test_unit_magnitude_is_exact(scale: float) -> None:
    matrix = np.array([[1.0, 0.0], [-3.0, 0.0], [NAN, 0.0]])
    np.testing.assert_array_equal(to_unit_magnitude(matrix * scale)[:, 0], [0.25, -0.75, NAN])


def test_the_users_numbers_are_only_read() -> None:
    values = np.array([1.0, np.inf, 3.0])
    frame = pd.DataFrame({"x": values}, copy=False)
    np.testing.assert_array_equal(numeric_values(frame["x"]), [1.0, math.nan, 3.0])
    assert frame["x"].tolist() == values.tolist() == [1.0, np.inf, 3.0]
    # As joblib hands large tables to its workers
    values.flags.writeable = False
    np.testing.assert_array_equal(numeric_values(frame["x"]), [1.0, math.nan, 3.0])
