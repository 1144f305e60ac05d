"""How far a memory's first choices are from the best of its configurations, by the size of the table.

Each task of the memory is held out with its family: the surrogate's members that have seen the family are
left out. Regret is the distance of the best of the first n choices to the best configuration that was tried
on the task, as a share of the distance between best and worst. Choices are those of the memory (``memory``),
the configurations that are best on average of the other families (``average``), and random ones (``random``,
the mean of fifty draws); ``default`` is the library's. Tasks that lack a configuration are left out. Without
``--learner`` choices are among the configurations of all learners::

    python benchmarks/first_choices.py --task-type regression --metric rmse --learner lightgbm
    python benchmarks/first_choices.py --task-type classification --metric log_loss --learner lightgbm

take about half a minute each.
"""

from __future__ import annotations

import argparse

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune import load_memory
from foretune.meta_model import Memory
from foretune.meta_model.restoring import restore_trials
from foretune.spaces import DEFAULT

NUMBERS = (1, 3, 5)
BOUNDS = (0, 1_000, 4_000, 20_000, 10**9)
N_DRAWS = 50
Floats = npt.NDArray[np.float64]


def main() -> None:
    """Print mean regrets by size class."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--task-type", default="regression", choices=["classification", "regression"])
    parser.add_argument("--metric", default="rmse", help="metric of the memory")
    parser.add_argument("--learner", default=None, help="choose among the configurations of one learner")
    parser.add_argument("--memory", default=None, help="folder of surrogates; else what ships")
    options = parser.parse_args()
    memory = load_memory(options.task_type, options.memory, options.metric)
    table = measure(memory, options.learner)
    print(table.round(3).to_string())


def measure(memory: Memory, learner: str | None = None) -> pd.DataFrame:
    """Return mean regrets, one row per way to choose and number of choices, one column per size class."""
    trials = restore_trials(memory)
    scores = trials.evaluations.pivot_table(index="task_id", columns="config_id", values="score")
    if learner is not None:
        scores = scores[[name for name in scores.columns if trials.configurations[name].learner == learner]]
    scores = scores.reindex(list(memory.task_hashes)).dropna()
    best, worst = scores.max(axis=1), scores.min(axis=1)
    regrets = scores.rsub(best, axis=0).div(best - worst, axis=0).fillna(0.0)
    configurations = [trials.configurations[name] for name in scores.columns]
    encoded = memory.encode(configurations)
    default = [one.strategy == DEFAULT for one in configurations].index(True)
    families = pd.Series(memory.training_set.families, list(memory.task_hashes))[scores.index]
    rng = np.random.default_rng(0)
    rows = []
    for task_id, regret in zip(scores.index, regrets.to_numpy(), strict=True):
        left = memory.without([families[task_id]])
        described = trials.metafeatures.loc[task_id]
        chosen = {
            "memory": np.argsort(-np.ravel(left.surrogate.predict_target(described, encoded)), kind="stable"),
            "average": np.argsort(regrets[families != families[task_id]].mean().to_numpy(), kind="stable"),
        }
        row = {(way, n): regret[order[:n]].min() for way, order in chosen.items() for n in NUMBERS}
        draws = np.array([rng.permutation(len(regret)) for _ in range(N_DRAWS)])
        row |= {("random", n): regret[draws[:, :n]].min(axis=1).mean() for n in NUMBERS}
        rows.append(row | {("default", 1): regret[default]})
    n_rows = trials.tasks.loc[scores.index, "n_rows"].to_numpy(dtype=float)
    sizes = pd.cut(n_rows, BOUNDS, labels=["to 1,000", "to 4,000", "to 20,000", "above"])
    means = pd.DataFrame(rows).groupby(sizes, observed=True).mean().T
    counts = pd.Series(sizes).value_counts().reindex(means.columns)
    means.index = pd.MultiIndex.from_tuples(means.index, names=["choice", "n"])
    means.columns = pd.Index([f"{name} ({counts[name]})" for name in means.columns], name="rows (tasks)")
    return means


if __name__ == "__main__":
    main()
