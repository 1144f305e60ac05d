from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from foretune.recommendation.core.new_table import TableError, read_table

N = 30
NUMBERS = np.arange(float(N))
CLASSES = np.arange(N) % 2


def test_any_columns_become_numbers_and_categories() -> None:
    X = pd.DataFrame(
        {
            0: NUMBERS,
            "text": ["a", "b", None] * 10,
            "when": pd.date_range("2024-01-01", periods=N),
            "yes": CLASSES == 1,
            "kind": pd.Categorical(["x", "y"] * 15),
            "target": NUMBERS[::-1],
            "y": NUMBERS,
        }
    )
    new_task = read_table(X, CLASSES)
    dtypes = new_task.task.X.dtypes.astype(str).to_dict()
    assert dtypes["text"] == dtypes["kind"] == "category"
    assert {dtypes[name] for name in ("0", "when", "y")} == {"float64"}
    assert dtypes["yes"] == "int64"
    assert "target_" in dtypes
    assert new_task.task.task_type == "classification"
    assert new_task.notes == ()


def test_what_is_left_out_is_noted() -> None:
    y = pd.Series(CLASSES.astype(float))
    y[:4] = np.nan
    y[29] = 7
    new_task = read_table(pd.DataFrame({"a": NUMBERS, "b": np.nan}), y)
    assert list(new_task.task.X) == ["a"]
    assert len(new_task.task.y) == N - 5
    assert new_task.smallest_class == 12
    assert [note.split(" ")[0] for note in new_task.notes] == ["4", "columns", "1"]


def test_a_large_table_is_sampled_over_its_classes() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5_000, 3)), (rng.random(5_000) < 0.02).astype(int)
    one, again = (read_table(X, y, max_rows=200) for _ in range(2))
    pd.testing.assert_frame_equal(one.task.X, again.task.X)
    assert one.n_rows == 5_000
    assert len(one.task.y) == 200
    assert one.smallest_class >= 2
    assert "200 of 5,000 rows are looked at, spread over classes" in one.notes[0]


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (NUMBERS[:, None], CLASSES[:-1], "X has 30 rows but y has 29"),
        (np.full((N, 1), np.nan), CLASSES, "no feature has a value"),
        (np.where(NUMBERS == 3, np.inf, NUMBERS)[:, None], CLASSES, "non-finite numbers in columns 'x0'"),
        (NUMBERS[:, None], np.zeros(N), "one class only"),
        (NUMBERS[:1, None], CLASSES[:1], "n_samples = 1, at least 2 are needed"),
        (NUMBERS, CLASSES, "X must have two dimensions"),
        (np.zeros((N, 2, 2)), CLASSES, "X must have two dimensions"),
        (sparse.csr_matrix(NUMBERS[:, None]), CLASSES, "X is sparse"),
        (
            pd.DataFrame(np.zeros((N, 2)), columns=["a", "a"]),
            CLASSES,
            "duplicate column names 'a'",
        ),
        (NUMBERS[:, None], np.zeros((N, 2)), "y must have one dimension"),
    ],
)
def test_what_cannot_be_read_is_one_line(X: object, y: object, message: str) -> None:
    with pytest.raises(TableError, match=message):
        read_table(X, y)


def test_five_rows_are_enough_to_be_read() -> None:
    new_task = read_table(NUMBERS[:5, None], np.array(["a", "b", "a", "b", "a"])[:, None])
    assert new_task.smallest_class == 2
