"""Gains, intervals and harm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from large.report import bootstrap, print_report, summarise, tabulate


def _row(table: str, method: str, loss: float | None, seed: int = 0, **more: object) -> dict[str, object]:
    row = {"table": table, "metric": "rmse", "method": method, "seed": seed, "loss": loss, "seconds": 1.0}
    return {**row, "error": "" if loss is not None else "it broke", **more}


def _ends(table: str, default: float, best: float, seed: int = 0) -> list[dict[str, object]]:
    return [
        _row(table, "lightgbm", default, seed),
        _row(table, "random_trials_9", (default + best) / 2, seed, best_test_loss=best),
    ]


def _gains(rows: list[dict[str, object]], method: str) -> pd.Series:
    table = tabulate(rows)
    return table[table["method"] == method].set_index("table")["gain"]


def test_the_gain_is_a_share_of_the_distance_from_the_default_to_the_best_random_trial() -> None:
    rows = [*_ends("a", 2, 1), _row("a", "mine", 1.5), *_ends("b", 4, 2), _row("b", "mine", 4.5)]
    assert _gains(rows, "mine").to_dict() == {"a": 0.5, "b": -0.25}
    assert _gains(rows, "lightgbm").to_dict() == {"a": 0, "b": 0}
    summary = summarise(tabulate(rows), {"mine": 0.5})
    assert summary.loc["mine", ["gain", "tables", "worse", "of_budget"]].tolist() == [0.125, 2, 0.5, 2]
    assert summary.loc["mine", "ratio"] == pytest.approx((0.75 * 1.125) ** 0.5)
    assert summary.index[0] == "random_trials_9"


def test_losses_are_averaged_over_the_seeds_first() -> None:
    rows = [*_ends("a", 2, 1), *_ends("a", 4, 1, 1), _row("a", "mine", 2), _row("a", "mine", 2, 1)]
    assert _gains(rows, "mine").tolist() == [0.5]


def test_a_seed_that_is_missing_or_failed_is_no_comparison() -> None:
    rows = [*_ends("a", 2, 1), *_ends("a", 4, 1, 1), _row("a", "mine", 2)]
    assert _gains(rows, "mine").isna().all()
    rows.append(_row("a", "mine", None, 1))
    assert _gains(rows, "mine").isna().all()
    assert summarise(tabulate(rows), {}).loc["mine", "failed"] == 1


def test_a_table_without_a_scale_has_no_gain_but_counts_for_harm() -> None:
    rows = [*_ends("a", 1, 1.2), _row("a", "mine", 2)]
    assert _gains(rows, "mine").isna().all()
    assert summarise(tabulate(rows), {}).loc["mine", ["tables", "worse"]].tolist() == [0, 1]


def test_one_table_does_not_decide() -> None:
    assert _gains([*_ends("a", 1, 0.999), _row("a", "mine", 2)], "mine").tolist() == [-2]


def test_the_interval_holds_the_mean() -> None:
    low, high = bootstrap(np.array([0.0, 1.0, 2.0]))
    assert low < 1 < high
    assert bootstrap(np.array([0.5])) == (0.5, 0.5)
    assert np.isnan(bootstrap(np.array([]))).all()


def test_the_report_names_tables_and_methods(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*_ends("a", 2, 1), _row("a", "mine", None), {**_row("a", "lightgbm", 1), "metric": "mae"}]
    print_report(rows, ["lightgbm", "mine"], {"mine": 10})
    printed = capsys.readouterr().out
    assert "rmse: loss on the test part (lower is better)" in printed
    assert "all metrics: averages over the tables" in printed
    print_report([{**row, "metric": "r2"} for row in rows], [], {})
    assert "r2: loss on the test part (1 - R2, lower is better)" in capsys.readouterr().out
    assert "random_trials_9" in printed
    print_report([], [], {})
    assert capsys.readouterr().out == "no results yet\n"
