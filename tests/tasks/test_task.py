import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.tables import RowSplit, SplitKind
from foretune.tasks.task import Task, content_hash

TEXTS = st.text(max_size=5)
NUMBERS = st.floats(allow_infinity=False)


def make_task(
    numbers: list[float], texts: list[str | None], labels: list[str], task_id: str = "example"
) -> Task:
    X = pd.DataFrame({"number": np.asarray(numbers, dtype=float), "text": pd.Categorical(texts)})
    return Task(task_id, "classification", X, pd.Series(pd.Categorical(labels), name="target"))


EXAMPLE = make_task([1.0, np.nan, 0.0], ["b", None, "a"], ["x", "y", "x"])


def test_to_frame_and_back() -> None:
    frame = EXAMPLE.to_frame()
    assert list(frame.columns) == ["number", "text", "target"]
    back = Task.from_frame("example", "classification", frame)
    pd.testing.assert_frame_equal(back.X, EXAMPLE.X)
    pd.testing.assert_series_equal(back.y, EXAMPLE.y)


def test_content_hash_is_pinned() -> None:
    # A new value here means that every ledger of trials forgets its tasks: never change it by accident
    assert content_hash(EXAMPLE) == "0740852e84896d345238528e6e588dafb287d09b6ece0b7ccb0de77a66dcaa3f"


def test_groups_and_times_are_part_of_the_content_and_of_the_partition() -> None:
    def split_by(kind: SplitKind, *codes: int) -> Task:
        return replace(EXAMPLE, split=RowSplit(kind, np.array(codes), "by"))

    tasks = [EXAMPLE, split_by("groups", 0, 1, 0), split_by("groups", 0, 1, 1), split_by("time", 0, 1, 0)]
    assert len(set(map(content_hash, tasks))) == len(tasks)
    for task in tasks[1:]:
        frame = task.to_frame()
        assert list(frame.columns)[-1] == "target"
        back = Task.from_frame("example", "classification", frame)
        pd.testing.assert_frame_equal(back.X, EXAMPLE.X)
        assert back.split is not None
        assert back.split.kind == task.split.kind
        assert content_hash(back) == content_hash(task)


def test_content_hash_is_the_same_in_another_process() -> None:
    code = (
        "import numpy as np, pandas as pd\n"
        "from foretune.tasks.task import Task, content_hash\n"
        "X = pd.DataFrame({'number': [1.0, np.nan, 0.0], 'text': pd.Categorical(['b', None, 'a'])})\n"
        "y = pd.Series(pd.Categorical(['x', 'y', 'x']), name='target')\n"
        "print(content_hash(Task('example', 'classification', X, y)))\n"
    )
    other = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert other.stdout.strip() == content_hash(EXAMPLE)


@given(st.lists(st.tuples(NUMBERS, st.none() | TEXTS, TEXTS), min_size=1, max_size=20))
def test_content_hash_ignores_how_values_are_stored(rows: list[tuple[float, str | None, str]]) -> None:
    numbers, texts, labels = map(list, zip(*rows, strict=True))
    task = make_task(numbers, texts, labels)
    reordered = task.X["text"].cat.set_categories([*reversed(task.X["text"].cat.categories), "unused value"])
    as_objects = task.X["text"].astype(object).astype("category")
    for column in (reordered, as_objects):
        X = task.X.assign(text=column).set_axis(range(100, 100 + len(rows)))
        y = task.y.set_axis(X.index)
        assert content_hash(Task("another name", "classification", X, y)) == content_hash(task)


@pytest.mark.slow
@given(st.lists(st.tuples(NUMBERS, TEXTS, TEXTS), min_size=2, max_size=20), st.data())
def test_content_hash_sees_every_changed_cell(
    rows: list[tuple[float, str, str]], data: st.DataObject
) -> None:
    numbers, texts, labels = map(list, zip(*rows, strict=True))
    before = content_hash(make_task(numbers, texts, labels))
    row = data.draw(st.integers(0, len(rows) - 1))
    new_number = data.draw(NUMBERS.filter(lambda value: not np.isnan(value) and value != numbers[row]))
    new_text = data.draw(TEXTS.filter(lambda value: value != texts[row]))
    assert content_hash(make_task([*numbers[:row], new_number, *numbers[row + 1 :]], texts, labels)) != before
    assert content_hash(make_task(numbers, [*texts[:row], new_text, *texts[row + 1 :]], labels)) != before
    new_label = data.draw(TEXTS.filter(lambda value: value != labels[row]))
    assert content_hash(make_task(numbers, texts, [*labels[:row], new_label, *labels[row + 1 :]])) != before


def test_content_hash_ignores_the_sign_of_zero_and_the_payload_of_nan() -> None:
    odd_nan = np.array([0x7FF8000000000123], dtype=np.uint64).view(np.float64)[0]
    twin = make_task([1.0, odd_nan, -0.0], ["b", None, "a"], ["x", "y", "x"])
    assert content_hash(twin) == content_hash(EXAMPLE)


@pytest.mark.parametrize(
    "X",
    [
        EXAMPLE.X.rename(columns={"number": "numbers"}),
        EXAMPLE.X[["text", "number"]],
        EXAMPLE.X.assign(number=pd.Categorical(["1.0", None, "0.0"])),
        EXAMPLE.X.assign(text=pd.Categorical(["b", "nan", "a"])),
        EXAMPLE.X.assign(more=0),
    ],
    ids=["name", "order", "kind", "missing", "column"],
)
def test_content_hash_sees_names_order_and_kinds(X: pd.DataFrame) -> None:
    assert content_hash(Task("example", "classification", X, EXAMPLE.y)) != content_hash(EXAMPLE)


def test_content_hash_sees_the_order_of_rows() -> None:
    order = [2, 1, 0]
    turned = Task("example", "classification", EXAMPLE.X.iloc[order], EXAMPLE.y.iloc[order])
    assert content_hash(turned) != content_hash(EXAMPLE)
