"""The fit to all rows: threads by the rule, and the same model with any number of them."""

from __future__ import annotations

from functools import partial, wraps
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info

from foretune import MetaSearchCV
from foretune.base import TaskType
from foretune.execution import parallelism
from foretune.learners import PreprocessingParameters, get_learner, known_learners
from foretune.recommendation.search_cv import last_fit
from foretune.recommendation.search_cv.estimator import build_pipeline
from foretune.recommendation.search_cv.folds import GivenData
from foretune.recommendation.search_cv.last_fit import fit_to_all
from foretune.spaces import Configuration

RNG = np.random.default_rng(0)
# Beyond 1,024 rows LightGBM sums in parallel, and heavy tails show another order of sums
N_ROWS = 3_000
X = RNG.normal(size=(N_ROWS, 6))
WEIGHTS = RNG.random(N_ROWS) * 10 ** RNG.normal(size=N_ROWS)
NOISY = X[:, 0] * X[:, 1] + X[:, 2] + RNG.standard_cauchy(N_ROWS)
TARGETS = {"regression": NOISY, "classification": np.digitize(NOISY, [-1.0, 1.0]).astype(str)}
# Few rounds, and rows and columns drawn, where learners draw any
SHORT: dict[str, dict[str, Any]] = {
    "xgboost": {"n_estimators": 20, "subsample": 0.7},
    "lightgbm": {"n_estimators": 20, "subsample": 0.7, "subsample_freq": 1},
    "hist_gradient_boosting": {"max_iter": 20},
    "random_forest": {"n_estimators": 10},
    "extra_trees": {"n_estimators": 10},
}
BOOSTERS_BY_N_JOBS = ["xgboost", "lightgbm", "random_forest"]


@pytest.fixture(autouse=True)
def _every_fit_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallelism, "CELLS_WORTH_THREADS", 1)
    monkeypatch.setattr(last_fit, "count_cores", lambda: 8)


def _fit(learner: str, task_type: TaskType, n_workers: int) -> Any:
    build = partial(build_pipeline, task_type=task_type, preprocessing=PreprocessingParameters(), seed=0)
    target = TARGETS[task_type]
    data = GivenData(X, target, target, weights=WEIGHTS)
    configuration = Configuration(
        learner, {**get_learner(learner).library_default(task_type), **SHORT[learner]}
    )
    return fit_to_all(build, configuration, data, n_workers)


def _last(pipeline: Any) -> Any:
    step = pipeline[-1]
    return getattr(step, "classifier_", getattr(step, "regressor_", step))


def test_every_learner_with_threads_is_tested_here() -> None:
    assert {name for name in known_learners() if get_learner(name).threads} == set(SHORT)


@pytest.mark.quick("xgboost-classification", "lightgbm-regression")
@pytest.mark.parametrize("task_type", ["regression", "classification"])
@pytest.mark.parametrize("learner", SHORT)
def test_predictions_are_the_same_with_any_number_of_threads(learner: str, task_type: TaskType) -> None:
    one, several = (_fit(learner, task_type, n_workers) for n_workers in (1, 3))
    np.testing.assert_array_equal(several.predict(X), one.predict(X))
    if task_type == "classification":
        np.testing.assert_array_equal(several.predict_proba(X), one.predict_proba(X))


@pytest.mark.parametrize("learner", BOOSTERS_BY_N_JOBS)
@pytest.mark.parametrize("task_type", ["regression", "classification"])
@pytest.mark.parametrize("n_workers", [1, 3])
def test_the_fit_takes_the_threads_and_the_fitted_learner_one(
    learner: str, task_type: TaskType, n_workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    kind = type(get_learner(learner).build({}, task_type, 0))
    fit = kind.fit

    @wraps(fit)
    def spy(estimator: Any, *args: Any, **given: Any) -> Any:
        seen.append(estimator.n_jobs)
        return fit(estimator, *args, **given)

    monkeypatch.setattr(kind, "fit", spy)
    pipeline = _fit(learner, task_type, n_workers)
    assert seen == [n_workers]
    step = pipeline[-1]
    inner = getattr(step, "classifier", getattr(step, "regressor", step))
    assert [_last(pipeline).n_jobs, inner.n_jobs] == [1, 1]


def test_a_fitted_booster_of_xgboost_predicts_with_one_thread() -> None:
    settings = _last(_fit("xgboost", "classification", 3)).get_booster().save_config()
    assert '"nthread":"1"' in settings


def test_openmp_gets_the_threads_of_a_learner_that_obeys_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[tuple[str, int]]] = []

    def look(pipeline: Any, *_: Any) -> Any:
        seen.append({(one["user_api"], one["num_threads"]) for one in threadpool_info()})
        return pipeline

    monkeypatch.setattr(last_fit, "fit_pipeline", look)
    for learner, n_workers in (("hist_gradient_boosting", 3), ("hist_gradient_boosting", 1), ("xgboost", 3)):
        _fit(learner, "regression", n_workers)
    assert seen == [{("openmp", 3), ("blas", 1)}, {("openmp", 1), ("blas", 1)}, {("openmp", 1), ("blas", 1)}]


def test_a_small_fit_takes_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def count(n_workers: int, n_fits: int, n_cells: float, n_cores: int) -> int:
        asked.extend((n_workers, n_fits, n_cells, n_cores))
        return 1

    monkeypatch.setattr(last_fit, "count_threads", count)
    _fit("xgboost", "regression", 3)
    assert asked == [3, 1, X.size, 8]


@pytest.mark.slow
def test_the_search_gives_its_jobs_to_the_last_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def count(n_workers: int, *_: Any) -> int:
        seen.append(n_workers)
        return n_workers

    monkeypatch.setattr(last_fit, "count_threads", count)
    frame, y = pd.DataFrame(X).add_prefix("x"), TARGETS["classification"]
    for given in ({"n_trials": 0}, {"n_trials": 0, "max_time": 60.0}):
        search = MetaSearchCV("xgboost", n_jobs=2, random_state=0, **given).fit(frame, y)
        assert search.best_estimator_.predict(frame).shape == y.shape
    assert seen == [2, 2]
