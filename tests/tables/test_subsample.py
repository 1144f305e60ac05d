import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretune.tables.subsample import allocate, nested_rows, stable_seed, subsample_rows

CLASS_COUNTS = st.lists(st.integers(1, 60), min_size=2, max_size=8)


def labels_of(counts: list[int], seed: int = 0) -> pd.Series:
    labels = np.repeat([f"class {i}" for i in range(len(counts))], counts)
    return pd.Series(pd.Categorical(np.random.default_rng(seed).permutation(labels)))


@given(CLASS_COUNTS, st.integers(5, 200), st.integers(2, 10), st.integers(0, 1_000))
def test_classes_keep_their_floor_and_share(
    counts: list[int], max_rows: int, min_class_rows: int, seed: int
) -> None:
    y = labels_of(counts, seed)
    rows = subsample_rows(y, max_rows, min_class_rows, seed, "task")
    kept = y.iloc[rows].value_counts()
    floors = {f"class {i}": min(count, min_class_rows) for i, count in enumerate(counts)}
    sizes = {f"class {i}": count for i, count in enumerate(counts)}
    assert all(floors[name] <= kept[name] <= sizes[name] for name in sizes)
    assert len(rows) == min(len(y), max(max_rows, sum(floors.values())))
    assert (np.diff(rows) > 0).all()


@given(CLASS_COUNTS, st.data())
def test_allocation_is_proportional_where_floors_allow(counts: list[int], data: st.DataObject) -> None:
    sizes = np.array(counts)
    total = data.draw(st.integers(1, int(sizes.sum())))
    shares = allocate(sizes, total, np.zeros_like(sizes))
    assert shares.sum() == total
    assert (np.abs(shares - sizes * total / sizes.sum()) < 1).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(1, 100), st.integers(0, 99))
def test_regression_sample_is_spread_over_ten_quantiles(
    values: list[float], max_rows: int, seed: int
) -> None:
    y = pd.Series(values, dtype=float)
    rows = subsample_rows(y, max_rows, 20, seed, "task")
    assert len(rows) == min(len(y), max_rows)
    assert (np.diff(rows) > 0).all()
    ranks = y.rank(method="first").to_numpy().astype(int) - 1
    sizes = np.bincount(ranks * 10 // len(y))
    kept = np.bincount(ranks[rows] * 10 // len(y), minlength=len(sizes))
    assert (np.abs(kept - sizes * len(rows) / len(y)) < 1).all()


def test_every_tenth_of_a_regression_target_gets_its_share() -> None:
    rows = subsample_rows(pd.Series(np.arange(200.0)), 100, 5, 0, "task")
    assert np.bincount(rows // 20).tolist() == [10] * 10


def test_same_seed_and_task_give_the_same_rows_and_others_do_not() -> None:
    y = labels_of([200, 100])
    rows = subsample_rows(y, 60, 5, 1, "iris")
    np.testing.assert_array_equal(rows, subsample_rows(y, 60, 5, 1, "iris"))
    assert not np.array_equal(rows, subsample_rows(y, 60, 5, 2, "iris"))
    assert not np.array_equal(rows, subsample_rows(y, 60, 5, 1, "wine"))


def test_small_task_is_left_alone() -> None:
    np.testing.assert_array_equal(subsample_rows(labels_of([5, 5]), 10, 5, 0, "task"), np.arange(10))


def test_categories_without_rows_do_not_matter() -> None:
    y = labels_of([30, 30])
    wider = y.cat.set_categories(["class 1", "nobody", "class 0"])
    assert y.iloc[subsample_rows(wider, 20, 5, 0, "task")].value_counts().tolist() == [10, 10]


@pytest.mark.parametrize(("task_id", "seed"), [("iris", 1_197_550_385), ("wine", 851_771_117)])
def test_stable_seed_is_pinned(task_id: str, seed: int) -> None:
    assert stable_seed(task_id) == seed


@given(CLASS_COUNTS, st.integers(2, 10), st.integers(0, 1_000))
def test_nested_samples_hold_the_smaller_ones_with_every_class(
    counts: list[int], min_class_rows: int, seed: int
) -> None:
    y = labels_of(counts, seed)
    sizes = [len(y) // 4, len(y) // 2, len(y)]
    samples = nested_rows(y, sizes, min_class_rows, seed, "task")
    floors = {f"class {i}": min(count, min_class_rows) for i, count in enumerate(counts)}
    smaller: set[int] = set()
    for size in sizes:
        rows = samples[size]
        assert smaller <= set(rows)
        smaller = set(rows)
        assert len(rows) == max(size, sum(floors.values()))
        assert (np.diff(rows) > 0).all()
        kept = y.iloc[rows].value_counts()
        assert all(kept[name] >= floor for name, floor in floors.items())
    assert samples[sizes[-1]].tolist() == list(range(len(y)))


@given(CLASS_COUNTS, st.integers(0, 1_000), st.data())
def test_nested_samples_have_the_shares_of_the_classes(
    counts: list[int], seed: int, data: st.DataObject
) -> None:
    y = labels_of(counts, seed)
    size = data.draw(st.integers(1, len(y)))
    rows = nested_rows(y, [size], 0, seed, "task")[size]
    kept = np.bincount(y.iloc[rows].cat.codes, minlength=len(counts))
    # Half a row of each class is rounded
    assert (np.abs(kept - np.array(counts) * size / len(y)) <= 0.5 + len(counts) / 2).all()


def test_nested_samples_of_numbers_are_spread_over_ten_quantiles() -> None:
    y = pd.Series(np.random.default_rng(0).permutation(np.arange(2_000.0)))
    for size, rows in nested_rows(y, [100, 300, 1_000], 5, 0, "task").items():
        per_tenth = np.bincount((y.iloc[rows] // 200).astype(int), minlength=10)
        assert per_tenth.tolist() == [size // 10] * 10


def test_a_nested_sample_depends_on_seed_and_task_but_not_on_the_other_sizes() -> None:
    y = labels_of([200, 100])
    alone = nested_rows(y, [60], 5, 1, "task")[60]
    with_others = nested_rows(y, [30, 60, 120], 5, 1, "task")[60]
    assert alone.tolist() == with_others.tolist()
    for seed, task_id in ((2, "task"), (1, "other")):
        assert nested_rows(y, [60], 5, seed, task_id)[60].tolist() != alone.tolist()


@pytest.mark.parametrize("kind", ["category", "float64"])
def test_nested_samples_begin_with_the_sample_of_a_thousand_rows(kind: str) -> None:
    rng = np.random.default_rng(0)
    values = (
        rng.choice(["a", "b", "c"], 4000, p=[0.7, 0.25, 0.05]) if kind == "category" else rng.random(4000)
    )
    y = pd.Series(values, dtype=kind)
    samples = nested_rows(y, [300, 1000, 2000], 3, 0, "task")
    np.testing.assert_array_equal(samples[1000], subsample_rows(y, 1000, 3, 0, "task"))
    assert set(samples[300]) < set(samples[1000]) < set(samples[2000])
