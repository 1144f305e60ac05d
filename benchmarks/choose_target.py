"""Choice of the target's normalisation on one half of the families, with a check on the other half.

Without arguments on the meta-dataset of the last run; with ``--trials`` (and ``--metafeatures``) on logs. The
choice has the lowest mean regret over all numbers of trials on the first half.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from foretune.evaluation.evaluate import evaluate_methods
from foretune.evaluation.parameters import EvaluationParameters
from foretune.logs import import_logs
from foretune.meta_model.parameters import MetaTrainingParameters

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ("raw", "minmax", "zscore", "copula")


def main() -> None:
    """Compare the targets and print what each half says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=Path, help="CSV or Parquet in the import contract")
    parser.add_argument("--metafeatures", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="of the halves and of the first repetition")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    table = _read(options.trials, options.metafeatures)
    raw = yaml.safe_load((ROOT / "conf/base/parameters_meta_training.yml").read_text())["meta_training"]
    parameters = EvaluationParameters(methods=("foretune", "greedy_portfolio"), n_seeds=options.seeds)
    for task_type, rows in table.groupby("task_type", sort=True):
        families = np.random.default_rng(options.seed).permutation(sorted(rows["family"].unique()))
        first = set(families[: len(families) // 2])
        n_others = len(families) - len(first)
        print(f"{task_type}: mean regret on {len(first)} families, and on the {n_others} others")
        curves: dict[str, pd.Series] = {}
        for target in TARGETS:
            meta_training = MetaTrainingParameters.model_validate({**raw, "target": target})
            regret = evaluate_methods(rows, parameters, meta_training, options.seed, options.workers).regret
            regret["half"] = np.where(regret["family"].isin(first), "chosen on", "checked on")
            for method in ("greedy_portfolio", "foretune"):
                name = target if method == "foretune" else method
                of_method = regret[regret["method"] == method]
                by_task = of_method.groupby(["half", "n_trials", "task_id"])["regret"].mean()
                curves[name] = by_task.groupby(["half", "n_trials"]).mean()
        for half in ("chosen on", "checked on"):
            print(half)
            print(pd.DataFrame({name: curve[half] for name, curve in curves.items()}).T.round(4).to_string())
        means = {name: curve["chosen on"].mean() for name, curve in curves.items() if name in TARGETS}
        checked = {name: curve["checked on"].mean() for name, curve in curves.items() if name in TARGETS}
        chosen = min(means, key=lambda name: means[name])
        rank = sorted(checked.values()).index(checked[chosen]) + 1
        print(f"{task_type}: chosen {chosen}, on the other half number {rank} of {len(TARGETS)}\n")


def _read(trials: Path | None, metafeatures: Path | None) -> pd.DataFrame:
    if trials is None:
        return pd.read_parquet(ROOT / "data/05_model_input/meta_dataset.parquet")
    return import_logs(trials, metafeatures).build_meta_dataset("copula")


if __name__ == "__main__":
    main()
