"""What was chosen in the method, and what was tried and did not help, on logs of trials.

For each log and size of memory one random subset of the tasks is drawn, from the half of the families that
choices are made on (``--half chosen``) or from the other one. Prints mean regret after numbers of trials for

- lists without feedback, with the weight of metafeatures learnt from the known tasks, or fixed;
- Foretune with other settings of its policy, and without its alternatives.

Logs are read as by ``memory_size.py``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

from foretune.base import UserError, derive_seed
from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.regret import best_found, normalised_regret
from foretune.meta_model import SURROGATE, MetaDataset, PolicyMixture, maximise_expected_best, prior
from foretune.meta_model.parameters import MetaTrainingParameters
from memory_size import HALVES, half_of, read_logs

ROOT = Path(__file__).resolve().parents[1]
N_TRIALS = (1, 2, 3, 5, 10, 20, 50)
WEIGHTS = (0.0, 0.25, 0.5, 1.0)
SETTINGS: dict[str, dict[str, Any]] = {
    "as it ships": {},
    "1 planned trial": {"n_planned": 1},
    "3 planned trials": {"n_planned": 3},
    "5 planned trials": {"n_planned": 5},
    "remainder .3": {"remainder": 0.3},
    "noise .01": {"noise": 0.01},
    "without alternatives": {"alternatives": False},
}
Search = Callable[[EvaluationFold, HeldOutTask], "npt.NDArray[np.intp] | list[int]"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("logs", type=Path, nargs="*", metavar="FOLDER", help="trials.parquet and metafeatures.parquet")
    add("--reference", action="store_true", help="the reference trials, by task type")
    add("--learners", nargs="*", default=[], metavar="LEARNER", help="of the reference trials, one at a time")
    add("--sizes", type=int, nargs="+", default=[10, 20], help="tasks in the memory")
    add("--half", choices=HALVES, default="chosen", help="families that are drawn from")
    add("--max-trials", type=int, default=128, help="configurations of a task, a sample of more")
    options = parser.parse_args(arguments)
    try:
        regrets = pd.concat(
            evaluate_choices(half_of(table, options.half), name, size)
            for name, table in read_logs(options).items()
            for size in options.sizes
        )
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{regrets.groupby('choice')['task_id'].count().max()} tasks held out, mean regret after n trials")
    for kind, rows in regrets.groupby("kind", sort=False):
        print(f"\n{kind}\n{rows.groupby('choice', sort=False)[list(N_TRIALS)].mean().round(4).to_string()}")
    return 0


def evaluate_choices(table: pd.DataFrame, name: str, size: int) -> pd.DataFrame:
    """Return the regrets of every choice on every task of a random subset, one row each."""
    tasks = np.array(sorted(table["task_id"].unique()))
    drawn = np.random.default_rng(derive_seed(0, "choices", name, size)).permutation(tasks)[:size]
    meta_dataset = MetaDataset.from_table(table[table["task_id"].isin(drawn)].assign(task_type=name))
    raw = yaml.safe_load((ROOT / "conf/base/parameters_meta_training.yml").read_text())["meta_training"]
    training = MetaTrainingParameters.model_validate(raw)
    truth = Truth.from_meta_dataset(meta_dataset, training.target)
    evidence = Evidence.fit(meta_dataset, truth, training, [SURROGATE], 0)
    rows: list[dict[Any, Any]] = []
    for kind, choice, search, weight in _choices():
        with _weight_of(weight):
            for family in sorted(meta_dataset.families.unique()):
                fold = EvaluationFold(meta_dataset, family, training, {0: evidence}, truth)
                for task_id in meta_dataset.tasks.index[(meta_dataset.families == family).to_numpy()]:
                    task = HeldOutTask.from_meta_dataset(meta_dataset, task_id)
                    scores = task.reveal_all()
                    found = best_found(scores, np.atleast_2d(search(fold, task)), N_TRIALS)
                    regret = normalised_regret(found, scores)[0]
                    about = {"log": name, "size": size, "task_id": task_id, "kind": kind, "choice": choice}
                    rows.append(about | dict(zip(N_TRIALS, regret, strict=True)))
    return pd.DataFrame(rows)


def _choices() -> Iterator[tuple[str, str, Search, float | None]]:
    lists = "Lists without feedback, by the weight of metafeatures"
    yield lists, "learnt", _list, None
    for weight in WEIGHTS:
        yield lists, str(weight), _list, weight
    for name, settings in SETTINGS.items():
        yield "Search, by the settings of the policy", name, _searching(settings), None


@contextmanager
def _weight_of(weight: float | None) -> Iterator[None]:
    """Fix the weight of metafeatures; None for the learnt one."""
    learnt = prior.metafeature_weight
    if weight is not None:
        prior.metafeature_weight = lambda *_: weight
    try:
        yield
    finally:
        prior.metafeature_weight = learnt


def _list(fold: EvaluationFold, task: HeldOutTask) -> npt.NDArray[np.intp]:
    return maximise_expected_best(fold.prior(task, 0).relative_surfaces(), N_TRIALS[-1])


def _searching(settings: dict[str, Any]) -> Search:
    changes = {name: value for name, value in settings.items() if name != "alternatives"}

    def search(fold: EvaluationFold, task: HeldOutTask) -> list[int]:
        training = fold.meta_training
        fold.meta_training = training.model_copy(
            update={"policy": training.policy.model_copy(update=changes)}
        )
        start = fold.prior(task, 0)
        if not settings.get("alternatives", True):
            start = replace(start, alternatives=())
        policy = PolicyMixture(start, fold.meta_training.policy, task.rng(0))
        order = []
        for _ in range(min(N_TRIALS[-1], len(task))):
            order.append(policy.propose())
            policy.observe(order[-1], task.evaluate(order[-1]))
        fold.meta_training = training
        return order

    return search


if __name__ == "__main__":
    sys.exit(main())
