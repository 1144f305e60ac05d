"""Peak memory and seconds of a search on tables of a million rows, or of hundreds of columns.

Each table is searched in a process of its own: its peak resident memory is printed beside the size of the
table, so that what the search adds is seen. Tables are normal numbers with a target of two classes.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd

from foretune import MetaSearchCV

GIGABYTE = 1e9
# ru_maxrss counts kilobytes on Linux, bytes on macOS
PEAK_UNIT = 1 if sys.platform == "darwin" else 1000


def make_table(n_rows: int, n_columns: int) -> tuple[pd.DataFrame, pd.Series]:
    """Make a table whose first three columns tell the class."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_columns))
    signal = X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=n_rows)
    return pd.DataFrame(X).add_prefix("x"), pd.Series(signal > 0, name="target")


def peak_gigabytes() -> float:
    """Return the peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT / GIGABYTE


def search_one(n_rows: int, n_columns: int, options: argparse.Namespace) -> None:
    """Search on one table and print its line."""
    X, y = make_table(n_rows, n_columns)
    before, start = peak_gigabytes(), time.perf_counter()
    limits = {"max_time": options.max_time} if options.max_time else {}
    search = MetaSearchCV(options.learner, options.trials, random_state=0, **limits).fit(X, y)
    seconds = time.perf_counter() - start
    size = X.memory_usage().sum() / GIGABYTE
    print(
        f"{n_rows:,} x {n_columns}: table {size:.2f} GB, peak {before:.2f} GB before and "
        f"{peak_gigabytes():.2f} GB after, {seconds:.0f} s, of which the last fit {search.refit_time_:.0f}",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tables", nargs="+", default=["1000000x20", "100000x500"], help="rows x columns")
    parser.add_argument("--learner", default="xgboost")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--max-time", type=float, help="budget of each search in seconds")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.one:
        n_rows, n_columns = map(int, options.one.split("x"))
        search_one(n_rows, n_columns, options)
        return
    for table in options.tables:
        subprocess.run([sys.executable, __file__, *sys.argv[1:], f"--one={table}"], check=True)


if __name__ == "__main__":
    main()
