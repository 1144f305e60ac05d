from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.preprocessing import scale
from tests.metafeatures.conftest import describe

from foretune.metafeatures.groups.pca import compute

if TYPE_CHECKING:
    from foretune.tasks.task import Task


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_components_are_those_of_scikit_learn(real_tasks: dict[str, Task], name: str) -> None:
    task = real_tasks[name]
    values = compute(describe(task.X, task.y, "classification"))
    pca = PCA().fit(scale(task.X))
    shares = pca.explained_variance_ratio_
    first = pca.transform(scale(task.X))[:, 0]
    assert values["first_share"] == pytest.approx(shares[0])
    assert values["second_share"] == pytest.approx(shares[1])
    for percent in (50, 90, 95, 99):
        needed = int((np.cumsum(shares) < percent / 100).sum()) + 1
        assert values[f"components_{percent}"] == pytest.approx(needed / shares.size)
    assert values["spectral_entropy"] == pytest.approx(stats.entropy(shares) / math.log(shares.size))
    assert values["first_abs_skewness"] == pytest.approx(abs(stats.skew(first)))
    assert values["first_log_kurtosis"] == pytest.approx(math.log(stats.kurtosis(first, fisher=False)))


def test_copies_of_one_column_have_one_component() -> None:
    x = np.random.default_rng(0).normal(size=50)
    X = pd.DataFrame({"a": x, "b": -3 * x, "c": x + 7, "constant": 1.0})
    values = compute(describe(X, pd.Series(x), "regression"))
    assert values["first_share"] == pytest.approx(1)
    assert values["components_99"] == pytest.approx(1 / 3)
    assert values["spectral_entropy"] == pytest.approx(0, abs=1e-9)


def test_a_share_that_is_reached_exactly_is_reached() -> None:
    # Two uncorrelated columns: the first component has half of the variance
    X = pd.DataFrame({"a": [1.0, 1, -1, -1] * 5, "b": [1.0, -1, 1, -1] * 5})
    values = compute(describe(X, pd.Series(np.arange(20.0)), "regression"))
    assert values["components_50"] == 0.5
    assert values["spectral_entropy"] == pytest.approx(1)


def test_undefined_without_a_varying_number() -> None:
    X = pd.DataFrame({"constant": [1.0] * 4, "colour": pd.Categorical(list("abab"))})
    assert all(
        math.isnan(v) for v in compute(describe(X, pd.Series(list("xyxy")), "classification")).values()
    )


def test_one_column() -> None:
    X = pd.DataFrame({"x": [1.0, 2.0, 4.0]})
    values = compute(describe(X, pd.Series([1.0, 2.0, 3.0]), "regression"))
    assert (values["first_share"], values["second_share"]) == (1, 0)
    assert math.isnan(values["spectral_entropy"])
