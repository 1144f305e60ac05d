from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from foretune.base import exact_numbers
from foretune.ledger import StoredTrial
from foretune.ledger.imported_trial import ImportedTrial
from foretune.ledger.ledger import Ledger
from foretune.ledger.tabulate import (
    read_copy,
    tabulate_imported,
    tabulate_trials,
    write_copy,
    write_table,
)
from foretune.spaces.configuration import Configuration

MakeTrial = Callable[..., StoredTrial]


def imported(params: dict[str, object], score: float, source: str = "a") -> ImportedTrial:
    return ImportedTrial(source, "iris", Configuration("svm", params), score)


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


def test_columns_of_hyperparameters_have_one_type() -> None:
    rows = [
        {"a": 1, "b": True, "c": 0.5, "d": 1},
        {"a": 2.5, "b": False, "c": "sqrt", "d": 2},
        {"c": None, "d": 3},
    ]
    table = tabulate_imported([imported(params, 0.5) for params in rows])
    assert table["param_a"].tolist()[:2] == [1.0, 2.5]
    assert table["param_b"].tolist()[:2] == [True, False]
    assert table["param_c"].tolist()[:2] == ["0.5", "sqrt"]
    assert table["param_d"].dtype == "int64"
    assert table.iloc[2][["param_a", "param_b", "param_c"]].isna().all()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_read_back(tmp_path: Path, make_trial: MakeTrial, suffix: str) -> None:
    table = tabulate_trials([make_trial(1), make_trial(2, "failed")])
    file = tmp_path / f"new/trials{suffix}"
    write_table(table, file)
    read = pd.read_csv(file, **exact_numbers()) if suffix == ".csv" else pd.read_parquet(file)
    assert list(read.columns) == list(table.columns)
    assert read["metric_accuracy"].tolist()[0] == table["metric_accuracy"][0]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.parquet or \.csv"):
        write_table(pd.DataFrame(), tmp_path / "trials.xlsx")


def test_several_sources_of_a_configuration_are_averaged() -> None:
    table = tabulate_imported(
        [imported({"C": 1}, 0.5, "a"), imported({"C": 1}, 0.7, "b"), imported({"C": 1}, math.nan, "c")]
    )
    assert table["score"].tolist() == [pytest.approx(0.6)]
    failed = tabulate_imported([imported({"C": 1}, math.nan, "a"), imported({"C": 1}, math.nan, "b")])
    assert failed["status"].tolist() == ["failed"]


def test_a_copy_restores_everything_that_is_missing(
    url: str, tmp_path: Path, make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foretune.ledger.tabulate.COPY_BATCH", 3)
    trials = [make_trial(number, "ok" if number % 3 else "failed") for number in range(8)]
    file = tmp_path / "copy.parquet"
    with Ledger.open(f"sqlite:///{tmp_path}/first.sqlite") as first:
        first.record(trials)
        assert write_copy(first, file) == 8
        expected = {trial.key: trial.to_row() for trial in first.rows()}
    with Ledger.open(url) as second:
        newer = make_trial(0)
        second.record([newer])
        assert read_copy(second, file) == 7
        assert read_copy(second, file) == 0
        found = {trial.key: trial.to_row() for trial in second.rows()}
    assert found == expected | {newer.key: newer.to_row()}


def test_another_file_is_no_copy(tmp_path: Path, make_trial: MakeTrial) -> None:
    write_table(tabulate_trials([make_trial(0)]), tmp_path / "table.parquet")
    (tmp_path / "text.parquet").write_text("text")
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        with pytest.raises(ValueError, match="is no copy of a ledger: it has no column key"):
            read_copy(ledger, tmp_path / "table.parquet")
        with pytest.raises(ValueError, match="is no copy of a ledger"):
            read_copy(ledger, tmp_path / "text.parquet")
