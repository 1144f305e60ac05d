from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune import Guard
from foretune.meta_model.task_distances import TaskDistances
from foretune.recommendation.core.familiarity import look_around

NAN = float("nan")
# Interquartile range 2 and centre 3 of the first; the second is constant and says nothing
KNOWN = np.array([[1.0, 7.0], [2.0, 7.0], [3.0, 7.0], [4.0, 7.0], [5.0, NAN]])


@pytest.fixture
def memory() -> Any:
    """Five known tasks, of which the first two are one family."""
    families = ["twins", "twins", "c", "d", "e"]
    return SimpleNamespace(
        metafeatures=("size", "constant"),
        task_hashes=dict.fromkeys(["a", "b", "c", "d", "e"], ""),
        training_set=SimpleNamespace(families=families),
        task_distances=TaskDistances.of(KNOWN, families),
    )


def test_known_tasks_are_listed_by_their_distance(memory: Any) -> None:
    found = look_around(memory, pd.Series({"constant": 7.0, "size": 3.9}))
    assert found.neighbours["task_id"].tolist() == ["d", "c", "e", "b", "a"]
    assert found.neighbours["family"].tolist() == ["d", "c", "e", "twins", "twins"]
    expected = abs(np.arcsinh(0.45) - np.arcsinh(0.5))
    assert found.nearest_distance == pytest.approx(expected)
    assert found.clipped.empty


def test_distances_of_known_tasks_are_to_other_families(memory: Any) -> None:
    found = look_around(memory, pd.Series({"size": 3.0}))
    # b, c and d have a neighbour half a range away, a is a whole range from c
    near, far = np.arcsinh(0.5), np.arcsinh(1.0)
    assert found.largest_distance == pytest.approx(far)
    assert found.typical_distance == pytest.approx(near)


def test_a_task_far_from_all_is_out_of_distribution(memory: Any) -> None:
    far = look_around(memory, pd.Series({"size": 1000.0}))
    factor = far.nearest_distance / far.largest_distance
    assert factor > 3
    distances = far.nearest_distance, far.largest_distance
    assert Guard(max_distance=factor * 0.99).is_out_of_distribution(*distances)
    assert not Guard(max_distance=factor * 1.01).is_out_of_distribution(*distances)


def test_values_outside_of_the_known_range_are_listed(memory: Any) -> None:
    found = look_around(memory, pd.Series({"size": 5.1, "constant": 7.0 + 1e-6}))
    assert found.clipped.to_dict("records") == [
        {"metafeature": "size", "value": 5.1, "low": 1.0, "high": 5.0}
    ]
    below = look_around(memory, pd.Series({"size": 0.5, "constant": 6.0}))
    assert below.clipped["metafeature"].tolist() == ["size", "constant"]
    assert look_around(memory, pd.Series({"size": np.inf})).clipped.empty


def test_a_task_without_a_common_metafeature_is_near_none(memory: Any) -> None:
    found = look_around(memory, pd.Series({"colour": 1.0}))
    assert found.nearest_distance == np.inf
    assert found.near.empty
    assert len(found.neighbours) == 5
    assert Guard(max_distance=10).is_out_of_distribution(found.nearest_distance, found.largest_distance)
    assert len(look_around(memory, pd.Series({"size": 1.0})).near) == 5
    assert replace(found, neighbours=found.neighbours.head(0)).nearest_distance == np.inf
