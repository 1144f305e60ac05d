"""Memory of a search: many trials take no more than few, because all share the same folds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# Resident bytes of the process and its workers after few and after many trials on a table of 8 MB; what
# processes share counts once
PROGRAM = """
import json, sys, warnings
import numpy as np, pandas as pd, psutil
from foretune import MetaSearchCV
from foretune.recommendation.search_cv import trial_evaluator
warnings.simplefilter("ignore")

N_JOBS, LEAK = int(sys.argv[1]), sys.argv[2] == "leak"
N_ROWS, N_COLUMNS, FEW, MANY = 25_000, 40, 5, 40
rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(N_ROWS, N_COLUMNS)))
y = (X[0] + X[1] * X[2] > 0).astype(int)
seen, leaked, size_at = [], [], {}

evaluate = trial_evaluator.TrialEvaluator.evaluate


def counted(evaluator, configurations, race=None):
    for pair in evaluate(evaluator, configurations, race):
        seen.append(pair)
        if LEAK:
            leaked.append(X.to_numpy() + 1.0)
        size_at[len(seen)] = resident()
        yield pair


def resident():
    here = psutil.Process()
    return sum(one.memory_full_info().pss for one in [here, *here.children(recursive=True)])


trial_evaluator.TrialEvaluator.evaluate = counted
settings = {"n_jobs": N_JOBS, "cv": 2, "racing": False, "min_gain": 0, "refit": False, "random_state": 0}
MetaSearchCV("linear", MANY, **settings).fit(X, y)
table = int(X.to_numpy().nbytes)
print(json.dumps({"table": table, "few": size_at[FEW], "many": size_at[MANY], "n": len(seen)}))
"""


def _measure(n_jobs: int, *, leaks: bool = False) -> tuple[float, int]:
    """Return by how many tables the memory grew from 5 to 40 trials, and the number of trials."""
    words = [sys.executable, "-c", PROGRAM, str(n_jobs), "leak" if leaks else "-"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    found = json.loads(done.stdout.splitlines()[-1])
    return (found["many"] - found["few"]) / found["table"], found["n"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts shared pages once")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_memory_does_not_grow_with_trials(n_jobs: int) -> None:
    tables, n_trials = _measure(n_jobs)
    assert n_trials == 40
    # 35 trials with a copy each would be 35 tables
    assert tables < 4


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts shared pages once")
def test_a_copy_for_each_trial_would_be_seen() -> None:
    tables, _ = _measure(1, leaks=True)
    assert tables > 25
