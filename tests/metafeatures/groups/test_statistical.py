from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.cross_decomposition import CCA
from tests.metafeatures.conftest import describe

from foretune.metafeatures import TaskDescription
from foretune.metafeatures.groups.statistical import compute, correlation

if TYPE_CHECKING:
    from foretune.tasks.task import Task


def _describe(task: Task) -> TaskDescription:
    return describe(task.X, task.y, task.task_type)


def test_correlation_uses_the_common_rows_of_each_pair() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 4))).mask(rng.random((40, 4)) < 0.2)
    frame[4] = frame[0] * 2 + 1
    standardised = ((frame - frame.mean()) / frame.std(ddof=0)).to_numpy()
    np.testing.assert_allclose(correlation(standardised, standardised), frame.corr(), atol=1e-12)


def test_correlation_is_undefined_where_nothing_varies() -> None:
    left = np.array([[1.0], [1.0], [-2.0], [math.nan]])
    right = np.array([[1.0], [-1.0], [math.nan], [0.0]])
    assert np.isnan(correlation(left, right)).all()


def test_shape_of_columns(real_tasks: dict[str, Task]) -> None:
    values = compute(_describe(real_tasks["wine"]))
    X = real_tasks["wine"].X.to_numpy()
    skewness, kurtosis = stats.skew(X), stats.kurtosis(X, fisher=False)
    assert values["skewness.mean"] == pytest.approx(skewness.mean())
    assert values["skewness.sd"] == pytest.approx(skewness.std(ddof=1))
    assert values["skewness.min"] == pytest.approx(skewness.min())
    assert values["log_kurtosis.max"] == pytest.approx(np.log(kurtosis).max())
    assert values["bimodality.mean"] == pytest.approx(((skewness**2 + 1) / kurtosis).mean())
    assert values["iqr_to_sd.mean"] == pytest.approx((stats.iqr(X, axis=0) / X.std(axis=0)).mean())


def test_dependence_of_columns(real_tasks: dict[str, Task]) -> None:
    values = compute(_describe(real_tasks["wine"]))
    frame = real_tasks["wine"].X
    pairs = np.triu_indices(frame.shape[1], k=1)
    linear = frame.corr().abs().to_numpy()[pairs]
    monotone = frame.corr("spearman").abs().to_numpy()[pairs]
    assert values["abs_correlation.mean"] == pytest.approx(linear.mean())
    assert values["abs_correlation.max"] == pytest.approx(linear.max())
    assert values["abs_rank_correlation.mean"] == pytest.approx(monotone.mean())
    assert values["share_correlated_pairs"] == pytest.approx((linear > 0.5).mean())
    eigenvalues = np.linalg.eigvalsh(frame.corr())
    participation = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
    assert values["effective_dimension"] == pytest.approx(participation / frame.shape[1])


def test_canonical_correlations_of_iris(real_tasks: dict[str, Task]) -> None:
    # 0.9848 and 0.4712: the textbook values of Fisher's discriminant analysis
    values = compute(_describe(real_tasks["iris"]))
    assert values["canonical_correlation.max"] == pytest.approx(0.9848, abs=1e-4)
    assert values["canonical_correlation.mean"] == pytest.approx((0.9848 + 0.4712) / 2, abs=1e-4)


def test_multiple_correlation(real_tasks: dict[str, Task]) -> None:
    task = real_tasks["diabetes"]
    values = compute(_describe(task))
    # The share of variance that least squares explains on these data, known to two digits from the literature
    assert values["canonical_correlation.max"] ** 2 == pytest.approx(0.5177, abs=1e-3)
    first = CCA(n_components=1).fit(task.X, task.y).transform(task.X, task.y)
    agreed = abs(np.corrcoef(first[0][:, 0], first[1].ravel())[0, 1])
    assert values["canonical_correlation.max"] == pytest.approx(agreed, abs=1e-6)


def test_separation_of_classes() -> None:
    # Means 1 and 5, total sum of squares 2 * 1^2 * ... : between 16, within 4
    X = pd.DataFrame({"x": [0.0, 2.0, 4.0, 6.0], "constant": [1.0] * 4})
    y = pd.Series(["a", "a", "b", "b"])
    values = compute(describe(X, y, "classification"))
    assert values["eta_squared.mean"] == pytest.approx(16 / 20)
    assert math.isnan(values["eta_squared.sd"])


def test_dependence_on_a_numeric_target(real_tasks: dict[str, Task], small_regression: Task) -> None:
    task = real_tasks["diabetes"]
    values = compute(_describe(task))
    linear = task.X.corrwith(task.y).abs()
    monotone = task.X.corrwith(task.y, method="spearman").abs()
    assert values["abs_target_correlation.mean"] == pytest.approx(linear.mean())
    assert values["abs_target_correlation.max"] == pytest.approx(linear.max())
    assert values["abs_target_rank_correlation.sd"] == pytest.approx(monotone.std())
    # Category means 3 and 7 around 5: between 16, total 20
    small = compute(_describe(small_regression))
    assert small["correlation_ratio.max"] == pytest.approx(16 / 20)
    assert small["abs_target_correlation.max"] == pytest.approx(1)


def test_one_class_or_constant_target_is_undefined() -> None:
    X = pd.DataFrame({"x": [1.0, 2.0, 4.0]})
    one_class = compute(describe(X, pd.Series(["a"] * 3), "classification"))
    assert math.isnan(one_class["canonical_correlation.max"])
    constant = compute(describe(X, pd.Series([0.1] * 3), "regression"))
    assert math.isnan(constant["canonical_correlation.max"])
    assert math.isnan(constant["abs_target_rank_correlation.mean"])
