"""Searches with a budget of time, from end to end; the promise is kept by the clock."""

from __future__ import annotations

import sys
import time
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression

from foretune.base import RecommendationWarning, UserError
from foretune.learners.learner import Learner
from foretune.learners.registry import _LEARNERS
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.core.recommender import Recommender
from foretune.recommendation.search_cv import time_limit
from foretune.recommendation.search_cv.folds import Splits
from foretune.recommendation.search_cv.meta_search_cv import MetaSearchCV
from foretune.recommendation.search_cv.timed_fit import TimedFit, costs_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
Y = np.where(X[:, 0] + X[:, 1] ** 2 + RNG.normal(size=300) > 1, "yes", "no")
LONG = 600.0
# Another package of the name tests may hide this one from worker processes
cloudpickle.register_pickle_by_value(sys.modules[__name__])


class Sleeps(LogisticRegression):
    """A model whose fit does not return."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        time.sleep(1_000)


class Computes(LogisticRegression):
    """A model whose fit is stuck in C, where no signal and no thread of Python is heard."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return sum(range(10**12))


def _ignore(learner: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a model without hyperparameters in the place of the linear learner."""
    model = Learner("linear", lambda *_: learner(), lambda _: {})
    monkeypatch.setitem(_LEARNERS, "linear", model)


@pytest.mark.parametrize("model", [Sleeps, Computes])
def test_a_fit_that_hangs_is_ended_and_there_is_a_fitted_result(
    model: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ignore(model, monkeypatch)
    load_memory("classification")
    search = MetaSearchCV("linear", n_trials=3, max_time=2, random_state=0)
    start = time.perf_counter()
    with pytest.warns((RecommendationWarning, FitFailedWarning)):
        search.fit(X, Y)
    assert time.perf_counter() - start < 1.1 * 2 + 2
    assert search.best_learner_ != "linear"
    assert set(search.predict(X)) <= {"yes", "no"}
    assert np.isnan(search.best_score_)
    assert search.cv_results_["status"][search.best_index_] == "not evaluated"
    assert search.cv_results_["params"][search.best_index_] == search.best_params_
    assert any("no configuration was evaluated in time: a cheap default" in note for note in search.notes_)


def test_with_much_time_the_result_is_that_of_a_search() -> None:
    search = MetaSearchCV("linear", n_trials=3, max_time=LONG, random_state=0, n_jobs=1).fit(X, Y)
    assert (search.n_trials_, search.stop_reason_) == (3, "n_trials")
    assert set(search.cv_results_["status"]) == {"ok"}
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    plain = MetaSearchCV("linear", n_trials=3, random_state=0, n_jobs=1).fit(X, Y)
    assert search.best_score_ == pytest.approx(plain.best_score_, abs=0.05)
    assert (search.predict(X) == Y).mean() > 0.6


def test_no_number_of_trials_goes_on_until_nothing_is_gained() -> None:
    search = MetaSearchCV("linear", n_trials=None, max_time=LONG, min_gain=0.05, random_state=0).fit(X, Y)
    assert search.stop_reason_ == "min_gain"
    with pytest.raises(UserError, match="needs max_time"):
        MetaSearchCV("linear", n_trials=None).fit(X, Y)


def test_without_a_search_the_recommended_one_is_fitted_in_time() -> None:
    search = MetaSearchCV("linear", n_trials=0, max_time=LONG, random_state=0).fit(X, Y)
    plain = MetaSearchCV("linear", n_trials=0, random_state=0).fit(X, Y)
    assert search.best_params_ == plain.best_params_
    assert (search.n_trials_, search.stop_reason_, search.best_learner_) == (0, "zero_shot", "linear")


def test_without_time_for_any_trial_nothing_was_evaluated_or_chosen() -> None:
    search = MetaSearchCV("xgboost", None, max_time=0.01, early_stopping=True, random_state=0)
    with pytest.warns(RecommendationWarning, match="no configuration was evaluated in time"):
        search.fit(X, Y)
    assert (search.n_trials_, search.stop_reason_, search.best_index_) == (0, "max_time", 0)
    assert search.cv_results_["status"].tolist() == ["not evaluated"]
    assert search.cv_results_["params"] == [search.best_params_]
    assert search.n_rounds_ is None
    assert search.early_stopping_ is not None
    plain = MetaSearchCV("xgboost", None, max_time=0.01, random_state=0)
    with pytest.warns(RecommendationWarning, match="no configuration was evaluated in time"):
        plain.fit(X, Y)
    assert not hasattr(plain, "n_rounds_")


def test_without_refit_only_the_trials_count() -> None:
    search = MetaSearchCV("linear", n_trials=2, max_time=LONG, refit=False, random_state=0).fit(X, Y)
    assert not hasattr(search, "best_estimator_")
    assert search.best_learner_ == "linear"


def test_a_large_table_is_sampled_for_the_search_only(monkeypatch: pytest.MonkeyPatch) -> None:
    # As with less time, which may be too little for anything on a busy machine
    monkeypatch.setattr(time_limit, "ROWS_PER_SECOND", 2_000 / LONG)
    n_rows = 4_000
    table = pd.DataFrame(RNG.normal(size=(n_rows, 3)), columns=list("abc"))
    target = pd.Series(table["a"] + RNG.normal(size=n_rows), name="t")
    with pytest.warns(RecommendationWarning) as caught:
        search = MetaSearchCV("linear", n_trials=1, max_time=LONG, random_state=0).fit(table, target)
    assert any("evaluates on 2,000 of 4,000 rows" in str(one.message) for one in caught)
    assert search.predict(table).shape == (n_rows,)


def test_splits_of_the_user_are_of_all_rows() -> None:
    n_rows = 2_100
    table, target = RNG.normal(size=(n_rows, 2)), RNG.normal(size=n_rows)
    splits = [(np.arange(1_000), np.arange(1_000, n_rows)), (np.arange(1_000, n_rows), np.arange(1_000))]
    search = MetaSearchCV("linear", n_trials=1, max_time=LONG, cv=splits, random_state=0)
    assert search.fit(table, target).n_splits_ == 2


@pytest.mark.parametrize("max_time", [0, -1, "60", float("nan"), float("inf"), True])
def test_max_time_is_a_number_of_seconds(max_time: Any) -> None:
    with pytest.raises(UserError, match=r"max_time = .* must be a number of seconds"):
        MetaSearchCV("linear", max_time=max_time).fit(X, Y)


def test_costs_are_of_the_memory_and_else_of_the_shipped_one() -> None:
    recommender = Recommender.for_table(X, Y, "linear")
    own = costs_of(recommender)
    assert own.knows("linear")
    assert own.knows("xgboost")
    without: Any = type("Recommends", (), {})()
    without.provenance = type(recommender.provenance)(recommender.provenance.configurations)
    without.new_task = recommender.new_task
    assert costs_of(without) == own


def test_rows_are_chosen_by_the_time() -> None:
    with TimedFit(3.0, None) as timed:
        assert len(timed.choose_rows(np.arange(10_000.0), "regression", 20_000, 0)) == 3_000
        assert timed.describe_limits() == []


@pytest.mark.parametrize(
    ("seconds", "n_rows", "n_folds"),
    [(0.01, 10_000, 5), (1.0, 10_000, 3), (60.0, 10_000, 1), (60.0, 4_000, 3), (60.0, 300, 5)],
)
def test_expensive_trials_are_evaluated_on_fewer_folds(
    seconds: float, n_rows: int, n_folds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender = Recommender.for_table(X, Y, "linear")
    splits = Splits([(part, part) for part in np.array_split(np.arange(n_rows), 5)], ("a note",))
    with TimedFit(60.0, None) as timed:
        monkeypatch.setattr(
            time_limit.MachineCosts, "predict_all", lambda _, these, __: np.full(len(these), seconds)
        )
        chosen = timed.choose_folds(splits, recommender, stops_early=False)
        assert chosen == Splits(splits.parts[:n_folds], ("a note",))
        notes = timed.describe_limits()
    if n_folds == 5:
        assert notes == []
    else:
        assert notes == [
            f"max_time = 60 s: a fit is expected to take {seconds:.2g} s, so trials are evaluated on "
            f"{n_folds} of 5 folds"
        ]


def test_large_tables_are_tried_on_a_few_rows_before_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []
    observe = time_limit.MachineCosts.observe

    def listen(self: Any, configuration: Any, n_rows: int, *args: Any, **rest: Any) -> None:
        seen.append((configuration.learner, n_rows))
        observe(self, configuration, n_rows, *args, **rest)

    monkeypatch.setattr(time_limit.MachineCosts, "observe", listen)
    n_rows = 6_300
    table = RNG.normal(size=(n_rows, 3))
    target = table[:, 0] + RNG.normal(size=n_rows)
    MetaSearchCV("linear", n_trials=1, max_time=LONG, cv=3, random_state=0).fit(table, target)
    assert seen == [("linear", 4_000), *[("linear", 4_200)] * 3]


@pytest.mark.slow
def test_rounds_of_early_stopping_are_scaled_to_all_rows() -> None:
    search = MetaSearchCV("xgboost", n_trials=2, max_time=LONG, early_stopping=True, cv=3, random_state=0)
    search.fit(X, Y)
    assert search.best_score_ == np.nanmax(search.cv_results_["mean_test_score"])
    if search.n_rounds_ is not None:
        assert search.n_rounds_ == round(1.5 * search.best_params_["n_estimators"])
        fitted = search.best_estimator_[-1].classifier_
        assert fitted.n_estimators == search.n_rounds_
