"""The benchmark of the size of the memory, from the command line to its figure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from memory_size import main

pytestmark = pytest.mark.slow


@pytest.fixture
def log(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    folder = tmp_path / "made"
    folder.mkdir()
    x = np.linspace(0, 1, 12)
    best = rng.uniform(size=30)
    rows = [
        {"task_id": f"t{task:02d}", "learner": "svm", "param_x": at, "score": 1 - (at - best[task]) ** 2}
        for task in range(30)
        for at in x
    ]
    pd.DataFrame(rows).to_parquet(folder / "trials.parquet")
    described = pd.DataFrame({"task_id": [f"t{task:02d}" for task in range(30)], "best": best})
    described.to_parquet(folder / "metafeatures.parquet")
    return folder


def test_it_goes_on_prints_and_draws(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, figure = log / "out.jsonl", log / "size.png"
    arguments = [str(log), "--sizes", "8", "15", "--draws", "2", "--out", str(out), "--figure", str(figure)]
    assert main(arguments) == 0
    first = capsys.readouterr()
    results = [json.loads(line) for line in out.read_text().splitlines()]
    # The reported half has about 15 tasks, of which all are one draw
    assert [one["size"] for one in results] == [8, 8, 15]
    assert results[2]["n_tasks"] in (14, 15)
    assert figure.stat().st_size > 10_000
    written = out.read_bytes()
    assert main(arguments) == 0
    again = capsys.readouterr()
    # What comes before may be a log
    assert _tables(again.out) == _tables(first.out) != ""
    assert "made reported" not in again.err
    assert out.read_bytes() == written


def _tables(printed: str) -> str:
    return printed.partition("Foretune's regret as a multiple")[2]


def test_what_cannot_be_evaluated_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert "has no trials.parquet" in capsys.readouterr().err
    assert main([]) == 1
    assert "nothing to evaluate" in capsys.readouterr().err
