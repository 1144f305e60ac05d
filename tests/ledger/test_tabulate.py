from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from foretune.learners import STOPPED
from foretune.learners.growing.rounds import Rounds
from foretune.ledger import StoredTrial
from foretune.ledger.ledger import Ledger
from foretune.ledger.tables import ADDED_BY_2
from foretune.ledger.tabulate import restore_backup, tabulate_trials, write_backup
from foretune.spaces.configuration import Configuration
from foretune.tables import write_table

MakeTrial = Callable[..., StoredTrial]


def test_the_table_of_trials(make_trial: MakeTrial) -> None:
    table = tabulate_trials([make_trial(1), make_trial(2, "failed")])
    assert list(table.columns[:11]) == [
        "task_id",
        "task_type",
        "learner",
        "config_id",
        "strategy",
        "fidelity",
        "status",
        "error",
        "fit_seconds",
        "engine_version",
        "created_at",
    ]
    assert "score" not in table
    assert table["metric_accuracy"][0] == pytest.approx((1 / 4 + 1 / 5 + 1 / 6) / 3)
    assert table["fold_1_accuracy"][0] == 1 / 5
    assert table.loc[1, ["metric_accuracy", "fold_0_accuracy"]].isna().all()
    assert table["param_C"].tolist() == [1 / 3, 2 / 3]
    assert table["param_gamma"].isna().all()
    assert table["params"][0] == '{"C": 0.3333333333333333, "gamma": null, "kernel": "rbf"}'


def test_hyperparameters_have_columns_of_one_type(make_trial: MakeTrial) -> None:
    rows = [{"a": 1, "b": True, "c": 0.5}, {"a": 2, "b": False, "c": "sqrt"}, {"c": None}]
    table = tabulate_trials(
        [replace(make_trial(0), configuration=Configuration("svm", params)) for params in rows]
    )
    assert table["param_a"].dropna().tolist() == [1, 2]
    assert table["param_b"].dropna().tolist() == [True, False]
    assert table["param_c"].dropna().tolist() == ["0.5", "sqrt"]
    assert table.iloc[2][["param_a", "param_b", "param_c"]].isna().all()


def test_no_trials_make_an_empty_table() -> None:
    assert tabulate_trials([]).empty


def test_a_stopped_trial_has_its_folds_and_no_means(make_trial: MakeTrial) -> None:
    table = tabulate_trials([make_trial(1), make_trial(2, STOPPED)])
    assert table["status"].tolist() == ["ok", STOPPED]
    assert table["fold_0_accuracy"].tolist() == [1 / 4, 1 / 5]
    assert table.loc[1, ["metric_accuracy", "fold_1_accuracy", "fold_2_accuracy"]].isna().all()


def test_a_backup_restores_complete_trials_over_stopped_ones(
    url: str, tmp_path: Path, make_trial: MakeTrial
) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/first.sqlite") as first:
        first.record([make_trial(0), make_trial(1, STOPPED), make_trial(2, "failed")])
        write_backup(first, tmp_path / "backup.parquet")
        expected = {trial.key: trial.to_row() for trial in first.rows()}
    with Ledger.open(url) as second:
        complete = make_trial(1)
        second.record([make_trial(0, STOPPED), complete, make_trial(2, STOPPED)])
        assert restore_backup(second, tmp_path / "backup.parquet") == 1
        found = {trial.key: trial.to_row() for trial in second.rows()}
    assert found[make_trial(0).key] == expected[make_trial(0).key]
    assert found[complete.key] == complete.to_row()
    assert found[make_trial(2).key]["status"] == STOPPED


def test_a_backup_restores_everything_that_is_missing(
    url: str, tmp_path: Path, make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foretune.ledger.tabulate.BACKUP_BATCH", 3)
    trials = [make_trial(number, "ok" if number % 3 else "failed") for number in range(8)]
    file = tmp_path / "backup.parquet"
    with Ledger.open(f"sqlite:///{tmp_path}/first.sqlite") as first:
        first.record(trials)
        assert write_backup(first, file) == 8
        expected = {trial.key: trial.to_row() for trial in first.rows()}
    with Ledger.open(url) as second:
        newer = make_trial(0)
        second.record([newer])
        assert restore_backup(second, file) == 7
        assert restore_backup(second, file) == 0
        found = {trial.key: trial.to_row() for trial in second.rows()}
    assert found == expected | {newer.key: newer.to_row()}


def test_another_file_is_no_backup(tmp_path: Path, make_trial: MakeTrial) -> None:
    write_table(tabulate_trials([make_trial(0)]), tmp_path / "table.parquet")
    (tmp_path / "text.parquet").write_text("text")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        with pytest.raises(ValueError, match="is no backup of a ledger: it has no column key"):
            restore_backup(ledger, tmp_path / "table.parquet")
        with pytest.raises(ValueError, match="is no backup of a ledger"):
            restore_backup(ledger, tmp_path / "text.parquet")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"status": "weird"}, "status = 'weird' is not ok or failed or timeout or crashed"),
        ({"params": "[1]"}, r"params = '\[1\]' is not a JSON object of numbers and texts"),
        ({"fit_seconds": -1.0}, "fit_seconds = -1.0 is not a number of seconds"),
        ({"learner": "linear"}, "config_id is not that of its learner and hyperparameters"),
        ({"engine_version": 0}, "engine_version = 0 is not a whole number"),
    ],
)
def test_a_backup_with_a_damaged_row_restores_nothing(
    tmp_path: Path, make_trial: MakeTrial, changed: dict[str, object], reason: str
) -> None:
    rows = [make_trial(number).to_row() for number in range(3)]
    rows[2] |= changed
    pd.DataFrame(rows).to_parquet(tmp_path / "backup.parquet")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        with pytest.raises(ValueError, match=rf"cannot be restored, the trial {rows[2]['key']}"):
            restore_backup(ledger, tmp_path / "backup.parquet")
        with pytest.raises(ValueError, match=reason):
            restore_backup(ledger, tmp_path / "backup.parquet")
        assert not list(ledger.rows())


def test_a_backup_with_one_key_twice_restores_nothing(tmp_path: Path, make_trial: MakeTrial) -> None:
    pd.DataFrame([make_trial(0).to_row()] * 2).to_parquet(tmp_path / "backup.parquet")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        with pytest.raises(ValueError, match="two trials with one key"):
            restore_backup(ledger, tmp_path / "backup.parquet")
        assert not list(ledger.rows())


def test_a_backup_without_hashes_of_configurations_restores(tmp_path: Path, make_trial: MakeTrial) -> None:
    table = pd.DataFrame([make_trial(0).to_row()]).drop(columns="config_id")
    table.to_parquet(tmp_path / "backup.parquet")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        assert restore_backup(ledger, tmp_path / "backup.parquet") == 1
        assert [trial.to_row() for trial in ledger.rows()] == [make_trial(0).to_row() | _times(ledger)]


@pytest.mark.parametrize("numbers", [(), (1,), (0, 1)])
def test_a_backup_with_rounds_of_some_trials_restores(
    numbers: tuple[int, ...], tmp_path: Path, make_trial: MakeTrial
) -> None:
    rounds = Rounds(7, "auc", 57, {"auc": (0.5, 7)}, {"auc": {1: float("nan")}})
    trials = [make_trial(number) for number in range(2)]
    for number in numbers:
        trials[number] = replace(trials[number], trial=replace(trials[number].trial, rounds=rounds))
    with Ledger.open(f"sqlite:///{tmp_path}/first.sqlite") as first:
        first.record(trials)
        write_backup(first, tmp_path / "backup.parquet")
    with Ledger.open(f"sqlite:///{tmp_path}/second.sqlite") as second:
        assert restore_backup(second, tmp_path / "backup.parquet") == 2
        found = {trial.key: repr(trial.trial.rounds) for trial in second.rows()}
    assert found == {trial.key: repr(trial.trial.rounds) for trial in trials}
    table = tabulate_trials(trials)
    assert ("n_rounds" in table) == bool(numbers)


def test_a_backup_of_before_restores_without_rounds_and_context(
    tmp_path: Path, make_trial: MakeTrial
) -> None:
    table = pd.DataFrame([make_trial(0).to_row()]).drop(columns=list(ADDED_BY_2))
    table.to_parquet(tmp_path / "backup.parquet")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        assert restore_backup(ledger, tmp_path / "backup.parquet") == 1
        assert repr(next(ledger.rows()).trial) == repr(make_trial(0).trial)


def _times(ledger: Ledger) -> dict[str, str]:
    return {"created_at": next(ledger.rows()).created_at}
