"""Draws the README's picture of large tables from kept results of the benchmark; ``make picture`` runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd

mpl.use("Agg")

import matplotlib.pyplot as plt

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "benchmarks"))

from large.report import summarise, tabulate  # noqa: E402

RESULTS = PROJECT / "benchmarks/large/results/lightgbm.jsonl"
PICTURE = PROJECT / "docs/images/gain_over_time.png"
# Methods in the order of a line, its label, and a colour of the palette of Okabe and Ito
LINES = {
    "Foretune, LightGBM: 0, 1, 5 trials": (
        ["foretune_lightgbm_0", "foretune_lightgbm_1", "foretune_lightgbm_5"],
        "#D55E00",
        "o-",
    ),
    "Optuna TPE, LightGBM: 10, 30 s": (["optuna_10s", "optuna_30s"], "#0072B2", "s-"),
    "random search, LightGBM: 20 trials": (["randomized_search_20"], "#777777", "v"),
    "AutoGluon boosters, medium: 10, 30 s": (
        ["autogluon_medium_10s", "autogluon_medium_30s"],
        "#009E73",
        "^--",
    ),
    "FLAML: zero-shot, 10, 30 s": (["flaml_zero_shot", "flaml_10s", "flaml_30s"], "#CC79A7", "D--"),
    "hand rule: rate 0.05, early stopping": (["hand_rule"], "#000000", "x"),
    "LightGBM's default": (["lightgbm"], "#000000", "+"),
}


def draw(summary: pd.DataFrame, n_tables: int) -> None:
    """Draw the mean gain over the mean seconds with 95 % intervals, and save the picture."""
    figure, panel = plt.subplots(figsize=(9.0, 4.4), layout="constrained")
    for label, (methods, colour, style) in LINES.items():
        part = summary.reindex([name for name in methods if name in summary.index])
        error = [part["gain"] - part["low"], part["high"] - part["gain"]]
        look = {"fmt": style, "color": colour, "label": label, "elinewidth": 0.7, "ms": 6}
        panel.errorbar(part["seconds"], part["gain"], yerr=error, **look)
    panel.set(
        xscale="log",
        xlabel="seconds of the whole call, one core",
        ylabel="mean gain on the test part\n(0: LightGBM's default, 1: best of 30 random trials)",
        title=f"{n_tables} tables of 794 to 10,500 training rows that the memory had not met",
    )
    panel.grid(alpha=0.25)
    panel.axhline(0, color="#000000", lw=0.6)
    panel.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
    PICTURE.parent.mkdir(exist_ok=True)
    # No date in the file: the same results draw the same bytes
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    lines = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    table = tabulate([line for line in lines if "method" in line])
    draw(summarise(table, {}), table["table"].nunique())
    print(f"drawn: {PICTURE.relative_to(PROJECT)}")
