"""Seconds that trials are expected to take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foretune.recommendation.core.trial_costs import expect_trials
from foretune.spaces.configuration import Configuration
from foretune.tasks import Task


def test_trials_on_more_rows_and_folds_take_longer_and_unknown_learners_no_time() -> None:
    def task(n_rows: int) -> Task:
        y = pd.Series(np.arange(n_rows) % 3).astype("category")
        return Task("t", "classification", pd.DataFrame({"x": np.arange(n_rows, dtype=float)}), y)

    default = Configuration("xgboost", {"n_estimators": 100, "max_depth": 6})
    few, many = expect_trials(3)(task(300), default), expect_trials(3)(task(30_000), default)
    assert 0 < few < many
    assert expect_trials(6)(task(300), default) > few
    assert expect_trials(3)(task(300), Configuration("mine", {})) == 0
