"""Benchmark of metafeatures against pymfe on common values, and growth of each group's time with task size.

Groups that read the whole table do so in both. Landmarkers, tree and complexity get the same sample,
landmarkers the same number of folds. pymfe is timed with its defaults, and (lean) without its precomputations
for features that are not requested, mainly all pairwise distances. Run by ``make bench``; ``--plot`` plots
the times. On one core; seconds depend on the machine, compare ratios and growth.
"""

from __future__ import annotations

import argparse
import re
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pymfe.mfe import MFE
from sklearn.datasets import make_classification, make_regression
from tests.metafeatures.equivalents import EQUIVALENTS
from threadpoolctl import threadpool_limits

from foretune.metafeatures import MetafeatureExtractor, TaskDescription
from foretune.metafeatures.parameters import GROUP_NAMES
from foretune.metafeatures.registry import registered_groups
from foretune.tasks.task import Task
from stages import task_from_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PLOT = Path(__file__).parents[1] / "docs/images/metafeature_costs.png"
# What pymfe may compute beforehand without a matrix of all distances
LEAN = ["info-theory", "statistical", "model-based", "landmarking"]
LANDMARKERS = {"best_node", "random_node", "worst_node", "linear_discr", "naive_bayes", "one_nn", "elite_nn"}
WANTED_RATIOS = {(10_000, 20): 20, (10_000, 100): 50}
WANTED_SECONDS = {(10_000, 50): 1.0, (200_000, 100): 5.0}


def shared_features() -> dict[str, set[str]]:
    """Return the names of pymfe's features by our group, for those that both compute."""
    shared: dict[str, set[str]] = {"landmarking": LANDMARKERS}
    for name, text in EQUIVALENTS.items():
        found = re.findall(r"\b(?:raw|standard|levels|paired|tree)\.(\w+)", text)
        shared.setdefault(name.split(".")[0], set()).update(found)
    return shared


def make_task(n_rows: int, n_features: int, n_classes: int = 2) -> Task:
    """Make a classification task."""
    informative = max(8, int(np.ceil(np.log2(n_classes))) + 2)
    return task_from_arrays(
        *make_classification(
            n_rows,
            max(n_features, informative),
            n_informative=informative,
            n_redundant=0,
            n_classes=n_classes,
            n_clusters_per_class=1,
            random_state=0,
        )
    )


def best_of(repeats: int, work: Callable[[], Any]) -> float:
    """Return the least wall time of some calls, in seconds."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def seconds_by_group(task: Task, groups: Iterable[str] = GROUP_NAMES, repeats: int = 3) -> pd.Series:
    """Return the least time that each group took, in seconds."""
    extractor = MetafeatureExtractor(groups)
    runs = [extractor.extract_with_costs([task]).costs.set_index("group")["seconds"] for _ in range(repeats)]
    return pd.concat(runs, axis=1).min(axis=1)


def seconds_of_pymfe(task: Task, shared: dict[str, set[str]], precomputed: str | list[str]) -> float:
    """Time pymfe: groups that read the same rows are extracted together, so that they share what they can."""
    together: dict[int, set[str]] = {}
    for group in registered_groups(shared):
        rows = min(group.caps.max_rows or len(task.X), len(task.X))
        kind = rows if group.name != "landmarking" else -rows
        together.setdefault(kind, set()).update(shared[group.name])
    description = TaskDescription(task.X, task.y, task.task_type)
    seconds = 0.0
    for kind, features in together.items():
        (group,) = registered_groups(["landmarking"])
        part = description.part(group.caps.model_copy(update={"max_rows": abs(kind), "max_columns": None}))
        table, classes = np.ascontiguousarray(part.numeric), part.classes
        extractor = MFE(groups="all", features=sorted(features), num_cv_folds=3, random_state=0)

        def extract(extractor: Any = extractor, table: Any = table, classes: Any = classes) -> None:
            extractor.fit(table, classes, suppress_warnings=True, precomp_groups=precomputed)
            extractor.extract(suppress_warnings=True)

        seconds += best_of(1 if precomputed == "all" and abs(kind) > 5_000 else 2, extract)
    return seconds


def compare() -> None:
    """Print the ratios to pymfe."""
    shared = shared_features()
    n_values = sum(len(features) for features in shared.values())
    print(f"Against pymfe: {n_values} of its features, all values of the same groups here; one core, seconds")
    header = ("here", "pymfe", "ratio", "wanted", "lean", "ratio")
    print(f"  {'rows x columns':16}" + "".join(f"{name:>9}" for name in header))
    for (n_rows, n_features), wanted in WANTED_RATIOS.items():
        task = make_task(n_rows, n_features)
        ours = float(seconds_by_group(task, shared).sum())
        default, lean = (seconds_of_pymfe(task, shared, precomputed) for precomputed in ("all", LEAN))
        cells = (ours, default, default / ours, wanted, lean, lean / ours)
        print(f"  {n_rows:>7} x {n_features:<6}" + "".join(f"{cell:9.1f}" for cell in cells))


def measure_limits() -> None:
    """Print what all groups together take on large tables."""
    print("All groups: seconds")
    for (n_rows, n_features), wanted in WANTED_SECONDS.items():
        X, y = make_regression(n_rows, n_features, random_state=0)
        frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(n_features)])
        regression = Task("made", "regression", frame, pd.Series(y))
        for task in (make_task(n_rows, n_features), regression):
            seconds = float(seconds_by_group(task).sum())
            print(f"  {n_rows:>7} x {n_features:<4}{task.task_type:16}{seconds:6.2f} (wanted: {wanted:.0f})")


def growth() -> dict[str, pd.DataFrame]:
    """Time every group as rows, columns and classes grow, one at a time; groups by size."""
    rows = {n: make_task(n, 20) for n in (250, 1_000, 4_000, 16_000, 64_000, 200_000)}
    columns = {p: make_task(2_000, p) for p in (10, 25, 50, 100, 200, 400)}
    classes = {c: make_task(4_000, 20, c) for c in (2, 10, 50, 250, 1_000)}
    series = {
        "rows (20 columns, 2 classes)": rows,
        "columns (2,000 rows)": columns,
        "classes (4,000 rows)": classes,
    }
    return {
        name: pd.DataFrame({size: seconds_by_group(task, repeats=2) for size, task in tasks.items()})
        for name, tasks in series.items()
    }


def print_growth(tables: dict[str, pd.DataFrame]) -> None:
    """Print the tables in milliseconds."""
    for name, table in tables.items():
        print(f"Growth with {name}: milliseconds")
        print((table * 1000).round(1).to_string())


def draw_growth(tables: dict[str, pd.DataFrame]) -> None:
    """Draw the tables."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(tables), figsize=(13, 4.6), sharey=True, layout="constrained")
    for axis, (name, table) in zip(axes, tables.items(), strict=True):
        for k, (group, seconds) in enumerate(table.iterrows()):
            axis.loglog(table.columns, seconds, marker="os^Dv"[k % 5], markersize=4, label=group)
        axis.set_xlabel(name)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("seconds, one core")
    axes[-1].legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(PLOT, dpi=110)
    print(f"drawn: {PLOT.name}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", action="store_true", help="draw the growth of the costs")
    parser.add_argument("--no-comparison", action="store_true", help="leave out pymfe, which takes minutes")
    arguments = parser.parse_args()
    with threadpool_limits(1), warnings.catch_warnings(action="ignore"):
        measure_limits()
        tables = growth()
        print_growth(tables)
        if arguments.plot:
            draw_growth(tables)
        if not arguments.no_comparison:
            compare()


if __name__ == "__main__":
    main()
