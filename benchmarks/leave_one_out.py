"""Benchmark of out-of-bag evaluation against refitting the ensemble for every held-out family.

Both measure the regret of the policy on every task. The first fits one ensemble, and each task is predicted
by members not trained on its family; the loop trains a surrogate on all other families each time. Times are
CPU times of one core. The meta-dataset is synthetic, or read from files. Run by ``make bench``.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from foretune.base.seeds import derive_seed
from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.regret import best_found, normalised_regret
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset
from foretune.meta_model.out_of_bag import SURROGATE
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.policy import Policy
from foretune.meta_model.training import train_memory
from stages import read_parameters
from synthetic_tasks import make_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from foretune.meta_model.parameters import PolicyParameters
    from foretune.meta_model.prior import SurfacePrior

SEED = 0
N_TRIALS = (1, 2, 3, 5, 10, 20)
RATIO_WANTED = 10
LOOP_SECONDS = 300


def read_history(trials_file: Path, metafeatures_file: Path | None, n_tasks: int) -> MetaDataset:
    """Read imported tables; every task is its own family unless there is a column ``family``."""
    trials = _read(trials_file)
    trials["task_id"] = trials["task_id"].astype(str)
    catalogue = trials.drop_duplicates("task_id").sort_values("task_id").head(n_tasks)
    catalogue = catalogue[["task_id"]].assign(
        task_type="classification",
        family=catalogue.get("family", catalogue["task_id"]),
        provenance="real",
        content_hash=catalogue["task_id"],
    )
    if metafeatures_file:
        metafeatures = _read(metafeatures_file)
        metafeatures["task_id"] = metafeatures["task_id"].astype(str)
    else:
        metafeatures = catalogue[["task_id"]]
    if "config_id" not in trials:
        parameters = [column for column in trials if str(column).startswith(("param_", "learner"))]
        trials["config_id"] = pd.util.hash_pandas_object(trials[parameters], index=False).map(
            "{:016x}".format
        )
        trials = trials.drop_duplicates(["task_id", "config_id"])
    if "learner" not in trials:
        trials["learner"] = "unknown"
    if "strategy" not in trials:
        trials["strategy"] = "logged"
    drop = [column for column in ("family", "task_type", "provenance", "content_hash") if column in trials]
    target = training_parameters().target
    return MetaDataset.from_table(
        build_meta_dataset(trials.drop(columns=drop), metafeatures, catalogue, target)
    )


def _read(file: Path) -> pd.DataFrame:
    return pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file)


def training_parameters() -> MetaTrainingParameters:
    """Read the default settings."""
    return MetaTrainingParameters(**read_parameters("meta_training"))


def tune(prior: SurfacePrior, task: HeldOutTask, parameters: PolicyParameters) -> npt.NDArray[np.float64]:
    """Let the policy search; give its regret at each number of trials."""
    policy = Policy(prior, parameters, task.rng(SEED))
    order = []
    for _ in range(min(N_TRIALS[-1], len(task))):
        order.append(policy.propose())
        policy.observe(order[-1], task.evaluate(order[-1]))
    scores = task.reveal_all()
    regret = normalised_regret(best_found(scores, np.array([order], dtype=np.intp), N_TRIALS), scores)
    return np.asarray(regret[0], dtype=np.float64)


def evaluate_out_of_bag(
    meta_dataset: MetaDataset, training: MetaTrainingParameters
) -> tuple[dict[str, npt.NDArray[np.float64]], float, float]:
    """Regret of every task, seconds to fit, seconds to search."""
    start = time.process_time()
    truth = Truth.from_meta_dataset(meta_dataset, training.target)
    evidence = Evidence.fit(meta_dataset, truth, training, [SURROGATE], SEED)
    fitted = time.process_time()
    regrets = {}
    for family in meta_dataset.families.unique():
        fold = EvaluationFold(meta_dataset, family, training, {SEED: evidence}, truth)
        for task in _tasks(meta_dataset, family):
            regrets[task.task_id] = tune(fold.prior(task, SEED), task, training.policy)
    return regrets, fitted - start, time.process_time() - fitted


def evaluate_by_refits(
    meta_dataset: MetaDataset, training: MetaTrainingParameters, most_seconds: float
) -> tuple[dict[str, npt.NDArray[np.float64]], float, float, int]:
    """Do the same by a loop, as far as the time allows; also give the number of families done."""
    regrets: dict[str, npt.NDArray[np.float64]] = {}
    families = meta_dataset.families.unique()
    fit_seconds, search_seconds, n_done = 0.0, 0.0, 0
    # In an order of its own: the first of a log may be alike
    for family in np.random.default_rng(SEED).permutation(families):
        if fit_seconds + search_seconds > most_seconds:
            break
        start = time.process_time()
        others = meta_dataset.select(meta_dataset.tasks.index[meta_dataset.families != family])
        memory = train_memory(others, training, derive_seed(SEED, family))
        fitted = time.process_time()
        for task in _tasks(meta_dataset, family):
            prior = memory.prior(task.metafeatures, task.candidates, SEED)
            regrets[task.task_id] = tune(prior, task, training.policy)
        fit_seconds += fitted - start
        search_seconds += time.process_time() - fitted
        n_done += 1
    return regrets, fit_seconds, search_seconds, n_done


def _tasks(meta_dataset: MetaDataset, family: str) -> list[HeldOutTask]:
    ids = meta_dataset.tasks.index[meta_dataset.families == family]
    return [HeldOutTask.from_meta_dataset(meta_dataset, task_id) for task_id in ids]


def compare(meta_dataset: MetaDataset, most_seconds: float) -> None:
    """Print times and regrets of both."""
    training = training_parameters()
    n_families = meta_dataset.families.nunique()
    ours, fit, search = evaluate_out_of_bag(meta_dataset, training)
    print(f"out of bag: fits {fit:.1f} s, searches {search:.1f} s", flush=True)
    again, fit_again, search_again, n_done = evaluate_by_refits(meta_dataset, training, most_seconds)
    share = n_families / n_done
    how = "" if n_done == n_families else f", extrapolated from {n_done} of {n_families} families"
    print(f"refit loop: fits {share * fit_again:.0f} s, searches {share * search_again:.0f} s{how}")
    whole, whole_again = fit + search, share * (fit_again + search_again)
    print(
        f"ratio of the whole {whole_again / whole:.1f} (wanted: {RATIO_WANTED}), "
        f"of the fits alone {share * fit_again / fit:.1f}"
    )
    print_regrets(np.array([ours[task] for task in again]), np.array(list(again.values())))


def print_regrets(ours: npt.NDArray[np.float64], again: npt.NDArray[np.float64]) -> None:
    """Print mean regrets of the same tasks, and their difference with its standard error."""
    difference = ours - again
    error = difference.std(axis=0, ddof=1) / np.sqrt(len(difference))
    print(f"mean regret on the {len(ours)} tasks that both have done")
    rows: list[tuple[str, Sequence[Any]]] = [
        ("trials", N_TRIALS),
        ("out of bag", ours.mean(axis=0)),
        ("refit loop", again.mean(axis=0)),
        ("difference", difference.mean(axis=0)),
        ("+-", error),
    ]
    for name, values in rows:
        cells = "".join(f"{value:9}" if name == "trials" else f"{value:9.4f}" for value in values)
        print(f"  {name:12}{cells}")


def main() -> None:
    """Compare on one history."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=Path, help="trials of real tasks, Parquet or CSV")
    parser.add_argument("--metafeatures", type=Path, help="their metafeatures")
    parser.add_argument("--tasks", type=int, default=100, help="number of tasks")
    parser.add_argument("--configurations", type=int, default=65, help="of each task that is made up")
    parser.add_argument(
        "--loop-seconds",
        type=float,
        default=LOOP_SECONDS,
        help="the loop ends after so many, and is extrapolated",
    )
    arguments = parser.parse_args()
    if arguments.trials:
        meta_dataset = read_history(arguments.trials, arguments.metafeatures, arguments.tasks)
    else:
        history = make_history(arguments.tasks, arguments.configurations)
        target = training_parameters().target
        meta_dataset = MetaDataset.from_table(build_meta_dataset(*history, target))
    print(
        f"{len(meta_dataset.tasks)} tasks, {meta_dataset.families.nunique()} families, "
        f"{len(meta_dataset.evaluations)} evaluations; load of the machine {os.getloadavg()[0]:.1f}"
    )
    compare(meta_dataset, arguments.loop_seconds)


if __name__ == "__main__":
    with threadpool_limits(1), warnings.catch_warnings(action="ignore"):
        main()
