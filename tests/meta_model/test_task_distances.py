from __future__ import annotations

import pickle

import numpy as np
import pytest

from foretune.meta_model.task_distances import TaskDistances

NAN, INF = np.nan, np.inf


def test_distances_by_hand() -> None:
    # Quartiles of the first are 1, 2, 3; the second never varies and counts nothing
    known = np.array([[0.0, 7.0], [1.0, 7.0], [2.0, 7.0], [3.0, 7.0], [4.0, 7.0]])
    task_distances = TaskDistances.of(known, ["a", "b", "c", "d", "e"])
    place = np.arcsinh((known[:, 0] - 2.0) / 2.0)
    np.testing.assert_allclose(task_distances.distances_to(known[1]), np.abs(place - place[1]))
    np.testing.assert_array_equal(task_distances.low, [0.0, 7.0])
    np.testing.assert_array_equal(task_distances.high, [4.0, 7.0])


def test_relatives_do_not_count_as_near() -> None:
    known = np.array([[0.0], [0.1], [4.0], [5.0]])
    alone = TaskDistances.of(known, ["a", "b", "c", "d"])
    related = TaskDistances.of(known, ["a", "a", "c", "c"])
    assert related.typical_distance > alone.typical_distance
    assert related.largest_distance > alone.largest_distance
    # The nearest stranger of the first is the third, that of the last the second
    across = related.distances_to(known[0])[2], related.distances_to(known[3])[1]
    assert related.largest_distance == pytest.approx(max(across))


def test_without_another_family_nothing_is_known_of_distances() -> None:
    task_distances = TaskDistances.of(np.array([[0.0], [1.0]]), ["a", "a"])
    assert task_distances.typical_distance == task_distances.largest_distance == INF


def test_only_what_both_have_counts() -> None:
    known = np.array([[0.0, NAN, NAN], [1.0, 5.0, NAN], [2.0, 6.0, NAN], [3.0, INF, NAN]])
    task_distances = TaskDistances.of(known, ["a", "b", "c", "d"])
    from_first = task_distances.distances_to(np.array([NAN, 5.0, 1.0]))
    assert from_first[0] == from_first[3] == INF
    assert from_first[1] == 0
    assert task_distances.high[1] == 6.0
    assert np.isnan(task_distances.low[2])
    assert np.isnan(task_distances.high[2])
    assert (task_distances.distances_to(np.full(3, NAN)) == INF).all()


def test_it_goes_to_another_process() -> None:
    task_distances = TaskDistances.of(np.array([[0.0], [1.0], [2.0]]), ["a", "b", "c"])
    copy = pickle.loads(pickle.dumps(task_distances))
    one = np.array([0.4])
    np.testing.assert_array_equal(copy.distances_to(one), task_distances.distances_to(one))
