"""Memory of the engine: many trials take no more than few, because all share the folds of a task."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# Resident bytes of the process and its workers after each delivery on a table of 8 MB; what processes share
# counts once
PROGRAM = """
import json, sys
import numpy as np, pandas as pd, psutil, yaml
from foretune.execution import ParallelParameters
from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.tasks.task import Task

rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(25_000, 40))).add_prefix("x")
y = pd.Series((X["x0"] + X["x1"] > 0).astype(int), name="target").astype("category")
task = Task("large", "classification", X, y)
size_at, leaked, leaks = {}, [], sys.argv[2] == "leak"


def resident(label, n_done, n_all):
    if leaks:
        leaked.extend(X.to_numpy() + 1.0 for _ in range(n_done - max(size_at, default=0)))
    here = psutil.Process()
    size_at[n_done] = sum(one.memory_full_info().pss for one in [here, *here.children(recursive=True)])


raw = yaml.safe_load(open("conf/base/parameters_hpo.yml"))["hpo"]
given = {"learners": ["linear"], "n_configurations": 29, "n_folds": 3, "limits": {}, "max_cells": {}}
parameters = HpoParameters(**{**raw, **given})
trials, _ = run_hpo({"large": task}, parameters, 0, ParallelParameters(n_workers=int(sys.argv[1])), resident)
few = min(n for n in size_at if n >= 4)
found = {"few": size_at[few], "many": size_at[max(size_at)], "n": max(size_at) - few}
print(json.dumps({"table": int(X.to_numpy().nbytes), **found}))
"""


def _measure(n_workers: int, *, leaks: bool = False) -> tuple[float, int]:
    """Return by how many tables the memory grew after the first trials, and the number of the later ones."""
    words = [sys.executable, "-c", PROGRAM, str(n_workers), "leak" if leaks else "-"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    found = json.loads(done.stdout.splitlines()[-1])
    return (found["many"] - found["few"]) / found["table"], found["n"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts shared pages once")
def test_memory_does_not_grow_with_trials() -> None:
    tables, n_trials = _measure(1)
    assert n_trials >= 15
    # With a copy each it would be as many tables as trials
    assert tables < 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts shared pages once")
def test_a_copy_for_each_trial_would_be_seen() -> None:
    tables, n_trials = _measure(1, leaks=True)
    assert tables > 0.8 * n_trials
