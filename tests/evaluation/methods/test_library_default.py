from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.library_default import LibraryDefault
from foretune.evaluation.parameters import EvaluationParameters
from foretune.meta_model.meta_dataset import MetaDataset

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]


def test_library_default_follows_the_order_of_the_learners(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {"a": [0.1, 0.2, 0.3, 0.4], "b": [0.1, 0.2, 0.3, 0.4], "new": [0.1, 0.2, 0.3, 0.4]},
        defaults=["c00", "c01", "c03"],
        learners=["linear", "svm", "svm", "forest"],
    )
    assert LibraryDefault(["svm", "forest"]).search(fold, task, 5, 0).tolist() == [1, 3, 0]
    assert LibraryDefault([]).search(fold, task, 2, 0).tolist() == [3, 0]


def test_library_default_is_left_out_where_no_default_is_known(
    make_table: Callable[..., pd.DataFrame],
) -> None:
    scores = {"a": [0.1, 0.2], "b": [0.1, 0.2]}
    method = LibraryDefault([])
    assert not method.is_applicable(MetaDataset.from_table(make_table(scores)))
    assert method.is_applicable(MetaDataset.from_table(make_table(scores, defaults=["c01"])))


def test_it_is_created_for_the_order_of_the_learners() -> None:
    (method,) = LibraryDefault.create(EvaluationParameters(), ["svm", "forest"])
    assert isinstance(method, LibraryDefault)
    assert method.learner_order == ["svm", "forest"]
