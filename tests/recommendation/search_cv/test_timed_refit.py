"""The last fit: the best on all rows if there is time, else what is nearest to it."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from foretune.execution.job import Reply
from foretune.learners.parameters import PreprocessingParameters
from foretune.meta_model.cost_model import CostModel, LearnerCost
from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.estimator import build_pipeline
from foretune.recommendation.search_cv.folds import GivenData
from foretune.recommendation.search_cv.time_limit import MachineCosts, TimeLimit
from foretune.recommendation.search_cv.timed_refit import Fitted, RefitJob, TimedRefit, draw_rows
from foretune.spaces.configuration import Configuration

N_ROWS = 3_000
LINEAR = Configuration("linear", {"C": 1.0})
FOREST = Configuration("random_forest", {"n_estimators": 2, "max_depth": 2})
BROKEN = Configuration("linear", {"C": -1.0})
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N_ROWS, 2))
Y = (X[:, 0] > 0).astype(int)


def _cost(seconds: float) -> LearnerCost:
    """Cost of a learner of which any fit takes so many seconds, but for the rows."""
    return LearnerCost(overhead=0, rate=seconds, exponent=0.2, row_exponent=1.0, spread=0.1, n_fits=9)


class Pool:
    """Worker processes that answer what is written down."""

    def __init__(self, *replies: Reply, is_warm: bool = True) -> None:
        self.replies, self.is_warm, self.asked = list(replies), is_warm, 0

    def evaluate(self, job: Any, items: Any, deadline: float) -> list[Reply]:
        assert isinstance(job, RefitJob)
        assert deadline == pytest.approx(10.0)
        self.asked += len(items)
        return [self.replies.pop(0)]


def _refit(pool: Pool, **seconds: float) -> TimedRefit:
    fast = {"linear": 1e-6, "random_forest": 1e-6, "xgboost": 1e-6}
    model = CostModel(learners={name: _cost(each) for name, each in (fast | seconds).items()})
    costs = MachineCosts(model, 2, 2)
    build = partial(
        build_pipeline, task_type="classification", preprocessing=PreprocessingParameters(), seed=0
    )
    data = GivenData(X, Y, Y)
    workers: Any = pool
    return TimedRefit(build, data, "classification", 0, costs, TimeLimit(10.0, lambda: 0.0), workers)


def _check(fitted: Fitted, configuration: Configuration, *words: str) -> None:
    assert fitted.configuration == configuration
    assert fitted.pipeline.predict(X).shape == (N_ROWS,)
    for word in words:
        assert word in fitted.note
    assert bool(fitted.note) == bool(words)


def test_the_best_is_fitted_to_all_rows_if_there_is_time() -> None:
    _check(_refit(Pool()).fit([LINEAR, FOREST]), LINEAR)


def test_a_reason_is_told_with_what_is_fitted() -> None:
    _check(_refit(Pool()).fit([FOREST], why="because"), FOREST, "because: random_forest with {")


def test_one_that_may_be_late_is_fitted_in_a_worker() -> None:
    refit = _refit(Pool(Reply("ok", SimpleNamespace(predict=lambda _: Y))))
    refit.costs.ended.add("linear")
    _check(refit.fit([LINEAR, FOREST]), LINEAR)


def test_the_next_best_comes_where_the_best_takes_too_long_or_was_ended() -> None:
    _check(_refit(Pool(), linear=100.0).fit([LINEAR, FOREST]), FOREST, "would take about", "next best")
    refit = _refit(Pool(Reply("timeout")))
    refit.costs.ended.add("linear")
    _check(refit.fit([LINEAR, FOREST]), FOREST, "did not end", "next best")
    _check(_refit(Pool()).fit([BROKEN, FOREST]), FOREST, "cannot be fitted", "next best")


def test_without_a_next_best_it_is_fitted_to_a_sample() -> None:
    refit = _refit(Pool(), linear=0.4)
    refit.costs.observe(FOREST, 100, refit.costs.predict(FOREST, 100))
    # The clock stands still: what turns out to be fast is fitted to more, and at last to all
    _check(refit.fit([LINEAR]), LINEAR, "is fitted to all 3,000 rows")


@pytest.mark.parametrize(
    ("seconds_per_row", "largest"), [(0.0, 3_000), (5e-4, 3_000), (1e-3, 1_500), (2e-3, 750), (1.0, 750)]
)
def test_a_sample_grows_while_its_fits_are_fast(
    seconds_per_row: float, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refit, now, sizes = _refit(Pool(), linear=0.4), [0.0], list[int]()
    refit.costs.observe(FOREST, 100, refit.costs.predict(FOREST, 100))
    refit.limit = TimeLimit(10.0, lambda: now[0])

    def fit(_: Configuration, data: GivenData) -> tuple[Any, str]:
        sizes.append(len(data.target))
        now[0] += seconds_per_row * sizes[-1]
        return f"fitted to {sizes[-1]}", ""

    monkeypatch.setattr(refit, "_try_here", fit)
    fitted = refit.fit([LINEAR])
    assert sizes[0] == 750
    assert sizes[-1] == largest
    assert fitted.pipeline == f"fitted to {largest}"
    assert all(more >= 2 * fewer for fewer, more in pairwise(sizes))
    assert f"is fitted to {'all' if largest == 3_000 else f'{largest:,} of'} 3,000 rows" in fitted.note


def test_a_learner_that_was_ended_never_runs_here() -> None:
    pool = Pool(Reply("timeout"))
    refit = _refit(pool)
    refit.costs.ended.add("linear")
    fitted = refit.fit([LINEAR])
    assert pool.asked == 1
    _check(fitted, fitted.configuration, "did not end", "a cheap default of xgboost is fitted")
    assert fitted.configuration.learner == "xgboost"


def test_without_any_configuration_a_cheap_default_is_fitted() -> None:
    fitted = _refit(Pool(), xgboost=0.8).fit([], why="none")
    _check(fitted, fitted.configuration, "none: a cheap default of xgboost is fitted")
    refit = _refit(Pool())
    refit.costs.ended |= {"xgboost"}
    assert refit.fit([], why="none").configuration.learner == "linear"


def test_nothing_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    refit = _refit(Pool())
    monkeypatch.setattr(refit, "build", lambda _: None)
    with pytest.raises(SearchError, match="none, and the cheap default cannot be fitted"):
        refit.fit([], why="none")


def test_samples_have_every_class() -> None:
    target = np.array(["a"] * 980 + ["b"] * 20)
    rows = draw_rows(target, "classification", 100, 0)
    assert len(rows) == 100
    assert set(target[rows]) == {"a", "b"}
    assert len(draw_rows(np.arange(500.0), "regression", 100, 0)) == 100
