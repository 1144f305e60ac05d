"""Results survive an interruption."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretune import UserError
from large.results import Key, Results

CONDITIONS = {"threads": 1, "max_rows": None}
ROW = {"table": "t", "metric": "rmse", "method": "lightgbm", "seed": 0, "loss": 0.1, "error": ""}
KEY = Key("t", "rmse", "lightgbm", 0)


def test_results_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.jsonl"
    results = Results(path, CONDITIONS)
    assert KEY not in results
    results.add(ROW)
    assert Results(path, CONDITIONS).rows == {KEY: ROW}


def test_a_line_that_was_cut_off_is_computed_again(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    Results(path, CONDITIONS).add(ROW)
    with path.open("a") as file:
        file.write('{"table": "t", "met')
    results = Results(path, CONDITIONS)
    assert set(results.rows) == {KEY}
    results.add({**ROW, "seed": 1})
    assert len(Results(path, CONDITIONS).rows) == 2


def test_other_conditions_need_another_file(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    Results(path, CONDITIONS)
    with pytest.raises(UserError, match="threads=1, not 2: give another --out"):
        Results(path, {**CONDITIONS, "threads": 2})
    path.write_text('{"some": "file"}\n')
    with pytest.raises(UserError, match="no file of results"):
        Results(path, CONDITIONS)


def test_errors_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    results = Results(path, CONDITIONS)
    results.add({**ROW, "loss": None, "error": "it broke"})
    results.forget_failed()
    assert KEY not in results
    results.add(ROW)
    # The later line counts
    assert Results(path, CONDITIONS).rows == {KEY: ROW}
