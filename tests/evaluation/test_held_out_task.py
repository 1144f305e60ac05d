from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from foretune.evaluation.held_out_task import HeldOutTask
from foretune.meta_model.meta_dataset import MetaDataset

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

NAN = float("nan")


def test_candidates_are_what_was_evaluated_and_scores_are_revealed_one_by_one(
    make_table: Callable[..., pd.DataFrame],
) -> None:
    table = make_table(
        {"a": [0.1, 0.2, NAN], "b": [0.3, 0.4, 0.5]},
        {"a": [1.0, 2.0], "b": [3.0, NAN]},
        unknown=[("a", "c00")],
        defaults=["c01"],
    )
    task = HeldOutTask.from_meta_dataset(MetaDataset.from_table(table), "a")
    assert len(task) == 2
    assert task.candidates.index.tolist() == ["c01", "c02"]
    assert task.is_default.tolist() == [True, False]
    assert task.learners.tolist() == ["svm", "forest"]
    assert task.metafeatures.tolist() == [1.0, 2.0]
    assert task.evaluate(0) == 0.2
    assert np.isnan(task.evaluate(1))


def test_seconds_are_paid_one_by_one_where_there_are_any(make_table: Callable[..., pd.DataFrame]) -> None:
    meta_dataset = MetaDataset.from_table(make_table({"a": [0.1, 0.2], "b": [0.3, 0.4]}))
    seconds = np.array([1.0, 3.0, NAN, NAN])
    task = HeldOutTask.from_meta_dataset(meta_dataset, "a", seconds)
    assert task.has_times
    assert [task.pay(0), task.pay(1)] == [1.0, 3.0]
    assert task.until == np.inf
    assert task.with_time(2.5).until == 5.0
    for without in (
        HeldOutTask.from_meta_dataset(meta_dataset, "b", seconds),
        HeldOutTask.from_meta_dataset(meta_dataset, "a"),
    ):
        assert not without.has_times
        with pytest.raises(ValueError, match="have no seconds"):
            without.pay(0)


def test_the_random_generator_follows_the_seed_and_the_task(make_table: Callable[..., pd.DataFrame]) -> None:
    meta_dataset = MetaDataset.from_table(make_table({"a": [0.1, 0.2], "b": [0.3, 0.4]}))
    a, b = (HeldOutTask.from_meta_dataset(meta_dataset, task) for task in ("a", "b"))
    assert a.rng(0).random() == a.rng(0).random()
    assert len({a.rng(0).random(), a.rng(1).random(), b.rng(0).random()}) == 3
