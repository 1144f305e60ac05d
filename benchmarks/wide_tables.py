"""Seconds of everything that a user calls on a wide table, by the number of columns.

For numbers, for texts, and for a mixture of what files hold (dates, booleans with gaps, empty columns). The
last line of each kind is the exponent of the time between the two largest numbers of columns: 1 is linear,
2 would be quadratic. Run it by ``make bench``.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

import foretune
from foretune import MetaSearchCV
from foretune.hpo import HpoParameters
from foretune.metafeatures import MetafeatureExtractor
from foretune.recommendation.core import RecommendationParameters, load_memory
from foretune.recommendation.table import (
    build_page,
    programs_for,
    read_user_table,
    recommend_to,
    tabulate_result,
)

ROOT = Path(__file__).parents[1]
N_ROWS = 60
KINDS = ("numbers", "texts", "mixture")
# Before the program on the page fits anything
FITS_FROM = "numbers = make_pipeline"


def make_table(kind: str, n_columns: int, seed: int = 0) -> pd.DataFrame:
    """Make a table of a kind with a binary target ``y``."""
    rng = np.random.default_rng(seed)
    names = [f"g{at}" for at in range(n_columns)]
    if kind == "numbers":
        frame = pd.DataFrame(rng.normal(size=(N_ROWS, n_columns)), columns=names)
    elif kind == "texts":
        frame = pd.DataFrame(rng.choice([*"abc"], size=(N_ROWS, n_columns)), columns=names)
    else:
        gaps = rng.choice(np.array([True, False, None], dtype=object), size=(N_ROWS, n_columns))
        makers: list[Callable[[int], Any]] = [
            lambda at: pd.Timestamp(0) + pd.to_timedelta(rng.integers(0, 9999, N_ROWS), "h"),
            lambda at: pd.Series(gaps[:, at], dtype=object),
            lambda at: np.full(N_ROWS, np.nan),
            lambda at: rng.normal(size=N_ROWS),
        ]
        frame = pd.DataFrame({name: makers[at % len(makers)](at) for at, name in enumerate(names)})
    return frame.assign(y=np.arange(N_ROWS) % 2)


def time_calls(frame: pd.DataFrame, folder: Path) -> dict[str, float]:
    """Return the seconds of processor time of each call on a table."""
    seconds: dict[str, float] = {}

    def clock(name: str, call: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = call()
        seconds[name] = time.process_time() - start
        return result

    file = folder / "wide.parquet"
    frame.to_parquet(file)
    raw = yaml.safe_load((ROOT / "conf/base/parameters_hpo.yml").read_text(encoding="utf-8"))
    hpo, parameters = HpoParameters(**raw["hpo"]), RecommendationParameters(learner="xgboost")
    memory = load_memory("classification", None)
    table = clock("read", lambda: read_user_table(str(file), "y"))
    X, y = table.features, table.answer
    clock("metafeatures", lambda: MetafeatureExtractor().extract(X, y))
    clock("suggest", lambda: foretune.suggest(X, y, "xgboost", k=3))
    search = clock("n_trials=0", lambda: MetaSearchCV("linear", n_trials=0, random_state=0).fit(X, y))
    clock("predict", lambda: search.predict(X))
    found = clock("pipeline", lambda: recommend_to(table, memory, parameters, 0))
    programs = clock("programs", lambda: programs_for(found, parameters, hpo, 0))
    clock("page", lambda: build_page(found, parameters, hpo, {}, 0))
    clock("terminal", lambda: (tabulate_result(found), found.to_json(), found.to_table()))
    clock("run program", lambda: exec(programs["program"].split(FITS_FROM)[0], {}))
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--columns", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        # What is loaded once only
        time_calls(make_table("numbers", 4), Path(folder))
        for kind in options.kinds:
            times = {n: time_calls(make_table(kind, n), Path(folder)) for n in options.columns}
            for n, seconds in times.items():
                listed = ", ".join(f"{name} {one:.2f}" for name, one in seconds.items())
                print(f"{kind}, {n:,} columns: {listed} s", flush=True)
            if len(times) > 1:
                *_, last, largest = options.columns
                total = [sum(times[n].values()) for n in (last, largest)]
                print(f"{kind}: exponent {math.log(total[1] / total[0]) / math.log(largest / last):.2f}")


if __name__ == "__main__":
    main()
