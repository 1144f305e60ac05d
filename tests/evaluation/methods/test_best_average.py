from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.best_average import BestAverage

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]


def test_best_average_is_the_mean_of_relative_scores(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {
            "a": [0.0, 1.0, 0.8, 0.2],
            # On another scale, the same weight: 0, 0.5, 0.6, 1
            "b": [100.0, 150.0, 160.0, 200.0],
            "new": [0.1, 0.2, 0.3, 0.4],
        }
    )
    # Means: 0, 0.75, 0.7, 0.6
    assert BestAverage().search(fold, task, 3, 0).tolist() == [1, 2, 3]


def test_what_is_not_evaluated_is_read_off_the_completed_surfaces(
    make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, task = make_fold(
        {"a": [0.0, 1.0, 0.6, 0.0], "b": [0.0, 0.4, 1.0, 0.0], "new": [0.1, 0.2, 0.3, 0.4]},
        unknown=[("b", "c01"), ("a", "c03"), ("b", "c03")],
    )
    surfaces = np.array([[0.0, 1.0, 0.6, 0.9], [0.0, 0.1, 1.0, 0.9]])
    monkeypatch.setattr(
        fold, "surfaces", lambda ids: surfaces if list(ids) == ["c00", "c01", "c02", "c03"] else None
    )
    # Means 0, 0.55, 0.8, 0.9
    assert BestAverage().search(fold, task, 4, 0).tolist() == [3, 2, 1, 0]
