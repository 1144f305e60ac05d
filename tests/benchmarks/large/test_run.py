"""Jobs: their order, what fails, what is there already, and processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from large import run
from large.case import Case, Fitted
from large.methods import Method, Settings
from large.results import Results
from large.run import list_jobs, run_job, run_jobs
from large.tables import find_tables

SETTINGS = Settings(budgets=(), n_trials=(), random_trials=0)


def test_jobs_are_listed_table_by_table_with_the_metrics_of_their_kind(folder: Path) -> None:
    files = find_tables([folder], ["numbers", "two"])
    jobs = list_jobs(files, ["log_loss", "rmse", "mae"], ["lightgbm", "hand_rule"], 2)
    assert [job.file.name for job in jobs] == ["numbers"] * 8 + ["two"] * 4
    assert jobs[0].key == ("numbers", "rmse", "lightgbm", 0)
    assert {job.metric for job in jobs if job.file.name == "two"} == {"log_loss"}


def test_a_method_that_fails_is_a_row(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(case: Case) -> Fitted:
        raise ValueError("it broke\nin two lines")

    monkeypatch.setattr(run, "_methods", lambda settings: {"mine": Method("mine", fail)})
    row = run_job(list_jobs(find_tables([folder], ["two"]), ["roc_auc"], ["mine"], 1)[0], SETTINGS)
    assert row["error"] == "ValueError: it broke"
    assert row["loss"] is None
    assert row["seconds"] >= 0


@pytest.mark.parametrize("n_processes", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_what_is_there_is_not_computed_again(
    n_processes: int, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = Results(tmp_path / "results.jsonl", {})
    jobs = list_jobs(find_tables([folder]), ["rmse", "roc_auc"], ["lightgbm", "hand_rule"], 1)
    run_jobs(jobs[:2], SETTINGS, results)
    run_jobs(jobs, SETTINGS, results, n_processes)
    assert "4 of 6 fits to do" in capsys.readouterr().out
    assert set(results.rows) == {job.key for job in jobs}
    assert all(0 < row["loss"] < 1 and not row["error"] for row in results.rows.values())
    run_jobs(jobs, SETTINGS, results)
    assert "0 of 6 fits to do" in capsys.readouterr().out
