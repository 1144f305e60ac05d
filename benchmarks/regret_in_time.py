"""Regret in time, on the half of the families on which the search per second was chosen and on the other.

Without arguments on the last run; with ``--trials`` (and ``--metafeatures``) on a log with ``fit_seconds``.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

import pandas as pd
import yaml

from foretune.base import UserError
from foretune.evaluation import EvaluationParameters, evaluate_methods
from foretune.evaluation.parameters import DEFAULT_METHODS
from foretune.logs import import_logs
from foretune.meta_model import MetaTrainingParameters, build_meta_dataset

ROOT = Path(__file__).resolve().parents[1]
RUN = ("data/05_model_input/meta_dataset.parquet", "data/03_primary/trial_costs.parquet")


def main() -> None:
    """Evaluate the methods and print the mean regret of each after each time, by half."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=Path, help="CSV or Parquet in the import contract")
    parser.add_argument("--metafeatures", type=Path)
    parser.add_argument("--methods", default=",".join(DEFAULT_METHODS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    raw = yaml.safe_load((ROOT / "conf/base/parameters_meta_training.yml").read_text())["meta_training"]
    training = MetaTrainingParameters.model_validate(raw)
    if options.trials is None:
        table, costs = (pd.read_parquet(ROOT / path) for path in RUN)
    else:
        log = import_logs(options.trials, options.metafeatures)
        costs = log.trials
        table = build_meta_dataset(log.trials, log.metafeatures, log.task_catalogue, training.target)
    parameters = EvaluationParameters(methods=tuple(options.methods.split(",")), n_seeds=options.seeds)
    found = evaluate_methods(table, parameters, training, 0, options.workers, trial_costs=costs)
    print(tabulate(found.regret_in_time).round(4).to_string())


def tabulate(regret_in_time: pd.DataFrame) -> pd.DataFrame:
    """Return the mean regret over tasks, a column for each time and a row for each half and method."""
    counted = regret_in_time[regret_in_time["provenance"] != "synthetic"]
    by = counted.assign(half=counted["family"].map(half_of))
    return by.pivot_table(index=["task_type", "half", "method"], columns="time", values="regret")


def half_of(family: str) -> str:
    """Return the half of a family, which hangs on its name alone."""
    return "checked on" if zlib.crc32(family.encode()) % 2 else "chosen on"


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
