"""Last fit of the user's own estimator in the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretune import MetaSearchCV, RecommendationWarning
from foretune.recommendation.search_cv.time_limit import TimeLimit
from foretune.recommendation.search_cv.timed_own_refit import FEWEST_ROWS, TimedOwnRefit

N_ROWS = 200_000


class Machine:
    """A clock, and fits that move it."""

    def __init__(self, seconds_of: Callable[[int], float], max_time: float = 10.0, used: float = 4.0) -> None:
        self.now, self.fits = 0.0, list[int]()
        self._seconds_of = seconds_of
        self.limit = TimeLimit(max_time, lambda: self.now)
        self.now = used

    def fit(self, n_rows: int) -> int:
        """Fit, and return the number of rows as the estimator."""
        self.fits.append(n_rows)
        self.now += self._seconds_of(n_rows)
        return n_rows

    def run(self, n_known: int, *, takes_samples: bool = True) -> tuple[int, int]:
        """Return the rows of the fitted estimator, twice."""
        refit = TimedOwnRefit(self.fit, N_ROWS, self.limit, takes_samples=takes_samples)
        fitted = refit.run(n_known, self._seconds_of(n_known) if n_known else 0.0)
        return fitted.estimator, fitted.n_rows


def test_all_rows_are_fitted_at_once_where_they_end_in_time() -> None:
    machine = Machine(lambda n: n * 1e-6)
    assert machine.run(4_000) == (N_ROWS, N_ROWS)
    # Even if it took the square of what is expected
    assert Machine(lambda n: (n / N_ROWS) ** 2 * 5).run(40_000) == (N_ROWS, N_ROWS)


@pytest.mark.parametrize(
    "seconds_of",
    [
        lambda n: n * 1e-4,
        lambda n: 0.2 + n * 1e-4,
        lambda n: (n / 10_000) ** 2,
        lambda n: (n / 20_000) ** 3,
    ],
    ids=["linear", "with a start", "quadratic", "cubic"],
)
@pytest.mark.parametrize("n_known", [0, 2_000, 8_000])
def test_a_sample_is_fitted_that_ends_in_time(seconds_of: Callable[[int], float], n_known: int) -> None:
    machine = Machine(seconds_of)
    fitted, n_rows = machine.run(n_known)
    assert max(n_known, FEWEST_ROWS) <= fitted == n_rows < N_ROWS
    assert machine.now <= machine.limit.last_deadline
    # What was left before the last fit would not have been enough for many more rows
    assert seconds_of(10 * n_rows) > machine.limit.last_deadline - machine.now


def test_what_was_expected_to_take_long_is_fitted_to_all_rows_where_it_does_not() -> None:
    # The fits of the trials took most of their seconds for something else than their rows
    machine = Machine(lambda n: 0.5 + n * 1e-6)
    assert machine.run(4_000) == (N_ROWS, N_ROWS)
    assert len(machine.fits) > 1
    assert machine.now <= machine.limit.last_deadline


def test_there_is_a_result_even_after_the_time() -> None:
    machine = Machine(lambda n: n * 1e-4, used=50.0)
    assert machine.run(3_000) == (3_000, 3_000)
    assert Machine(lambda n: n * 1e-4, used=50.0).run(0) == (FEWEST_ROWS, FEWEST_ROWS)


def test_a_table_that_is_not_much_larger_than_a_fold_is_fitted_whatever_the_time() -> None:
    assert Machine(lambda n: n * 1e-4, used=50.0).run(N_ROWS // 2) == (N_ROWS, N_ROWS)


def test_what_takes_no_sample_is_fitted_to_all_rows() -> None:
    machine = Machine(lambda n: n * 1e-3)
    assert machine.run(1_000, takes_samples=False) == (N_ROWS, N_ROWS)


class Slow(ClassifierMixin, BaseEstimator):
    """Classifier whose fit takes longer on more rows."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Slow:
        time.sleep(2e-4 * len(X))
        assert sample_weight is None or len(sample_weight) == len(X)
        self.n_rows_, self.classes_ = len(X), np.unique(y)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return (X[:, 0] > self.shift).astype(int)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the search evaluates on")
@pytest.mark.parametrize("n_trials", [1, 20])
def test_a_call_with_little_time_for_many_rows_ends_in_time(n_trials: int) -> None:
    X = np.random.default_rng(0).normal(size=(40_000, 3))
    y = (X[:, 0] > 0).astype(int)
    search = MetaSearchCV(
        make_pipeline(StandardScaler(), Slow()),
        {"slow__shift": [0.0, 0.5, 1.0]},
        n_trials=n_trials,
        max_time=3,
        random_state=0,
    )
    # Imports take seconds beside other work, and are no matter of this test
    clone(search).set_params(max_time=None, n_trials=1).fit(X[:300], y[:300])
    start = time.perf_counter()
    with pytest.warns(RecommendationWarning, match="on all rows, more than is left of max_time"):
        search.fit(X, y, sample_weight=np.ones(len(y)))
    assert time.perf_counter() - start < 1.1 * 3 + 2
    assert 2_000 <= search.best_estimator_[-1].n_rows_ < 40_000
    assert search.n_features_in_ == 3
