"""Runs that are killed, and runs that work side by side; each is a process of its own."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks/ledger_kills.py"


@pytest.fixture(scope="module")
def benchmark() -> dict[str, Any]:
    return runpy.run_path(str(BENCHMARK))


@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_compute_nothing_twice(
    benchmark: dict[str, Any], sqlite_url: str, tmp_path: Path
) -> None:
    outcome = benchmark["kill_and_rerun"](sqlite_url, tmp_path / "computed.txt", n_kills=20)
    assert outcome.n_stored == outcome.n_trials
    assert outcome.computed_though_stored == 0
    assert outcome.n_trials < outcome.n_computed <= outcome.n_trials + 20 * outcome.most_in_flight


@pytest.mark.slow
def test_kills_on_postgres(benchmark: dict[str, Any], postgres_url: str, tmp_path: Path) -> None:
    outcome = benchmark["kill_and_rerun"](postgres_url, tmp_path / "computed.txt", n_kills=5)
    assert outcome.n_stored == outcome.n_trials
    assert outcome.computed_though_stored == 0


@pytest.mark.slow
def test_two_runs_at_once_compute_everything_once(
    benchmark: dict[str, Any], url: str, tmp_path: Path
) -> None:
    notes = [tmp_path / "one.txt", tmp_path / "two.txt"]
    runs = [benchmark["prepare_run"](url, file, 400) for file in notes]
    # Together: the first must not be done before the second has been imported
    benchmark["let_work"](*runs)
    for run in runs:
        assert run.communicate()[0] == b""
        assert run.returncode == 0
    computed = [set(benchmark["noted_names"](file)) for file in notes]
    assert all(computed)
    assert not computed[0] & computed[1]
    assert sorted(benchmark["stored_names"](url)) == sorted(computed[0] | computed[1])
    assert len(computed[0] | computed[1]) == 400
