"""What must hold for every task, tried on random tables of every kind of column."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foretune.metafeatures import MetafeatureExtractor
from foretune.metafeatures.parameters import GROUP_NAMES
from foretune.tasks.task import Task

if TYPE_CHECKING:
    from foretune.base.parameters import TaskType

Maker = Callable[[np.random.Generator, int], object]

COLUMNS: dict[str, Maker] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "whole": lambda rng, n: rng.integers(0, 4, n),
    "zero_one": lambda rng, n: rng.integers(0, 2, n),
    "constant": lambda rng, n: np.full(n, 0.1),
    "empty": lambda rng, n: np.full(n, np.nan),
    "holes": lambda rng, n: np.where(rng.random(n) < 0.5, np.nan, rng.normal(size=n)),
    "single": lambda rng, n: np.where(np.arange(n) == 1, 1.0, np.nan),
    "huge": lambda rng, n: rng.normal(size=n) * 1e300,
    "tiny": lambda rng, n: rng.normal(size=n) * 1e-305,
    "heavy": lambda rng, n: rng.standard_cauchy(n) ** 5,
    "far": lambda rng, n: 1e9 + rng.normal(size=n) * 1e-6,
    "mostly_zero": lambda rng, n: np.where(rng.random(n) < 0.9, 0.0, rng.normal(size=n)),
    "nullable": lambda rng, n: pd.array(rng.integers(0, 9, n), dtype="Int64"),
    "float32": lambda rng, n: rng.normal(size=n).astype(np.float32),
    "date": lambda rng, n: pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 999, n), unit="D"),
    "flag": lambda rng, n: rng.random(n) < 0.5,
    "colour": lambda rng, n: pd.Categorical(rng.choice(np.array(["r", "g", "b", None]), n), list("rgb")),
    "key": lambda rng, n: pd.Categorical([f"k{i}" for i in range(n)]),
    "no_category": lambda rng, n: pd.Categorical([None] * n, categories=["a"]),
    "one_category": lambda rng, n: pd.Categorical(["a"] * n, categories=["a", "b"]),
    "text": lambda rng, n: rng.choice(["x", "y", "z"], n),
    "sparse": lambda rng, n: pd.arrays.SparseArray(np.where(rng.random(n) < 0.9, 0.0, 1.5)),
    "arrow": lambda rng, n: pd.array(rng.normal(size=n), dtype="double[pyarrow]"),
    "arrow_text": lambda rng, n: pd.array(rng.choice(["x", "y", None], n), dtype="string[pyarrow]"),
    "arrow_flag": lambda rng, n: pd.array(rng.choice([True, False, None], n), dtype="bool[pyarrow]"),
    "nullable_flag": lambda rng, n: pd.array(rng.choice([True, False, None], n), dtype="boolean"),
    "zone": lambda rng, n: pd.to_datetime(rng.integers(0, 10**9, n), unit="s", utc=True),
    "month": lambda rng, n: pd.date_range("2020", periods=n, freq="MS").to_period("M"),
    "interval": lambda rng, n: pd.cut(rng.random(n), 3),
    "lists": lambda rng, n: pd.Series([[int(k)] for k in rng.integers(0, 3, n)]),
    "infinite": lambda rng, n: np.where(rng.random(n) < 0.3, np.inf, rng.normal(size=n)),
}


@st.composite
def tasks(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(COLUMNS), types: tuple[TaskType, ...] = ()) -> Task:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(4, 40))
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=8))
    X = pd.DataFrame({f"{kind}_{i}": COLUMNS[kind](rng, n) for i, kind in enumerate(chosen)})
    task_type = draw(st.sampled_from(types or ("classification", "regression")))
    if task_type == "classification":
        classes = rng.integers(0, draw(st.integers(2, n)), n)
        classes[:2] = [0, 1]
        return Task("random", task_type, X, pd.Series(classes, name="target").astype("category"))
    kind = draw(st.sampled_from(["normal", "whole", "huge", "tiny", "heavy", "mostly_zero", "far"]))
    y = np.asarray(COLUMNS[kind](rng, n), dtype=float)
    y[:2] = [0.0, 1.0] if kind != "tiny" else y[:2]
    # Targets whose squares overflow are refused
    y *= 1e-160 if np.abs(y).max() > 1e150 else 1.0
    return Task("random", task_type, X, pd.Series(y, name="target"))


FAST = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Caps that bite, for all groups that have any
SMALL = {name: {"max_rows": 20, "max_columns": 5} for name in GROUP_NAMES[4:]}
# Those that read the whole table sum its numbers in the order in which they stand
WHOLE = list(GROUP_NAMES[:4])
SAMPLED = list(GROUP_NAMES[4:])


@FAST
@given(tasks())
def test_never_fails_never_infinite_always_every_value(task: Task) -> None:
    extractor = MetafeatureExtractor(caps=SMALL)
    extraction = extractor.extract_with_costs([task])
    assert extraction.failures.empty, extraction.failures["error"].tolist()
    values = extraction.values.drop(columns="task_id").iloc[0]
    assert list(values.index) == extractor.columns([task.task_type])
    assert not np.isinf(values).any()
    for group in extractor.groups:
        for entry in group.entries:
            for key in set(entry.keys).intersection(group.keys([task.task_type])):
                low, high = entry.bounds(key)
                value = values[f"{group.name}.{key}"]
                assert np.isnan(value) or low - 1e-9 <= value <= high + 1e-9, key


@pytest.mark.slow
@FAST
@given(tasks(), st.randoms(use_true_random=False))
def test_order_of_rows_and_columns_is_irrelevant(task: Task, random: object) -> None:
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    rows, columns = rng.permutation(len(task.X)), rng.permutation(task.X.shape[1])
    shuffled = task.X.iloc[rows, columns], task.y.iloc[rows], task.task_type
    for groups, caps, exact in ((WHOLE, {}, False), (SAMPLED, {}, True), (SAMPLED, SMALL, True)):
        extractor = MetafeatureExtractor(groups=groups, caps=caps)
        original = extractor.extract(task.X, task.y, task.task_type)
        other = extractor.extract(*shuffled)
        pd.testing.assert_series_equal(original, other, check_exact=exact, rtol=1e-6, atol=1e-9)


@FAST
@given(tasks(kinds=("normal", "holes", "zero_one", "colour", "flag")), st.floats(1e-3, 1e3), st.floats(-5, 5))
def test_units_of_columns_are_irrelevant(task: Task, scale: float, shift: float) -> None:
    extractor = MetafeatureExtractor(groups=["missingness", "statistical", "information", "pca"])
    numeric = task.X.select_dtypes("number").columns
    rescaled = task.X.assign(**{name: task.X[name] * scale + shift for name in numeric})
    original = extractor.extract(task.X, task.y, task.task_type)
    other = extractor.extract(rescaled, task.y, task.task_type)
    pd.testing.assert_series_equal(original, other, rtol=1e-6, atol=1e-8)


@pytest.mark.slow
@FAST
@given(tasks(), st.integers(-60, 60))
def test_powers_of_two_change_nothing_at_all(task: Task, exponent: int) -> None:
    extractor = MetafeatureExtractor(groups=["missingness", "cardinality", *SAMPLED])
    scaled = [name for name in task.X.columns if name.startswith(("normal", "holes", "heavy", "constant"))]
    rescaled = task.X.assign(**{name: task.X[name] * 2.0**exponent for name in scaled})
    original = extractor.extract(task.X, task.y, task.task_type)
    other = extractor.extract(rescaled, task.y, task.task_type)
    pd.testing.assert_series_equal(original, other, check_exact=True)


@pytest.mark.slow
@FAST
@given(tasks())
def test_the_same_seed_gives_the_same_bits(task: Task) -> None:
    first = MetafeatureExtractor(caps=SMALL, random_state=7).extract_many([task])
    second = MetafeatureExtractor(caps=SMALL, random_state=7).extract_many([task])
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("n_classes", [2, 100, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("rows_per_class", [1, 2])
def test_many_classes(n_classes: int, rows_per_class: int) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(rows_per_class * n_classes, 4)))
    y = pd.Series(np.arange(len(X)) % n_classes).astype("category")
    extraction = MetafeatureExtractor().extract_with_costs([Task("classes", "classification", X, y)])
    assert extraction.failures.empty


def test_one_class_with_a_single_row() -> None:
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(200, 4)))
    y = pd.Series(["common"] * 199 + ["rare"])
    extraction = MetafeatureExtractor().extract_with_costs([Task("rare", "classification", X, y)])
    assert extraction.failures.empty
    values = extraction.values.iloc[0]
    assert values["target.minority_share"] == 1 / 200
    assert values["complexity.intra_extra_ratio.mean"] > 0


@pytest.mark.parametrize("n_rows", [1, 2, 3])
@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_few_rows(n_rows: int, task_type: TaskType) -> None:
    X = pd.DataFrame({"x": np.arange(n_rows) + 0.5, "c": pd.Categorical(list("abc")[:n_rows])})
    y = pd.Series(np.arange(float(n_rows)))
    task = Task("few", task_type, X, y.astype("category") if task_type == "classification" else y)
    assert MetafeatureExtractor().extract_with_costs([task]).failures.empty


def test_values_of_a_real_task_are_nearly_all_defined(real_tasks: dict[str, Task]) -> None:
    # NaN is for what is undefined: four numeric columns have no categories, and no more than that
    values = MetafeatureExtractor().extract(real_tasks["iris"].X, real_tasks["iris"].y)
    undefined = set(values.index[values.isna()])
    assert undefined == {f"cardinality.log_n_categories.{summary}" for summary in ("mean", "sd", "max")}
