from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from foretune.evaluation.methods.nearest_tasks import NearestTasks, standardised_distances
from foretune.meta_model.meta_dataset import MetaDataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from foretune.evaluation.fold import EvaluationFold
    from foretune.evaluation.held_out_task import HeldOutTask

    MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]

NAN = float("nan")
METAFEATURES = {"far": [100.0, 0.0], "near": [2.0, 0.0], "nearest": [1.0, 0.0], "new": [0.0, 0.0]}


def test_distances_are_standardised_on_the_known_tasks() -> None:
    known = pd.DataFrame({"a": [0.0, 2.0], "b": [10.0, 30.0], "constant": [1.0, 1.0]})
    new = pd.Series({"a": 0.0, "b": 30.0, "constant": 50.0})
    # Mean 1 and 20, spread 1 and 10
    np.testing.assert_allclose(standardised_distances(known, new), [2.0, 2.0])


def test_missing_and_infinite_metafeatures_take_the_median() -> None:
    known = pd.DataFrame({"a": [0.0, 1.0, np.inf, 5.0], "b": [NAN, NAN, NAN, NAN]})
    filled = pd.DataFrame({"a": [0.0, 1.0, 1.0, 5.0]})
    new = pd.Series({"a": NAN, "b": 3.0})
    np.testing.assert_allclose(
        standardised_distances(known, new), standardised_distances(filled, pd.Series({"a": 1.0}))
    )


def test_one_neighbour_gives_its_own_ranking(make_fold: MakeFold) -> None:
    scores = {
        "far": [1.0, 0.5, 0.0],
        "near": [0.0, 1.0, 0.6],
        "nearest": [0.0, 0.5, 1.0],
        "new": [0.1, 0.2, 0.3],
    }
    fold, task = make_fold(scores, METAFEATURES)
    assert NearestTasks(1).search(fold, task, 3, 0).tolist() == [2, 1, 0]
    # Means of the two: 0, 0.75, 0.8
    assert NearestTasks(2).search(fold, task, 2, 0).tolist() == [2, 1]


def test_ties_go_by_the_average(make_fold: MakeFold) -> None:
    fold, task = make_fold(
        {
            "far": [0.2, 0.8, 0.0, 1.0, 0.5],
            "near": [0.2, 0.8, 0.0, 0.9, 1.0],
            "nearest": [1.0, 1.0, 0.0, 0.0, 0.0],
            "new": [0.1, 0.2, 0.3, 0.4, 0.5],
        },
        METAFEATURES,
    )
    assert NearestTasks(1).search(fold, task, 5, 0).tolist() == [1, 0, 3, 4, 2]


def test_what_a_neighbour_has_not_tried_is_read_off_its_completed_surface(
    make_fold: MakeFold, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = {
        "far": [1.0, 0.5, 0.0],
        "near": [0.0, 1.0, 0.6],
        "nearest": [0.0, 0.5, 1.0],
        "new": [0.1, 0.2, 0.3],
    }
    fold, task = make_fold(scores, METAFEATURES, unknown=[("nearest", "c01")])
    surfaces = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.6], [0.0, 0.99, 0.9]])
    monkeypatch.setattr(fold, "surfaces", lambda ids: surfaces)
    assert NearestTasks(1).search(fold, task, 3, 0).tolist() == [1, 2, 0]


@pytest.mark.parametrize("n_neighbours", [1, 5, 50])
def test_a_task_without_metafeatures_is_no_obstacle(make_fold: MakeFold, n_neighbours: int) -> None:
    scores = {"a": [0.1, 0.3, 0.2], "b": [0.3, 0.2, 0.1], "new": [0.1, 0.2, 0.3]}
    fold, task = make_fold(scores, {"a": [1.0], "b": [2.0], "new": [NAN]})
    assert sorted(NearestTasks(n_neighbours).search(fold, task, 3, 0)) == [0, 1, 2]


def test_left_out_without_any_metafeatures(make_table: Callable[..., pd.DataFrame]) -> None:
    scores = {"a": [0.1, 0.2], "b": [0.1, 0.2]}
    assert not NearestTasks(1).is_applicable(MetaDataset.from_table(make_table(scores)))
    assert NearestTasks(1).is_applicable(MetaDataset.from_table(make_table(scores, {"a": [1.0]})))
