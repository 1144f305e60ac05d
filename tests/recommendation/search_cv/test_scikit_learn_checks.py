"""scikit-learn's own checks of estimators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.estimator_checks import check_estimator

from foretune import MetaSearchClassifier, MetaSearchCV, MetaSearchRegressor
from foretune.recommendation.search_cv.coded_classifier import CodedClassifier
from foretune.recommendation.search_cv.column_reader import ColumnReader
from foretune.recommendation.search_cv.scaled_target_regressor import ScaledTargetRegressor

pytestmark = pytest.mark.filterwarnings("ignore")


# Folds are drawn by rows, and neighbours counted by rows: a row of weight 2 is not two rows
EXCUSED = {"check_sample_weight_equivalence_on_dense_data": "a row is one row, whatever its weight"}


def _failures(estimator: Any, least_checks: int, excused: dict[str, str] | None = None) -> list[str]:
    results = check_estimator(estimator, expected_failed_checks=excused, on_skip=None, on_fail=None)
    done = [one for one in results if one["status"] == "passed"]
    failed = [one for one in results if one["status"] not in ("passed", "skipped", "xfail")]
    assert failed or len(done) >= least_checks
    return [f"{one['check_name']}: {one['exception']!r:.300}" for one in failed]


@pytest.mark.quick("classification-1")
@pytest.mark.parametrize(
    ("task_type", "n_trials"),
    [("classification", 1), ("regression", 1), (None, 1), ("classification", 0), ("regression", 0)],
)
def test_the_search_passes_the_checks(task_type: Any, n_trials: int, memory_folder: Path) -> None:
    search = MetaSearchCV(
        "k_nearest_neighbours", n_trials, cv=2, memory=str(memory_folder), task_type=task_type
    )
    assert _failures(search, 30, EXCUSED) == []


@pytest.mark.slow
@pytest.mark.parametrize("search", [MetaSearchClassifier, MetaSearchRegressor])
def test_searches_of_one_type_pass_the_checks(search: Any, memory_folder: Path) -> None:
    assert _failures(search("k_nearest_neighbours", 1, cv=2, memory=str(memory_folder)), 30, EXCUSED) == []


def test_the_parts_of_its_pipelines_pass_the_checks() -> None:
    assert _failures(ColumnReader(), 30) == []
    assert _failures(CodedClassifier(LogisticRegression()), 30) == []
    assert _failures(ScaledTargetRegressor(Ridge()), 30) == []
