"""The benchmark of large tables, from the command line to its report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from large_tables import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 3)), columns=[*"abc"])
    X.assign(target=X["a"] + rng.normal(size=200)).to_parquet(tmp_path / "t.parquet")
    return tmp_path


def test_a_run_prints_its_report_and_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out.jsonl"
    arguments = [str(folder), "--methods", "hand_rule", "--random-trials", "2", "--out", str(out)]
    assert main([*arguments, "--metrics", "rmse"]) == 0
    assert "3 of 3 fits to do" in capsys.readouterr().out
    assert main([*arguments, "--metrics", "rmse,mae"]) == 0
    printed = capsys.readouterr().out
    assert "3 of 6 fits to do" in printed
    assert "all metrics: averages over the tables" in printed
    n_lines = len(out.read_text().splitlines())
    assert main([*arguments, "--report-only", "--retry"]) == 0
    assert "hand_rule" in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == n_lines == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--methods", "nothing"], "no method 'nothing'"),
        (["--tables", "nothing"], "no table 'nothing'"),
        (["--threads", "2"], "threads=1, not 2"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(folder / "out.jsonl"), "--report-only"]
    assert main([str(folder), *out]) == 0
    assert main([str(folder), *out, *arguments]) == 1
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
