"""Benchmark of the start of ``kedro run`` against an empty Kedro project.

Both projects get the same trivial pipeline (one node that returns its parameter); the difference is the cost
of Foretune's pipelines, hooks and settings. Run by ``make bench``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
KEDRO = Path(sys.executable).with_name("kedro")
TRIVIAL = """
from kedro.pipeline import Node, Pipeline


def copy_seed(seed: int) -> int:
    return seed


def create_pipeline() -> Pipeline:
    return Pipeline([Node(copy_seed, inputs="params:seed", outputs="same_seed", name="copy_seed")])
"""
LIMIT = 1.5


def make_empty_project(folder: Path) -> Path:
    """Make the project that ``kedro new`` makes, with the trivial pipeline."""
    command = [str(KEDRO), "new", "--name", "empty", "--tools", "none", "--example", "n"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    project = folder / "empty"
    (project / "conf/base/parameters.yml").write_text("seed: 0\n")
    shutil.copy(PROJECT / ".telemetry", project)
    add_trivial_pipeline(project / "src/empty")
    return project


def copy_foretune(folder: Path) -> Path:
    """Copy this project and add the trivial pipeline to its own."""
    project = folder / "foretune"
    for name in ("conf", "src"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(PROJECT / name, project)
    add_trivial_pipeline(project / "src/foretune")
    return project


def add_trivial_pipeline(package: Path) -> None:
    """Add a pipeline ``trivial`` to a package."""
    folder = package / "pipelines/trivial"
    folder.mkdir()
    (folder / "__init__.py").write_text(TRIVIAL)


def seconds_to_run(project: Path) -> float:
    """Run the trivial pipeline and return the wall time of the whole command, in seconds."""
    environment = {**os.environ, "DO_NOT_TRACK": "1", "PYTHONPATH": str(project / "src")}
    start = time.perf_counter()
    command = [str(KEDRO), "run", "--pipelines=trivial"]
    subprocess.run(command, cwd=project, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def main() -> None:
    """Time both projects in turn and print the ratio pair by pair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11, help="pairs of runs that count (default: 11)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        empty, foretune = make_empty_project(Path(folder)), copy_foretune(Path(folder))
        for project in (empty, foretune):
            seconds_to_run(project)
        pairs = [(seconds_to_run(foretune), seconds_to_run(empty)) for _ in range(runs)]
    ratios = [ours / theirs for ours, theirs in pairs]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"start-up of kedro run, trivial pipeline, {runs} pairs (median):")
    print(f"  Foretune {ours:.2f} s, empty project {theirs:.2f} s, ratio {statistics.median(ratios):.2f}")
    print(f"  ratio from {min(ratios):.2f} to {max(ratios):.2f}; at most {LIMIT} is wanted")
    sys.exit(statistics.median(ratios) > LIMIT)


if __name__ == "__main__":
    main()
