from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.ndcg_ranking import NdcgRanking

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]


def test_ndcg_ranking_is_the_order_of_its_model(make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch) -> None:
    fold, task = make_fold({"a": [0.1, 0.2, 0.3], "b": [0.3, 0.2, 0.1], "new": [0.1, 0.2, 0.3]})
    asked = []

    def prediction(held_out: HeldOutTask, seed: int, model: str) -> np.ndarray:
        asked.append((held_out.task_id, seed, model))
        return np.array([0.2, -1.0, 3.0])

    monkeypatch.setattr(fold, "prediction", prediction)
    assert NdcgRanking().search(fold, task, 2, 5).tolist() == [2, 0]
    assert asked == [("new", 5, "ndcg")]
    assert NdcgRanking.models == ("ndcg",)
