from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from foretune.commands.tasks import tasks
from foretune.tasks import count_real_families, load_catalogue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tables"
    made.mkdir()
    pd.DataFrame({"x": np.arange(9), "target": np.arange(9) / 2}).to_parquet(made / "wind.parquet")
    (made / "empty.csv").touch()
    return made


def test_the_catalogue_is_counted() -> None:
    found = CliRunner().invoke(tasks, ["count"])
    assert found.exit_code == 0
    counts = count_real_families(load_catalogue()).loc["regression"]
    assert found.output.splitlines()[1] == (
        f"regression: {counts['tables']} tables, {counts['families']} families, {counts['above_1000']} above "
        f"1,000 rows, {counts['above_4000']} above 4,000 rows, {counts['above_20000']} above 20,000 rows"
    )
    documented = (Path(__file__).parents[2] / "docs/extending.md").read_text()
    assert found.output in documented


def test_the_cache_is_filled(folder: Path, tmp_path: Path) -> None:
    arguments = ["fill-cache", str(folder), "--cache", str(tmp_path / "cache")]
    first = CliRunner().invoke(tasks, arguments)
    assert first.exit_code == 0
    assert first.output.splitlines() == [
        "empty: not added: the file is empty: put a table into it",
        "wind: 9 rows, 2 columns",
        f"added 1 table to {tmp_path / 'cache'}",
    ]
    assert (tmp_path / "cache/pmlb/wind/wind.tsv.gz").is_file()
    again = CliRunner().invoke(tasks, arguments)
    assert again.exit_code == 1
    assert "wind: not added: the cache has it already (--overwrite replaces it)" in again.output
    assert CliRunner().invoke(tasks, [*arguments, "--overwrite"]).exit_code == 0


def test_a_folder_without_tables_is_one_line(tmp_path: Path) -> None:
    found = CliRunner().invoke(tasks, ["fill-cache", str(tmp_path)])
    assert found.exit_code == 1
    assert found.output == f"Error: {tmp_path} has no tables: no .csv, .tsv, .txt or .parquet\n"
