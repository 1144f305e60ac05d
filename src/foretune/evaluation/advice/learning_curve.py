"""Learning curve of a memory: held-out regret of the starting list, learnt from fewer of the known tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import derive_seed
from foretune.evaluation.advice.starting_list import LIST_LENGTH, order_greedily
from foretune.evaluation.evidence import Truth
from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.regret import best_found, normalised_regret
from foretune.meta_model import FEWEST_FAMILIES, MetaDataset, MetaTrainingParameters

LEARNING_CURVE_COLUMNS = [
    "task_type",
    "n_known_families",
    "n_known_tasks",
    "n_trials",
    "task_id",
    "family",
    "n_draws",
    "regret",
]
# Families are halved so often; the draws of a size, at most, and in all for a size
MOST_HALVINGS = 4
MOST_DRAWS, DRAWS_OF_A_SIZE = 20, 400
# Families held out at most, evenly spaced by name
MOST_HELD_OUT = 64


def measure_learning_curve(
    meta_dataset_table: pd.DataFrame,
    parameters: EvaluationParameters,
    meta_training: MetaTrainingParameters,
    seed: int,
) -> pd.DataFrame:
    """Measure the held-out regret of the starting list on random subsets of the known families.

    Parameters
    ----------
    meta_dataset_table
        Flat table of :func:`foretune.meta_model.build_meta_dataset`. Task types with fewer than three
        families are left out.
    parameters
        ``claims_on`` selects the tasks that are held out, of at most 64 families.
    meta_training
        Parameters of the memory.
    seed
        Seed of the subsets.

    Returns
    -------
    pandas.DataFrame
        One row per task type, number of known families, number of trials (1 to 10) and held-out task, with
        the regret averaged over ``n_draws`` subsets: all known families, then half, a quarter, ... of them.
        ``n_known_tasks`` is the mean number of their tasks.
    """
    rows: list[dict[str, Any]] = []
    for task_type, table in meta_dataset_table.groupby("task_type", sort=True):
        meta_dataset = MetaDataset.from_table(table)
        if meta_dataset.families.nunique() < FEWEST_FAMILIES:
            continue
        rng = np.random.default_rng(derive_seed(seed, "learning curve", task_type))
        measured = _hold_out(meta_dataset, parameters, meta_training, rng)
        rows += [{"task_type": str(task_type)} | row for row in measured]
    table = pd.DataFrame(rows, columns=LEARNING_CURVE_COLUMNS)
    # Folds with a large and a small family held out know differently many tasks: one number for each size
    sizes = table.groupby(["task_type", "n_known_families"])["n_known_tasks"].transform("mean")
    return table.assign(n_known_tasks=sizes).sort_values(LEARNING_CURVE_COLUMNS[:5], ignore_index=True)


def average_learning_curve(learning_curve: pd.DataFrame) -> pd.DataFrame:
    """Average the regrets of :func:`measure_learning_curve` over held-out tasks.

    Returns
    -------
    pandas.DataFrame
        ``task_type, n_known_families, n_known_tasks, n_trials, mean_regret, n_held_out, n_draws``.
    """
    return learning_curve.groupby(LEARNING_CURVE_COLUMNS[:4], as_index=False).agg(
        mean_regret=("regret", "mean"), n_held_out=("task_id", "nunique"), n_draws=("n_draws", "max")
    )


def sizes_to_know(n_families: int) -> list[int]:
    """Return the numbers of known families to measure at, increasing: all, half of them, ..."""
    return sorted({max(1, round(n_families / 2**halvings)) for halvings in range(MOST_HALVINGS + 1)})


def _hold_out(
    meta_dataset: MetaDataset,
    parameters: EvaluationParameters,
    meta_training: MetaTrainingParameters,
    rng: np.random.Generator,
) -> Iterator[dict[str, Any]]:
    counted = meta_dataset.tasks[meta_dataset.tasks["provenance"].isin(parameters.claims_on)]
    families = sorted(counted["family"].unique())
    held_out = [
        families[at]
        for at in np.linspace(0, len(families) - 1, min(len(families), MOST_HELD_OUT)).astype(int)
    ]
    truth = Truth.from_meta_dataset(meta_dataset, meta_training.target)
    tasks = counted[counted["family"].isin(held_out)]
    n_draws = int(np.clip(DRAWS_OF_A_SIZE // max(len(tasks), 1), 2, MOST_DRAWS))
    for family in held_out:
        fold = EvaluationFold(meta_dataset, family, meta_training, truth=truth)
        for task_id in tasks.index[tasks["family"] == family]:
            task = HeldOutTask.from_meta_dataset(meta_dataset, task_id)
            if np.isfinite(task.reveal_all()).any():
                about = {"task_id": task_id, "family": family}
                yield from (about | row for row in _measure(fold, task, n_draws, rng))


def _measure(
    fold: EvaluationFold, task: HeldOutTask, n_draws: int, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Measure the list's regret on one task, for every number of known families."""
    surfaces, scores = fold.surfaces(task.candidates.index), task.reveal_all()
    names, family = np.unique(fold.known_tasks.families.to_numpy(dtype=str), return_inverse=True)
    numbers = list(range(1, LIST_LENGTH + 1))
    for size in sizes_to_know(len(names)):
        # All families can be drawn in one way only
        drawn = [rng.permutation(len(names))[:size] for _ in range(n_draws if size < len(names) else 1)]
        subsets = [np.isin(family, chosen) for chosen in drawn]
        lists = [order_greedily(surfaces[subset], LIST_LENGTH, rng) for subset in subsets]
        regret = _mean_regret(scores, lists, numbers)
        known = float(np.mean([subset.sum() for subset in subsets]))
        for n_trials, value in zip(numbers, regret.tolist(), strict=True):
            yield {
                "n_known_families": size,
                "n_known_tasks": known,
                "n_trials": n_trials,
                "n_draws": len(drawn),
                "regret": value,
            }


def _mean_regret(
    scores: npt.NDArray[np.float64], lists: list[npt.NDArray[np.intp]], numbers: list[int]
) -> npt.NDArray[np.float64]:
    found = best_found(scores, np.array(lists), numbers)
    regret: npt.NDArray[np.float64] = normalised_regret(found, scores).mean(axis=0)
    return regret
