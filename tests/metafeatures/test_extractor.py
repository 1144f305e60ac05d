from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from pydantic import ValidationError

from foretune.metafeatures import (
    Caps,
    Metafeature,
    MetafeatureCache,
    MetafeatureExtractor,
    MetafeatureFailureWarning,
    MetafeatureGroup,
    TaskDescription,
    extractor,
    register_metafeatures,
)
from foretune.metafeatures.extraction import run_group
from foretune.tasks.task import Task

if TYPE_CHECKING:
    from foretune.base.parameters import TaskType


@pytest.fixture
def fragile(clean_registry: None) -> MetafeatureGroup:
    # A local function travels to the workers by value, as one from a notebook does
    def compute(task: TaskDescription) -> dict[str, float]:
        if task.n_features == 4:
            raise RuntimeError("four columns are unlucky")
        return {"value": 1.0}

    return register_metafeatures(MetafeatureGroup("custom", compute, (Metafeature("value", "1"),)))


@pytest.mark.parametrize("task_type", ["classification", "regression"])
def test_enough_values(task_type: TaskType) -> None:
    columns = MetafeatureExtractor().columns([task_type])
    assert len(columns) >= {"classification": 100, "regression": 80}[task_type]
    assert len(set(columns)) == len(columns)


def test_values_of_real_tasks_lie_in_their_ranges(real_tasks: dict[str, Task]) -> None:
    extractor_ = MetafeatureExtractor()
    extraction = extractor_.extract_with_costs(real_tasks)
    assert extraction.failures.empty
    for group in extractor_.groups:
        for entry in group.entries:
            for key in entry.keys:
                low, high = entry.bounds(key)
                values = extraction.values[f"{group.name}.{key}"].dropna()
                assert values.between(low - 1e-12, high + 1e-12).all(), key


def test_one_row_per_task_sorted_with_every_column(real_tasks: dict[str, Task]) -> None:
    extractor_ = MetafeatureExtractor()
    table = extractor_.extract_many(reversed(list(real_tasks.values())))
    assert list(table.columns) == ["task_id", *extractor_.columns()]
    assert list(table["task_id"]) == ["breast_cancer", "diabetes", "iris", "wine"]
    assert (table.dtypes.iloc[1:] == np.float64).all()
    rows = table.set_index("task_id")
    assert rows.loc["iris", "target.majority_share"] == pytest.approx(1 / 3)
    assert rows["target.majority_share"].isna()["diabetes"]
    assert rows["target.skewness"].isna()["iris"]


def test_columns_are_those_of_the_task_types_present(real_tasks: dict[str, Task]) -> None:
    extractor_ = MetafeatureExtractor(groups=["target"])
    table = extractor_.extract_many([real_tasks["iris"]])
    assert list(table.columns) == ["task_id", *extractor_.columns(["classification"])]
    assert list(extractor_.extract_many([]).columns) == ["task_id", *extractor_.columns()]


def test_one_task_alone_has_the_same_values(real_tasks: dict[str, Task]) -> None:
    extractor_ = MetafeatureExtractor()
    columns = extractor_.extract_many(real_tasks).set_index("task_id").T
    for name, task in real_tasks.items():
        values = extractor_.extract(task.X, task.y, task.task_type)
        row = columns[name].reindex(values.index).rename(None)
        pd.testing.assert_series_equal(values, row, check_exact=True)


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_table(
    real_tasks: dict[str, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractor, "_PARALLEL_PAYS_SECONDS", 0.0)
    small = MetafeatureExtractor(caps={"landmarking": {"max_rows": 200}, "pca": {"max_columns": 3}})
    alone = small.extract_many(real_tasks)
    shuffled = {name: real_tasks[name] for name in reversed(list(real_tasks))}
    pd.testing.assert_frame_equal(small.extract_many(shuffled, n_workers=2), alone, check_exact=True)
    with parallel_config(backend="threading"):
        pd.testing.assert_frame_equal(small.extract_many(real_tasks, n_workers=2), alone, check_exact=True)


def test_large_tables_are_the_same_in_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a megabyte on joblib hands them over as memory that can only be read."""
    monkeypatch.setattr("foretune.metafeatures.extractor._PARALLEL_PAYS_SECONDS", 0.0)
    rng = np.random.default_rng(0)
    features = pd.DataFrame(rng.normal(size=(260, 600)), columns=[f"x{at}" for at in range(600)])
    target = pd.Series(rng.integers(0, 2, 260)).astype("category")
    tasks = {name: Task(name, "classification", features, target) for name in ("first", "second")}
    extractor = MetafeatureExtractor(groups=["simple", "missingness"])
    one, two = (extractor.extract_with_costs(tasks, n) for n in (1, 2))
    assert two.failures.empty
    pd.testing.assert_frame_equal(one.values, two.values, check_exact=True)


@pytest.mark.usefixtures("fragile")
def test_a_failing_group_becomes_a_row(real_tasks: dict[str, Task], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "_PARALLEL_PAYS_SECONDS", 0.0)
    extraction = MetafeatureExtractor(groups=["simple", "custom"]).extract_with_costs(real_tasks, n_workers=2)
    assert extraction.failures.to_dict("records") == [
        {"task_id": "iris", "group": "custom", "error": "RuntimeError: four columns are unlucky"}
    ]
    assert extraction.describe_failures() == (
        "1 groups failed on 1 tasks (iris), their values are missing; the first, custom: RuntimeError: four "
        "columns are unlucky"
    )
    values = extraction.values.set_index("task_id")
    assert values["custom.value"].isna()["iris"]
    assert values.loc["wine", "custom.value"] == 1
    assert not values["simple.log_n_rows"].isna()["iris"]


@pytest.mark.usefixtures("fragile")
def test_a_failing_group_warns_when_extracted_alone(real_tasks: dict[str, Task]) -> None:
    extractor_ = MetafeatureExtractor(groups=["custom"])
    with pytest.warns(MetafeatureFailureWarning, match="'custom' failed: RuntimeError: four columns"):
        values = extractor_.extract(real_tasks["iris"].X, real_tasks["iris"].y)
    assert np.isnan(values["custom.value"])


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"value": math.inf}, "infinite values for"),
        ({"value": 1.0, "more": 2.0}, "more"),
        ({}, "value"),
    ],
)
@pytest.mark.usefixtures("clean_registry")
def test_a_group_must_keep_its_promise(
    small_regression: Task, returned: dict[str, float], message: str
) -> None:
    register_metafeatures(MetafeatureGroup("custom", lambda _: returned, (Metafeature("value", "1"),)))
    extraction = MetafeatureExtractor(groups=["custom"]).extract_with_costs([small_regression])
    assert message in extraction.failures["error"].item()
    assert np.isnan(extraction.values["custom.value"].item())


def test_a_task_that_cannot_be_described_is_a_row_of_failures(small_regression: Task) -> None:
    broken = replace(small_regression, task_id="broken", y=pd.Series([1.0]))
    extractor_ = MetafeatureExtractor(groups=["simple", "target"])
    extraction = extractor_.extract_with_costs([small_regression, broken])
    assert extraction.failures["group"].tolist() == ["simple", "target"]
    assert extraction.failures["error"].unique().tolist() == ["TableError: X has 4 rows but y has 1"]
    assert extraction.values.set_index("task_id").loc["broken"].isna().all()
    assert extractor_.extract_many([broken]).shape == (1, 1 + len(extractor_.columns(["regression"])))


def test_costs_tell_what_was_read() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(500, 6)), columns=list("abcdef"))
    task = Task("big", "regression", X, X["a"] + X["b"])
    caps = {"statistical": {"max_rows": 200}, "landmarking": Caps(max_rows=100, max_columns=3)}
    extractor_ = MetafeatureExtractor(["simple", "statistical", "landmarking"], caps=caps)
    costs = extractor_.extract_with_costs([task]).costs
    assert list(costs.columns) == ["task_id", "group", "seconds", "n_rows", "n_columns"]
    read = costs.set_index("group")[["n_rows", "n_columns"]].T.to_dict("list")
    assert read == {"simple": [500, 6], "statistical": [200, 6], "landmarking": [100, 3]}
    assert (costs["seconds"] >= 0).all()
    alone = extractor_.extract(task.X, task.y)
    assert alone.attrs["read"] == read


@pytest.fixture
def slow(clean_registry: None) -> MetafeatureGroup:
    def compute(task: TaskDescription) -> dict[str, float]:
        while task.n_features == 4:
            pass
        return {"value": 1.0}

    return register_metafeatures(MetafeatureGroup("custom", compute, (Metafeature("value", "1"),)))


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_group_over_its_time_is_missing_and_the_run_goes_on(
    real_tasks: dict[str, Task], n_workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractor, "_PARALLEL_PAYS_SECONDS", 0.0)
    limited = MetafeatureExtractor(["custom", "target"], caps={"custom": {"max_seconds": 0.2}})
    extraction = limited.extract_with_costs(real_tasks, n_workers=n_workers)
    assert extraction.failures.to_dict("records") == [
        {"task_id": "iris", "group": "custom", "error": "TimeLimitExceeded: stopped after 0.2 seconds"}
    ]
    values = extraction.values.set_index("task_id")
    assert values["custom.value"].isna().to_dict() == {name: name == "iris" for name in sorted(real_tasks)}
    assert values["target.majority_share"].notna()["iris"]


def test_the_settings_travel_with_the_values(real_tasks: dict[str, Task], tmp_path: Path) -> None:
    task = real_tasks["breast_cancer"]
    made_by = MetafeatureExtractor(
        ["pca", "landmarking"], caps={"landmarking": {"max_rows": 150}}, n_folds=4, random_state=5
    )
    table = made_by.extract_many([task])
    table.to_parquet(tmp_path / "values.parquet")
    settings = pd.read_parquet(tmp_path / "values.parquet").attrs["metafeature_settings"]
    again = MetafeatureExtractor.from_settings(settings)
    assert again.settings() == made_by.settings()
    values = again.extract(task.X, task.y)
    np.testing.assert_array_equal(values, table.drop(columns="task_id").iloc[0])
    assert values.attrs["metafeature_settings"] == settings
    assert (MetafeatureExtractor(["landmarking"]).extract(task.X, task.y) != values[10:]).any()


def test_what_is_known_is_not_computed_again(
    real_tasks: dict[str, Task], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = MetafeatureCache(tmp_path / "cache.sqlite")
    some = MetafeatureExtractor(["target", "pca"])
    first = some.extract_with_costs(real_tasks, cache=cache)
    assert first.n_known == 0
    calls: list[str] = []

    def counting(group: MetafeatureGroup, *arguments: Any) -> Any:
        calls.append(group.name)
        return run_group(group, *arguments)

    monkeypatch.setattr(extractor, "run_group", counting)
    # Another name is not another content
    renamed = {f"my_{name}": task for name, task in real_tasks.items()}
    second = some.extract_with_costs(renamed, cache=cache)
    assert (calls, second.n_known) == ([], 8)
    pd.testing.assert_frame_equal(second.values.iloc[:, 1:], first.values.iloc[:, 1:], check_exact=True)
    pd.testing.assert_frame_equal(second.costs.iloc[:, 1:], first.costs.iloc[:, 1:])
    # Whatever changes a value changes the key; what does not, does not
    MetafeatureExtractor(["target", "pca"], caps={"pca": {"max_seconds": 9}}).extract_many(
        real_tasks, cache=cache
    )
    assert calls == []
    MetafeatureExtractor(["target", "pca"], caps={"pca": {"max_rows": 90}}).extract_many(
        real_tasks, cache=cache
    )
    assert calls == ["pca"] * 4
    MetafeatureExtractor(["target", "pca"], random_state=1).extract_many(real_tasks, cache=cache)
    assert calls[4:] == ["target", "pca"] * 4


@pytest.mark.usefixtures("fragile")
def test_failures_and_groups_without_a_version_are_tried_again(
    real_tasks: dict[str, Task], tmp_path: Path
) -> None:
    cache = MetafeatureCache(tmp_path / "cache.sqlite")
    for _ in range(2):
        extraction = MetafeatureExtractor(["custom"]).extract_with_costs(real_tasks, cache=cache)
        assert extraction.n_known == 0
        assert extraction.failures["task_id"].tolist() == ["iris"]


def test_pairs_of_features_and_target_are_tasks(small_regression: Task) -> None:
    X = pd.DataFrame({"size": np.arange(40.0) ** 2, "colour": ["red", "blue", None, "red"] * 10})
    y = pd.Series(["yes", "no"] * 20)
    chosen = MetafeatureExtractor(groups=["simple", "statistical"])
    many = chosen.extract_many(
        {"mine": (X, y), "array": [np.ones((30, 2)), np.arange(30.0)], "known": small_regression}
    )
    many = many.set_index("task_id")
    assert list(many.index) == ["array", "known", "mine"]
    for name, table in {"mine": (X, y), "array": (np.ones((30, 2)), np.arange(30.0))}.items():
        alone = chosen.extract(*table)
        pd.testing.assert_series_equal(many.loc[name, alone.index], alone, check_names=False)
    with pytest.raises(ValueError, match="task 'bad': X has 3 rows but y has 2"):
        chosen.extract_many({"bad": (np.ones((3, 1)), [1, 2])})
    with pytest.raises(ValueError, match=r"task 'bad' is a DataFrame: give a pair \(X, y\)"):
        chosen.extract_many({"bad": cast("Any", X)})


def test_progress_is_told(real_tasks: dict[str, Task]) -> None:
    told: list[tuple[str, int, int]] = []
    MetafeatureExtractor(groups=["target"]).extract_many(
        real_tasks, on_progress=lambda name, done, total: told.append((name, done, total))
    )
    assert sorted(name for name, _, _ in told) == sorted(real_tasks)
    assert [(done, total) for _, done, total in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_numpy_and_lists_are_accepted(real_tasks: dict[str, Task]) -> None:
    task = real_tasks["iris"]
    extractor_ = MetafeatureExtractor()
    from_pandas = extractor_.extract(task.X.set_axis(["x0", "x1", "x2", "x3"], axis=1), task.y)
    from_numpy = extractor_.extract(task.X.to_numpy(), task.y.to_numpy())
    pd.testing.assert_series_equal(from_numpy, from_pandas)
    mixed = np.array([[1.0, "a"], [2.0, "b"], [3.0, "a"], [4.0, "b"]], dtype=object)
    values = MetafeatureExtractor(groups=["simple"]).extract(mixed, [1.5, 2.5, 3.5, 4.5])
    assert values["simple.share_categorical"] == 0.5


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1.0], [2.0]], [1.0], "X has 2 rows but y has 1"),
        ([1.0, 2.0], [1.0, 2.0], "two dimensions"),
        (np.empty((0, 2)), [], "without rows"),
        ([[1.0], [2.0]], [1.5, None], "1 missing values"),
        ([[1.0], [2.0]], [1.5, np.inf], "finite"),
    ],
)
def test_wrong_tables_are_refused(X: object, y: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MetafeatureExtractor().extract(np.asarray(X), np.asarray(y, dtype=float))


def test_wrong_arguments_are_refused(small_regression: Task) -> None:
    with pytest.raises(ValueError, match="unknown metafeature group"):
        MetafeatureExtractor(groups=["nothing"])
    with pytest.raises(ValueError, match="random_state must not be negative"):
        MetafeatureExtractor(random_state=-1)
    with pytest.raises(ValidationError, match="max_rows"):
        MetafeatureExtractor(caps={"pca": {"max_rows": 0}})
    with pytest.raises(ValueError, match="unknown metafeature group 'nothing'"):
        MetafeatureExtractor(caps={"nothing": {"max_rows": 100}})
    with pytest.raises(ValueError, match="'ranking'"):
        MetafeatureExtractor().extract(small_regression.X, small_regression.y, "ranking")
    with pytest.raises(ValueError, match="two tasks are called 'line'"):
        MetafeatureExtractor().extract_many([small_regression, small_regression])
