"""Report of the benchmark: losses by table, gains with their intervals, seconds, and harm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from large.methods import DEFAULT, SCALE

# A table on which the scale is short must not decide the mean
LARGEST_GAIN = 2.0
N_RESAMPLES = 10_000
LINE_WIDTH = 140


def tabulate(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Average the results over the seeds.

    Returns
    -------
    pandas.DataFrame
        One row per metric, table and method: ``loss, seconds, longest, gain, worse, ratio, failed``.
        ``longest`` are the most seconds of a seed, ``worse`` is whether the loss is above that of LightGBM's
        default, ``ratio`` the loss as a multiple of it.
        ``gain`` is missing where no random trial is better than that default, and where a seed of the method,
        of the default or of the random trials is missing or failed: means of different seeds are no
        comparison.
    """
    table = pd.DataFrame(list(rows))
    if "best_test_loss" not in table:
        table["best_test_loss"] = np.nan
    table["loss"] = table["loss"].astype(float)
    cells = table.groupby(["metric", "table", "method"])
    result = pd.DataFrame(
        {
            "loss": cells["loss"].mean(),
            "seconds": cells["seconds"].mean(),
            "longest": cells["seconds"].max(),
            "best_test_loss": cells["best_test_loss"].mean(),
            "seeds": cells["seed"].agg(lambda seeds: str(sorted(seeds))),
            "failed": cells["error"].agg(lambda errors: (errors != "").sum()),
        }
    ).reset_index()
    parts = [_with_gains(part) for _, part in result.groupby(["metric", "table"])]
    return pd.concat(parts, ignore_index=True).drop(columns=["best_test_loss", "seeds"])


def _with_gains(part: pd.DataFrame) -> pd.DataFrame:
    """Add the gains of the methods on one table."""
    records: list[dict[Any, Any]] = part.to_dict("records")
    whole = {str(row["method"]): row for row in records if not row["failed"]}
    comparable = pd.Series(False, index=part.index)
    default = best = np.nan
    if first := whole.get(DEFAULT):
        default = first["loss"]
        comparable = (part["failed"] == 0) & (part["seeds"] == first["seeds"])
        scales = [row for name, row in whole.items() if name.startswith(SCALE)]
        if scales and scales[0]["seeds"] == first["seeds"]:
            best = scales[0]["best_test_loss"]
    length = default - best if default > best else np.nan
    gain = ((default - part["loss"]) / length).clip(-LARGEST_GAIN, LARGEST_GAIN)
    worse = (part["loss"] > default).astype(float)
    ratio = part["loss"] / default if default > 0 else pd.Series(np.nan, part.index)
    return part.assign(
        gain=gain.where(comparable), worse=worse.where(comparable), ratio=ratio.where(comparable)
    )


def summarise(table: pd.DataFrame, budgets: Mapping[str, float]) -> pd.DataFrame:
    """Average over the tables, those with several metrics once.

    Parameters
    ----------
    table
        Of :func:`tabulate`, of one metric or of several.
    budgets
        Seconds that methods may take, by method.

    Returns
    -------
    pandas.DataFrame
        One row per method, the largest gain first: ``gain``, its 95 % bootstrap interval over the tables
        (``low, high``), ``tables`` with a gain, mean ``seconds``, ``worse``, the share of tables that are
        worse than with LightGBM's default, ``ratio``, the geometric mean of the losses as multiples of its
        loss, ``failed`` fits, and ``of_budget``, the longest fit as a multiple of the budget.
    """
    rows = {}
    for method, part in table.groupby("method"):
        ratios = part.assign(ratio=np.log(part["ratio"]))
        by_table = ratios.groupby("table")[["gain", "worse", "ratio", "seconds"]].mean()
        gains = by_table["gain"].dropna().to_numpy(dtype=float)
        low, high = bootstrap(gains)
        rows[str(method)] = {
            "gain": gains.mean() if len(gains) else np.nan,
            "low": low,
            "high": high,
            "tables": len(gains),
            "seconds": by_table["seconds"].mean(),
            "worse": by_table["worse"].mean(),
            "ratio": float(np.exp(by_table["ratio"].mean())),
            "failed": int(part["failed"].sum()),
            "of_budget": part["longest"].max() / budgets.get(str(method), np.nan),
        }
    return pd.DataFrame.from_dict(rows, orient="index").sort_values("gain", ascending=False, kind="stable")


def bootstrap(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of a mean, by resampling; missing without values."""
    if not len(values):
        return np.nan, np.nan
    draws = np.random.default_rng(0).choice(values, (N_RESAMPLES, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def print_report(
    rows: Sequence[Mapping[str, Any]], order: Sequence[str], budgets: Mapping[str, float]
) -> None:
    """Print losses by table and averages by metric, and of all metrics if there are several."""
    if not rows:
        print("no results yet")
        return
    table = tabulate(rows)
    for metric, part in table.groupby("metric"):
        print(f"\n{metric}: loss on the test part ({_meaning(str(metric))})")
        print(_losses(part, order))
        print(f"\n{metric}: averages over the tables")
        print(_averages(part, budgets))
    if len(table["metric"].unique()) > 1:
        print("\nall metrics: averages over the tables")
        print(_averages(table, budgets))
    print(
        f"\ngain: 0 is LightGBM's default, 1 the best of the random trials on the test part, cut at "
        f"-{LARGEST_GAIN:g} and {LARGEST_GAIN:g}; low, high: 95 % interval, bootstrap over the tables; "
        "tables: those with a gain; worse: share of the tables that are worse than with LightGBM's default; "
        "ratio: loss as a multiple of that of LightGBM's default, geometric mean; "
        "of_budget: the longest fit as a multiple of the budget"
    )


def _meaning(metric: str) -> str:
    shown = {"roc_auc": "ROC AUC", "accuracy": "accuracy", "r2": "R2"}.get(metric)
    return f"1 - {shown}, lower is better" if shown else "lower is better"


def _losses(part: pd.DataFrame, order: Sequence[str]) -> str:
    losses = part.pivot_table("loss", "method", "table")
    there = [name for name in order if name in losses.index]
    rest = [name for name in losses.index if name not in there]
    shown = losses.loc[[*there, *rest]].map(lambda loss: "-" if pd.isna(loss) else f"{loss:.4g}")
    return shown.rename_axis(index=None, columns=None).to_string(line_width=LINE_WIDTH)


def _averages(part: pd.DataFrame, budgets: Mapping[str, float]) -> str:
    shown = summarise(part, budgets)
    scales = ["gain", "low", "high", "worse", "ratio"]
    shown[scales] = shown[scales].round(3)
    shown[["seconds", "of_budget"]] = shown[["seconds", "of_budget"]].round(2)
    return shown.to_string(na_rep="-")
