from __future__ import annotations

import numpy as np
import pytest
from xgboost import XGBRegressor

from foretune.meta_model.boosting import finite_or_missing, fit_booster, predict_booster
from foretune.meta_model.parameters import BoosterParameters

PARAMETERS = BoosterParameters(n_rounds=12, learning_rate=0.3, max_depth=3)
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(200, 3)).astype(np.float32)
TARGETS = (ROWS[:, 0] > 0) + 0.1 * ROWS[:, 1].astype(np.float64)


def test_trees_are_those_of_xgboost() -> None:
    found = predict_booster(fit_booster(PARAMETERS, ROWS, TARGETS, seed=0), ROWS)
    settings = PARAMETERS.model_dump(exclude={"n_rounds"})
    expected = XGBRegressor(n_estimators=12, tree_method="hist", max_bin=64, n_jobs=1, **settings)
    np.testing.assert_allclose(found, expected.fit(ROWS, TARGETS).predict(ROWS), rtol=1e-6)
    assert found.dtype == np.float64
    assert np.abs(found - TARGETS).mean() < 0.1


def test_the_seed_draws_the_samples() -> None:
    sampled = PARAMETERS.model_copy(update={"subsample": 0.5})
    first, again, other = (
        predict_booster(fit_booster(sampled, ROWS, TARGETS, seed), ROWS) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_row_counts_by_its_weight() -> None:
    rows, targets = np.zeros((2, 1), dtype=np.float32), np.array([0.0, 1.0])
    booster = fit_booster(
        PARAMETERS.model_copy(update={"reg_lambda": 0.0, "n_rounds": 60}),
        rows,
        targets,
        seed=0,
        weights=np.array([3.0, 1.0]),
    )
    assert predict_booster(booster, rows)[0] == pytest.approx(0.25, abs=0.01)


def test_within_groups_only_the_order_is_learnt() -> None:
    # Grades rise with the second column in each group; the first one tells the groups apart
    groups = np.repeat(np.arange(20), 10)
    rows = np.column_stack([groups, RNG.uniform(size=200)]).astype(np.float32)
    grades = np.concatenate([rows[groups == g, 1].argsort().argsort() for g in range(20)]).astype(float)
    booster = fit_booster(PARAMETERS, rows, grades, seed=0, groups=groups)
    predicted = predict_booster(booster, rows)
    correlations = [np.corrcoef(predicted[groups == g], grades[groups == g])[0, 1] for g in range(20)]
    assert np.mean(correlations) > 0.9
    # Where all of a group are equal there is no order
    flat = fit_booster(PARAMETERS, rows, groups.astype(float), seed=0, groups=groups)
    assert np.ptp(predict_booster(flat, rows)) == 0


def test_missing_and_infinite_features_are_missing() -> None:
    values = np.array([1.0, np.inf, -np.inf, np.nan, 1e39, -2.5])
    single = finite_or_missing(values)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, np.array([1, np.nan, np.nan, np.nan, np.nan, -2.5], np.float32))
