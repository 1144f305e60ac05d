from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.base import clone

from foretune.base import TASK_TYPES
from foretune.learners import get_learner

pytest.importorskip("catboost")

if TYPE_CHECKING:
    from foretune.base import TaskType

RNG = np.random.default_rng(0)
CODES = RNG.integers(0, 6, 200).astype(float)
X = np.column_stack([RNG.normal(size=200), CODES])
X[::9] = np.nan
VALUES = (CODES % 2) + 0.1 * RNG.normal(size=200)


@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_codes_are_read_as_categories_with_gaps_in_copies_too(task_type: TaskType) -> None:
    learner = get_learner("catboost")
    y = VALUES if task_type == "regression" else (VALUES > 0.5).astype(int)
    params = {"iterations": 5, "learning_rate": 0.3, "depth": 1}
    marked = learner.mark(params, (False, True))
    fitted = clone(learner.build(marked, task_type, 0)).fit(X, y)
    plain = learner.build(params, task_type, 0).fit(X, y)
    # One split of a number cannot part odd from even
    assert fitted.score(X, y) > plain.score(X, y) + 0.05
    if task_type == "classification":
        np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), fitted.predict_proba(X))
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
