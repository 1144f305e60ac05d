"""Benchmark of training time and RAM of a surrogate over numbers of tasks and configurations.

Each size is trained in separate processes with two workers and default parameters, sampled ten times a
second. RAM is the sum of their proportional set sizes (or resident set sizes where unavailable); "core s" is
the sum of their CPU times. Writes a figure. Run by ``make bench``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
from threadpoolctl import threadpool_limits

from foretune.meta_model.meta_dataset import build_meta_dataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.training import train_memories
from stages import read_parameters
from synthetic_tasks import make_history

MINUTES_WANTED, GIGABYTES_WANTED = 10, 8
LARGEST = (1_000, 500)
TASKS = (125, 250, 500, 1_000)
CONFIGURATIONS = (60, 125, 250, 500)
OUTPUT = Path(__file__).parents[1] / "data/08_reporting/scale.html"


def train(n_tasks: int, n_configurations: int, n_workers: int) -> dict[str, float]:
    """Build the meta-dataset and train; give the seconds of each, and of the prior of a new task."""
    parameters = MetaTrainingParameters(**read_parameters("meta_training"))
    history = make_history(n_tasks, n_configurations)
    start = time.perf_counter()
    table = build_meta_dataset(*history, parameters.target)
    built = time.perf_counter()
    memory = train_memories(table, parameters, 0, n_workers)["classification"]
    trained = time.perf_counter()
    known = pd.DataFrame(
        memory.residuals.configurations, columns=list(memory.surrogate.configuration_columns)
    )
    memory.prior(history.metafeatures.set_index("task_id").iloc[0], known)
    ready = time.perf_counter()
    return {"build": built - start, "train": trained - built, "prior": ready - trained}


class Watch:
    """Peak memory (bytes) and computing time (seconds) of a process and its children together."""

    def __init__(self, process: psutil.Process) -> None:
        self.process = process
        self.peak = 0
        self._seconds: dict[int, float] = {}

    @property
    def seconds(self) -> float:
        """Time that all of them computed."""
        return sum(self._seconds.values())

    def look(self) -> None:
        """Look once."""
        total = 0
        for one in [self.process, *self.process.children(recursive=True)]:
            try:
                full, times = one.memory_full_info(), one.cpu_times()
            except psutil.Error:
                # It has just ended
                continue
            total += getattr(full, "pss", full.rss)
            self._seconds[one.pid] = times.user + times.system
        self.peak = max(self.peak, total)


def measure(n_tasks: int, n_configurations: int, n_workers: int) -> dict[str, float]:
    """Train one size in a process of its own and watch its memory."""
    command = [sys.executable, __file__, "--workers", str(n_workers), "--one"]
    command += [str(n_tasks), str(n_configurations)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        watch = Watch(psutil.Process(running.pid))
        while running.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                watch.look()
            time.sleep(0.1)
        printed = running.communicate()[0]
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    seconds: dict[str, float] = json.loads(printed)
    return seconds | {
        "tasks": n_tasks,
        "configurations": n_configurations,
        "total": seconds["build"] + seconds["train"],
        "core_seconds": watch.seconds,
        "gigabytes": watch.peak / 1e9,
    }


def draw(table: pd.DataFrame) -> Any:
    """Draw time and memory over the number of evaluations, growth by tasks and by configurations."""
    from plotly.subplots import make_subplots

    panels = {"core_seconds": "seconds of one core to build and train", "gigabytes": "peak memory in GB"}
    figure = make_subplots(rows=1, cols=2, subplot_titles=list(panels.values()))
    growth = {
        f"growing tasks, {LARGEST[1]} configurations each": table["configurations"] == LARGEST[1],
        f"growing configurations, {LARGEST[0]} tasks": table["tasks"] == LARGEST[0],
    }
    for column, measure_name in enumerate(panels, start=1):
        for number, (name, chosen) in enumerate(growth.items()):
            rows = table[chosen].sort_values("evaluations")
            figure.add_scatter(
                x=rows["evaluations"],
                y=rows[measure_name],
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                mode="lines+markers",
                line={"color": ("#1f77b4", "#ff7f0e")[number], "dash": ("solid", "dash")[number]},
                text=[f"{t} x {c}" for t, c in zip(rows["tasks"], rows["configurations"], strict=True)],
                row=1,
                col=column,
            )
    figure.update_xaxes(type="log", title="evaluations (tasks x configurations)")
    figure.update_yaxes(type="log")
    figure.update_layout(title="Training a surrogate", legend={"orientation": "h", "y": -0.25})
    return figure


def main() -> None:
    """Measure all sizes, print a table and write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--one", type=int, nargs=2, metavar=("TASKS", "CONFIGURATIONS"), help=argparse.SUPPRESS
    )
    parser.add_argument("--workers", type=int, default=2, help="members trained at once")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the figure goes (HTML)")
    parser.add_argument("--largest-only", action="store_true", help="no growth, no figure")
    arguments = parser.parse_args()
    if arguments.one:
        n_tasks, n_configurations = arguments.one
        print(json.dumps(train(n_tasks, n_configurations, arguments.workers)))
        return
    sizes = {(n_tasks, LARGEST[1]) for n_tasks in TASKS} | {(LARGEST[0], n) for n in CONFIGURATIONS}
    if arguments.largest_only:
        sizes = {LARGEST}
    print(f"{arguments.workers} workers; load of the machine before the start {os.getloadavg()[0]:.1f}")
    print("  tasks  configurations  build s  train s  total s  core s  prior s  peak GB", flush=True)
    rows = []
    for n_tasks, n_configurations in sorted(sizes, key=lambda size: size[0] * size[1]):
        row = measure(n_tasks, n_configurations, arguments.workers)
        rows.append(row)
        print(
            f"{n_tasks:7}{n_configurations:16}{row['build']:9.1f}{row['train']:9.1f}{row['total']:9.1f}"
            f"{row['core_seconds']:8.0f}{row['prior']:9.2f}{row['gigabytes']:9.2f}",
            flush=True,
        )
    last = rows[-1]
    print(
        f"{LARGEST[0]} x {LARGEST[1]}: {last['total'] / 60:.1f} minutes (wanted: {MINUTES_WANTED}), "
        f"{last['gigabytes']:.1f} GB (wanted: {GIGABYTES_WANTED})"
    )
    if len(rows) > 1:
        table = pd.DataFrame(rows)
        table["evaluations"] = table["tasks"] * table["configurations"]
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        draw(table).write_html(arguments.output, include_plotlyjs=True, div_id="scale")
        print(f"figure: {arguments.output}")


if __name__ == "__main__":
    with threadpool_limits(1), warnings.catch_warnings(action="ignore"):
        main()
