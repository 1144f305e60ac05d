from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.logs.shared_design import hash_columns, recurrence, sum_hashes

NAN = float("nan")


def _hash(frame: pd.DataFrame) -> np.ndarray:
    return sum_hashes(hash_columns(frame).values(), len(frame))


def test_rows_are_equal_if_their_cells_are() -> None:
    frame = pd.DataFrame({"a": [1.0, 1.0 + 1e-14, NAN, NAN, 2.0], "b": ["x", "x", "x", "x", "y"]})
    first, second, third, fourth, fifth = _hash(frame)
    assert first == second
    assert third == fourth
    assert len({first, third, fifth}) == 3


def test_values_do_not_change_places() -> None:
    # The same values in other columns are another configuration
    first, second = _hash(pd.DataFrame({"a": [1.0, 2.0], "b": [2.0, 1.0]}))
    assert first != second


def test_the_order_of_rows_and_columns_makes_no_difference() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"b": rng.choice(list("xyz"), 50), "a": rng.normal(size=50)})
    np.testing.assert_array_equal(_hash(frame)[::-1], _hash(frame.iloc[::-1, ::-1]))


def test_a_column_can_be_taken_out_of_a_sum() -> None:
    frame = pd.DataFrame({"a": np.arange(9.0), "b": np.arange(9.0) % 2})
    hashes = hash_columns(frame)
    np.testing.assert_array_equal(_hash(frame) - hashes["a"], hashes["b"])
    np.testing.assert_array_equal(sum_hashes([], 3), np.zeros(3, dtype=np.uint64))


def test_what_all_tasks_have_tried_is_a_design() -> None:
    design = np.tile(np.arange(8, dtype=np.uint64), 3)
    tasks = np.repeat(np.arange(3), 8)
    found = recurrence(design, tasks)
    assert found.share_elsewhere == 1
    # Three pairs of tasks, eight configurations
    assert found.n_equal == 24
    assert found.is_design


def test_rows_that_recur_in_part_are_counted() -> None:
    found = recurrence(np.array([1, 2, 3, 1, 4, 4], dtype=np.uint64), np.array([0, 0, 0, 1, 1, 1]))
    assert found.share_elsewhere == pytest.approx(2 / 6)
    assert found.n_equal == 1
    assert not found.is_design


@pytest.mark.parametrize("n_values", [2, 5, 20])
def test_draws_of_each_task_by_itself_are_no_design(n_values: int) -> None:
    rng = np.random.default_rng(n_values)
    draws = rng.integers(0, n_values, size=400).astype(np.uint64)
    found = recurrence(draws, np.repeat(np.arange(8), 50))
    assert found.share_elsewhere > 0.9
    assert not found.is_design


@pytest.mark.parametrize("tasks", [[0, 0, 0, 0], [0, 1, 2, 3], []])
def test_one_task_or_one_trial_of_each_is_no_design(tasks: list[int]) -> None:
    found = recurrence(np.ones(len(tasks), dtype=np.uint64), np.array(tasks, dtype=np.intp))
    assert not found.is_design
