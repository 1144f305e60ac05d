"""Costs fitted to times that are known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from foretune.learners.fit_work import work
from foretune.meta_model.cost_fit import (
    SIZE_COLUMNS,
    fit_costs,
    fit_costs_by_type,
    fit_learner_cost,
    sizes_of,
)
from foretune.meta_model.cost_model import base_and_growth
from foretune.recommendation.core.memory import load_memory
from foretune.spaces.configuration import Configuration

N_FOLDS = 3


def _trials(
    learner: str = "xgboost", n_trees: tuple[int, ...] = (20, 100)
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trials whose seconds follow the work exactly, and the sizes of their tasks."""
    sizes = pd.DataFrame([(f"t{at}", 100 * 2**at, 5 + at, np.nan) for at in range(6)], columns=SIZE_COLUMNS)
    rows = []
    for task in sizes.itertuples():
        for depth in range(1, 6):
            # One fit of the largest serves all, and each has an equal share of its time
            largest = Configuration(learner, {"max_depth": depth, "n_estimators": max(n_trees)})
            units = work(largest, task.n_rows * (1 - 1 / N_FOLDS), task.n_columns)
            for n in n_trees:
                one = Configuration(learner, {"max_depth": depth, "n_estimators": n})
                seconds = N_FOLDS * (0.002 + 1e-6 * units) / len(n_trees)
                rows.append((task.task_id, learner, one.config_id, "sobol", json.dumps(one.params), seconds))
    columns = ["task_id", "learner", "config_id", "strategy", "params", "fit_seconds"]
    return pd.DataFrame(rows, columns=columns).assign(status="ok", n_folds=N_FOLDS), sizes


def test_known_times_are_found_again_and_extrapolated() -> None:
    model = fit_costs(*_trials())
    one = Configuration("xgboost", {"max_depth": 4, "n_estimators": 100})
    for n_rows in (500, 5_000, 500_000):
        expected = 0.002 + 1e-6 * work(one, n_rows, 10)
        assert model.predict(one, n_rows, 10) == pytest.approx(expected, rel=0.3)
    assert model.learners["xgboost"].n_fits == 30


def test_learners_that_are_unknown_to_the_registry_share_no_fits() -> None:
    trials, sizes = _trials("of_a_log")
    assert fit_costs(trials, sizes).learners["of_a_log"].n_fits == 60


def test_failed_unmeasured_and_unknown_trials_do_not_count() -> None:
    trials, sizes = _trials()
    spoilt = pd.concat(
        [
            trials,
            trials.assign(status="failed", fit_seconds=1e6),
            trials.assign(fit_seconds=np.nan),
            trials.assign(fit_seconds=-1.0),
            trials.assign(task_id="elsewhere", fit_seconds=1e6),
        ]
    )
    assert fit_costs(spoilt, sizes) == fit_costs(trials, sizes)


def test_a_learner_with_few_trials_and_a_log_without_times_give_no_costs() -> None:
    trials, sizes = _trials()
    assert fit_costs(trials.head(10), sizes).learners == {}
    assert fit_costs(trials.drop(columns="fit_seconds"), sizes).learners == {}
    assert fit_costs(trials, sizes.iloc[:0]).learners == {}


def test_folds_may_be_columns() -> None:
    trials, sizes = _trials()
    folds = {f"score_fold_{at}": 0.5 for at in range(N_FOLDS)}
    assert fit_costs(trials.drop(columns="n_folds").assign(**folds), sizes) == fit_costs(trials, sizes)


def test_outliers_hardly_count() -> None:
    rng = np.random.default_rng(0)
    base = 10 ** rng.uniform(3, 6, 300)
    growth = rng.uniform(0.2, 2.0, 300)
    seconds = 0.001 + 1e-6 * base * growth
    clean = fit_learner_cost(base, growth, seconds)
    spoilt = fit_learner_cost(base, growth, np.where(rng.random(300) < 0.05, 100 * seconds, seconds))
    for units in (1e3, 1e5, 1e7):
        assert spoilt.predict(units, 1.0) == pytest.approx(clean.predict(units, 1.0), rel=0.3)
    assert spoilt.spread >= clean.spread


def test_sizes_are_those_of_the_tasks_of_a_memory() -> None:
    sizes = sizes_of(load_memory("classification"))
    assert list(sizes.columns) == SIZE_COLUMNS
    iris = sizes[sizes["task_id"].eq("iris")].iloc[0]
    assert iris[SIZE_COLUMNS[1:]].astype(float).round(2).tolist() == [150.0, 4.0, 3.0]


def test_the_shipped_memory_knows_the_costs_of_its_learners() -> None:
    provenance = load_memory("regression").provenance
    assert provenance is not None
    assert provenance.costs is not None
    assert set(provenance.costs.learners) == set(provenance.learners)
    default = Configuration("xgboost", {"n_estimators": 100, "max_depth": 6})
    base, growth = base_and_growth(default, 2_000, 20)
    assert base > 0
    assert growth > 1
    assert 0.01 < provenance.costs.predict(default, 2_000, 20) < 10


def test_a_run_gives_costs_by_task_type() -> None:
    trials, sizes = _trials()
    catalogue = sizes.rename(columns={"n_columns": "n_features"}).assign(task_type="regression")
    other = catalogue.assign(task_id="other", task_type="classification")
    keys = ["task_id", "learner", "config_id"]
    apart = trials.drop(columns="fit_seconds"), trials[[*keys, "fit_seconds"]]
    costs = fit_costs_by_type(*apart, pd.concat([catalogue, other]))
    assert costs["regression"] == fit_costs(trials, sizes)
    assert costs["classification"].learners == {}
