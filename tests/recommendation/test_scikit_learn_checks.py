"""scikit-learn's own checks of estimators."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from foretune import MetaSearchCV
from foretune.recommendation.column_reader import ColumnReader

# The reader gives a frame, whose columns have dtypes of their own
OF_THE_READER = {"check_transformer_preserve_dtypes"}


def _failures(estimator: Any, expected: set[str]) -> list[str]:
    failures, n_checks = [], 0
    for instance, check in estimator_checks_generator(estimator, mark=None):
        name = getattr(check, "func", check).__name__
        n_checks += 1
        try:
            check(instance)
        except unittest.SkipTest:
            continue
        except Exception as error:  # noqa: BLE001 - every failure is listed
            failures.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
    assert n_checks > 30
    # What is excused but passes would hide nothing: it is told too
    assert expected <= {failure.partition(":")[0] for failure in failures}, "an excuse is not needed"
    return [failure for failure in failures if failure.partition(":")[0] not in expected]


@pytest.mark.parametrize("task_type", ["classification", "regression", None])
@pytest.mark.filterwarnings("ignore")
def test_the_search_passes_the_checks(task_type: Any, memory_folder: Path) -> None:
    search = MetaSearchCV("k_nearest_neighbours", 1, cv=2, memory=str(memory_folder), task_type=task_type)
    assert _failures(search, set()) == []


@pytest.mark.filterwarnings("ignore")
def test_the_reader_passes_the_checks() -> None:
    assert _failures(ColumnReader(), OF_THE_READER) == []
