from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from foretune.commands.tasks import tasks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tables"
    made.mkdir()
    pd.DataFrame({"x": np.arange(9), "target": np.arange(9) / 2}).to_parquet(made / "wind.parquet")
    (made / "empty.csv").touch()
    return made


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
