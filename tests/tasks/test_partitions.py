from __future__ import annotations

import pandas as pd
import pytest

from foretune.tasks.partitions import read_partitions

FRAME = pd.DataFrame({"x": [1.0, 2.0], "target": [3.0, 4.0]})
CATALOGUE = pd.DataFrame({"task_id": ["a", "b"], "task_type": ["regression", "regression"]})


def test_functions_from_disk_and_frames_from_memory_are_the_same() -> None:
    tasks = read_partitions({"a": FRAME, "b": lambda: FRAME}, CATALOGUE)
    for task in tasks.values():
        pd.testing.assert_frame_equal(task.to_frame(), FRAME)
        assert task.task_type == "regression"


def test_partitions_of_an_earlier_run_are_passed_over() -> None:
    tasks = read_partitions({"a": FRAME, "b": FRAME, "old": FRAME}, CATALOGUE)
    assert sorted(tasks) == ["a", "b"]


def test_a_missing_partition_says_what_to_run() -> None:
    with pytest.raises(ValueError, match="1 tasks have no partition, first 'b': run the pipeline task_gen"):
        read_partitions({"a": FRAME}, CATALOGUE)
