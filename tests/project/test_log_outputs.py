from __future__ import annotations

import re
from pathlib import Path

import pytest

from foretune.base.errors import UserError
from foretune.project.log_outputs import check_outputs, check_writable, move_outputs

CATALOG = {
    "trials": {"type": "x", "filepath": "data/03_primary/trials.parquet"},
    "tasks": {"type": "y", "path": "data/03_primary/tasks"},
    "regret": {"type": "x", "filepath": "data/07_model_output/regret.parquet"},
    "report": {"type": "z", "filepath": "data/08_reporting/report.html", "save_args": {"a": 1}},
    "elsewhere": {"type": "z", "filepath": "somewhere/file.csv"},
    "database": {"type": "sql", "credentials": "ledger"},
}
FOLDER = Path("/out")


def test_reports_lie_in_the_folder_and_other_layers_below_it() -> None:
    moved = move_outputs(CATALOG, FOLDER)
    assert moved == {
        "trials": {"type": "x", "filepath": "/out/03_primary/trials.parquet"},
        "tasks": {"type": "y", "path": "/out/03_primary/tasks"},
        "regret": {"type": "x", "filepath": "/out/regret.parquet"},
        "report": {"type": "z", "filepath": "/out/report.html", "save_args": {"a": 1}},
        "elsewhere": {"type": "z", "filepath": "somewhere/file.csv"},
        "database": {"type": "sql", "credentials": "ledger"},
    }
    assert CATALOG["trials"]["filepath"] == "data/03_primary/trials.parquet"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    catalog = {name: entry for name, entry in CATALOG.items() if name != "elsewhere"}
    moved = move_outputs(catalog, tmp_path / "out")
    check_outputs(catalog, moved, tmp_path, [tmp_path / "trials.parquet"])
    log = tmp_path / "out/report.html"
    with pytest.raises(UserError, match=re.escape(f"output_dir: {log} would be overwritten; choose another")):
        check_outputs(catalog, moved, tmp_path, [tmp_path / "out/../out/report.html"])
    own = move_outputs(catalog, tmp_path / "data")
    with pytest.raises(UserError, match=re.escape(str(tmp_path / "data/03_primary/trials.parquet"))):
        check_outputs(catalog, own, tmp_path, [])


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    check_writable(tmp_path / "a/b")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file/b", Path("/proc/foretune"), tmp_path / ("x" * 300)):
        with pytest.raises(
            UserError, match=r"^parameter output_dir: \S+ cannot be written \(.*\): choose another$"
        ):
            check_writable(folder)
