"""Benchmark of the time of a recommendation: medians over fresh processes.

Targets: ``import foretune`` in 0.5 s, the first ``suggest`` on 10,000 rows of 20 features in 1 s after the
imports. Run by ``make bench`` on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

import numpy as np

IMPORT_WANTED, SUGGEST_WANTED = 0.5, 1.0
CODE = """
import json, time
start = time.perf_counter()
import foretune
seconds = {"import foretune": time.perf_counter() - start}
if WITH_LIBRARIES:
    import pandas, sklearn.ensemble, xgboost
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(N_ROWS, N_COLUMNS))
y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=N_ROWS) > 0).astype(int)
for name in ("first suggest", "second suggest"):
    start = time.perf_counter()
    foretune.suggest(X, y, learner=LEARNER, k=5)
    seconds[name] = time.perf_counter() - start
from foretune.recommendation import load_memory
from foretune.recommendation.core.new_table import describe_table, read_table
from foretune.recommendation.core.recommender import Recommender
start = time.perf_counter()
table = read_table(X, y)
seconds["read the table"] = time.perf_counter() - start
start = time.perf_counter()
described = describe_table(table, load_memory("classification").provenance.metafeature_settings)
seconds["metafeatures"] = time.perf_counter() - start
recommender = Recommender.for_table(X, y, LEARNER, metafeatures=described)
start = time.perf_counter()
recommender.prior
seconds["prior"] = time.perf_counter() - start
start = time.perf_counter()
recommender.rank(5)
seconds["rank"] = time.perf_counter() - start
print(json.dumps(seconds))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--learner", default="xgboost")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    print(f"load of the machine before the start {os.getloadavg()[0]:.1f}")
    for with_libraries in (True, False):
        settings = (
            f"WITH_LIBRARIES = {with_libraries}\nN_ROWS = {options.rows}\nN_COLUMNS = {options.columns}\n"
            f"LEARNER = {options.learner!r}\n"
        )
        runs = [measure(settings + CODE) for _ in range(options.repetitions)]
        medians = {name: float(np.median([run[name] for run in runs])) for name in runs[0]}
        print(f"pandas, scikit-learn and XGBoost imported {'before' if with_libraries else 'on the way'}")
        for name, seconds in medians.items():
            print(f"  {name:16s} {seconds:6.3f} s")
        if with_libraries:
            imported, first = medians["import foretune"], medians["first suggest"]
            size = f"{options.rows} x {options.columns}"
            print(f"import foretune: {imported:.3f} s (wanted: {IMPORT_WANTED})")
            print(f"first suggest on {size}: {first:.2f} s (wanted: {SUGGEST_WANTED})")


def measure(code: str) -> dict[str, float]:
    """Run a program in a process of its own; it prints seconds by stage as JSON."""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return measured


if __name__ == "__main__":
    main()
