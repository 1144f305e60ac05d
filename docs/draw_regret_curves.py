"""Draws the picture of docs/figures.md from the leaderboard of the last run; ``make picture`` runs it."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pandas as pd

mpl.use("Agg")

import matplotlib.pyplot as plt

PROJECT = Path(__file__).parents[1]
LEADERBOARD = PROJECT / "data/08_reporting/leaderboard.csv"
PICTURE = PROJECT / "docs/images/regret_curves.png"
# Palette of Okabe and Ito, as in the interactive figure
STYLES = {
    "foretune": ("Foretune", "#D55E00", "-", 2.8),
    "greedy_portfolio": ("greedy portfolio", "#0072B2", "-", 1.4),
    "nearest_tasks_5": ("5 nearest tasks", "#009E73", "--", 1.4),
    "best_average": ("best on average", "#56B4E9", "-", 1.4),
    "shuffled_metafeatures": ("shuffled metafeatures", "#CC79A7", ":", 1.6),
    "optuna_tpe": ("cold Optuna TPE", "#777777", "--", 1.4),
    "library_default": ("library defaults", "#000000", "--", 1.4),
    "random_search": ("random search", "#777777", ":", 1.8),
}


def draw(leaderboard: pd.DataFrame) -> None:
    """Draw one panel per task type and save the picture."""
    task_types = sorted(leaderboard["task_type"].unique())
    figure, panels = plt.subplots(1, len(task_types), figsize=(10.5, 4.2), sharey=True, layout="constrained")
    for panel, task_type in zip(panels, task_types, strict=True):
        rows = leaderboard[leaderboard["task_type"] == task_type]
        for method, (label, colour, dash, width) in STYLES.items():
            line = rows[rows["method"] == method].sort_values("n_trials")
            panel.plot(line["n_trials"], line["mean_regret"], dash, color=colour, lw=width, label=label)
            if method in ("foretune", "random_search"):
                panel.fill_between(
                    line["n_trials"], line["ci_low"], line["ci_high"], color=colour, alpha=0.12
                )
        numbers = sorted(rows["n_trials"].unique())
        panel.set(xscale="log", xlabel="trials", title=f"{task_type}, {rows['n_tasks'].max()} real tasks")
        panel.set_xticks(numbers, labels=numbers, minor=False)
        panel.minorticks_off()
        panel.grid(alpha=0.25)
        panel.set_ylim(bottom=0)
    panels[0].set_ylabel("mean normalised regret\n(0: best configuration found)")
    panels[-1].legend(frameon=False, fontsize=9)
    PICTURE.parent.mkdir(exist_ok=True)
    # No date in the file: the same run draws the same bytes
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    draw(pd.read_csv(LEADERBOARD))
    print(f"drawn: {PICTURE.relative_to(PROJECT)}")
