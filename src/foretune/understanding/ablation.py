"""Ablation of metafeature groups: the surrogate without each group, and with each alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import kendalltau, spearmanr

from foretune.base import derive_seed, in_processes
from foretune.evaluation import bootstrap_means
from foretune.meta_model import (
    MetaDataset,
    TargetKind,
    finite_or_missing,
    fit_booster,
    normalise_scores,
    predict_booster,
)
from foretune.understanding.metafeature_groups import group_metafeatures
from foretune.understanding.parameters import AblationParameters, UnderstandingParameters

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]
Record = dict[str, Any]


logger = logging.getLogger(__name__)

# A metafeature has one value per task, so 64 bins lose little, and halve the time of the default

ALL, NONE, WITHOUT, ONLY = "all", "none", "without", "only"
MEASURES = ("spearman", "kendall", "regret_1", "regret_3", "mse")
HIGHER_IS_BETTER = {"spearman": True, "kendall": True, "regret_1": False, "regret_3": False, "mse": False}
ABLATION_COLUMNS = [
    "task_type",
    "variant",
    "group",
    "n_metafeatures",
    "measure",
    "n_tasks",
    "value",
    "reference",
    "improvement",
    "ci_low",
    "ci_high",
]


def ablate_metafeatures(
    meta_dataset_table: pd.DataFrame,
    parameters: UnderstandingParameters,
    target: TargetKind,
    seed: int,
    n_workers: int = 1,
    on_progress: Progress | None = None,
) -> pd.DataFrame:
    """Evaluate the surrogate on held-out families with and without groups of metafeatures.

    In each fold of families, a lighter surrogate is fitted on the other folds for every set of metafeatures:
    all, none, all but one group, one group alone. Holding out every task would cost tasks times sets fits.
    All sets share folds, rows and seed, so that differences are paired.

    Parameters
    ----------
    meta_dataset_table
        Result of :func:`foretune.meta_model.meta_dataset.build_meta_dataset`. A task type without
        metafeatures or with fewer than three families is left out with a warning.
    parameters
        Folds, groups, the lighter surrogate, and the bootstrap.
    target
        Normalisation of the surrogate's target within tasks.
    seed
        Seed of the run.
    n_workers
        Number of fits in parallel; results do not depend on it.
    on_progress
        Called after each fit with a label, the number done and the total.

    Returns
    -------
    pandas.DataFrame
        One row per task type, set and measure. ``value`` is the mean over tasks of the Spearman or Kendall
        correlation of predicted and true scores, of the normalised regret of the best of the top 1 or 3
        predicted, or of the mean squared error of the target. ``improvement`` is the mean paired difference
        from the ``reference`` set (positive is better), with a bootstrap interval over families: ``without``
        is compared with ``all`` (below zero: the group is useful), ``only`` and ``all`` with ``none`` (above
        zero: useful).
    """
    records: list[Record] = []
    is_wanted = "ablation" in parameters.parts
    for task_type, rows in meta_dataset_table.groupby("task_type", sort=True) if is_wanted else ():
        meta_dataset = MetaDataset.from_table(rows)
        groups = group_metafeatures(meta_dataset.metafeatures, parameters.ablation.max_groups)
        if not groups or meta_dataset.families.nunique() < 3:
            logger.warning("%s: no metafeatures to ablate, or fewer than 3 families", task_type)
            continue
        task_seed = derive_seed(seed, "understanding", "ablation", task_type)
        examples = _Examples.gather(meta_dataset, parameters.ablation, target, task_seed)
        sets = _list_sets(groups)
        progress = partial(on_progress, f"{task_type} ablation") if on_progress else None
        measured = _measure_sets(examples, sets, parameters.ablation, task_seed, n_workers, progress)
        about = {"task_type": str(task_type)}
        records += [about | record for record in _summarise(measured, sets, examples, parameters, task_seed)]
    return pd.DataFrame(records, columns=ABLATION_COLUMNS)


@dataclass(frozen=True)
class _Set:
    """A set of metafeatures."""

    variant: str
    group: str
    columns: tuple[str, ...]

    @property
    def reference(self) -> str:
        return {WITHOUT: ALL, ONLY: NONE, ALL: NONE, NONE: NONE}[self.variant]


def _list_sets(groups: dict[str, list[str]]) -> list[_Set]:
    every = [column for columns in groups.values() for column in columns]
    sets = [_Set(ALL, "", tuple(every)), _Set(NONE, "", ())]
    if len(groups) > 1:
        for group, columns in groups.items():
            sets.append(_Set(WITHOUT, group, tuple(column for column in every if column not in columns)))
            sets.append(_Set(ONLY, group, tuple(columns)))
    return sets


@dataclass(frozen=True)
class _Examples:
    """All rows with a finite score, as arrays that workers share.

    ``task`` is the position of each row's task, ``fold`` the fold of each task, ``is_trained_on`` the
    training sample.
    """

    names: list[str]
    metafeatures: npt.NDArray[np.float32]
    configurations: npt.NDArray[np.float32]
    task: npt.NDArray[np.intp]
    scores: Floats
    targets: Floats
    fold: npt.NDArray[np.intp]
    families: list[str]
    is_trained_on: npt.NDArray[np.bool_]

    @classmethod
    def gather(
        cls, meta_dataset: MetaDataset, parameters: AblationParameters, target: TargetKind, seed: int
    ) -> _Examples:
        rows = meta_dataset.training_rows()
        by_task = rows.groupby("task_id", sort=True)["score"]
        task_ids = rows["task_id"].unique()  # sorted, as the rows are
        families = meta_dataset.families.loc[task_ids].astype(str)
        rng = np.random.default_rng(seed)
        names = rng.permutation(sorted(families.unique()))
        fold_of = {str(name): number % parameters.n_folds for number, name in enumerate(names)}
        # The same number of rows of every task, if it has them
        turn = rows.assign(order=rng.permutation(len(rows))).groupby("task_id")["order"].rank()
        return cls(
            names=[str(column) for column in meta_dataset.metafeatures.columns],
            metafeatures=finite_or_missing(meta_dataset.metafeatures.loc[task_ids].to_numpy()),
            configurations=finite_or_missing(meta_dataset.configurations.loc[rows["config_id"]].to_numpy()),
            task=np.asarray(by_task.ngroup(), dtype=np.intp),
            scores=rows["score"].to_numpy(dtype=np.float64),
            targets=np.concatenate(
                [normalise_scores(scores.to_numpy(), target).targets for _, scores in by_task]
            ),
            fold=np.array([fold_of[family] for family in families], dtype=np.intp),
            families=families.tolist(),
            is_trained_on=(turn <= parameters.max_rows / len(task_ids)).to_numpy(),
        )

    def rows_of(self, at: npt.NDArray[np.intp], columns: tuple[str, ...]) -> npt.NDArray[np.float32]:
        chosen = [self.names.index(column) for column in columns]
        return np.hstack([self.metafeatures[self.task[at]][:, chosen], self.configurations[at]])


def _measure_sets(
    examples: _Examples,
    sets: Sequence[_Set],
    parameters: AblationParameters,
    seed: int,
    n_workers: int,
    on_progress: Callable[[int, int], None] | None,
) -> Floats:
    """Compute the measures of every set on every task, shape (n_sets, n_tasks, n_measures)."""
    jobs = [(number, int(fold)) for number in range(len(sets)) for fold in np.unique(examples.fold)]
    measured = np.full((len(sets), len(examples.fold), len(MEASURES)), np.nan)
    calls = ((examples, sets[number].columns, fold, parameters, seed) for number, fold in jobs)
    for done, result in enumerate(in_processes(_measure_fold, calls, n_workers), start=1):
        number, fold = jobs[done - 1]
        measured[number, examples.fold == fold] = result
        if on_progress:
            on_progress(done, len(jobs))
    return measured


def _measure_fold(
    examples: _Examples, columns: tuple[str, ...], fold: int, parameters: AblationParameters, seed: int
) -> Floats:
    """Fit on the other folds and measure this fold's tasks, shape (n_tasks, n_measures)."""
    is_held_out = examples.fold[examples.task] == fold
    train = np.flatnonzero(~is_held_out & examples.is_trained_on)
    counts = np.bincount(examples.task[train], minlength=len(examples.fold))
    booster = fit_booster(
        parameters.surrogate,
        examples.rows_of(train, columns),
        examples.targets[train],
        seed,
        weights=len(train) / counts[examples.task[train]] / np.count_nonzero(counts),
    )
    test = np.flatnonzero(is_held_out)
    predicted = predict_booster(booster, examples.rows_of(test, columns))
    tasks = examples.task[test]
    return np.array(
        [
            measure_predictions(
                predicted[tasks == task],
                examples.scores[test][tasks == task],
                examples.targets[test][tasks == task],
            )
            for task in np.unique(tasks)
        ]
    )


def measure_predictions(predicted: Floats, scores: Floats, targets: Floats) -> list[float]:
    """Compute correlations, regrets and error of predictions on one task.

    Parameters
    ----------
    predicted
        Predicted targets, shape (n_configurations,).
    scores, targets
        True scores and targets, of the same shape.

    Returns
    -------
    list of float
        In the order of ``MEASURES``: Spearman, Kendall (tau-b), normalised regret of the best of the 1 and 3
        configurations with the highest predictions (expected value under ties), mean squared error of the
        target. A constant prediction has correlation 0; if the scores are constant all but the error are NaN.
    """
    error = float(np.mean((predicted - targets) ** 2))
    spread = np.ptp(scores)
    if spread == 0:
        return [np.nan, np.nan, np.nan, np.nan, error]
    regret = (scores.max() - scores) / spread
    if np.ptp(predicted) == 0:
        return [0.0, 0.0, *(_expected_regret(predicted, regret, n) for n in (1, 3)), error]
    return [
        float(spearmanr(predicted, scores).statistic),
        float(kendalltau(predicted, scores).statistic),
        *(_expected_regret(predicted, regret, n) for n in (1, 3)),
        error,
    ]


def _expected_regret(predicted: Floats, regret: Floats, n_trials: int) -> float:
    """Compute the expected smallest regret of the top n predictions, with ties broken at random."""
    n_trials = min(n_trials, len(predicted))
    last = np.sort(predicted)[::-1][n_trials - 1]
    certain, tied = regret[predicted > last], np.sort(regret[predicted == last])
    n_drawn = n_trials - len(certain)
    best = certain.min() if len(certain) else np.inf
    # The i-th of m ties by regret is the best of n drawn with probability C(m-i, n-1) / C(m, n)
    left = len(tied) - np.arange(len(tied))
    probability = np.zeros(len(tied))
    none_before = 1.0
    for position, remaining in enumerate(left):
        is_drawn = min(n_drawn / remaining, 1.0)
        probability[position] = none_before * is_drawn
        none_before *= 1 - is_drawn
    return float(probability @ np.minimum(tied, best))


def _summarise(
    measured: Floats,
    sets: Sequence[_Set],
    examples: _Examples,
    parameters: UnderstandingParameters,
    seed: int,
) -> list[Record]:
    records: list[Record] = []
    at = {one.variant: number for number, one in enumerate(sets) if not one.group}
    tail = (1 - parameters.confidence_level) / 2
    for column, measure in enumerate(MEASURES):
        values = measured[:, :, column]
        known = np.isfinite(values).all(axis=0)
        if not known.any():
            continue
        sign = 1 if HIGHER_IS_BETTER[measure] else -1
        references = values[[at[one.reference] for one in sets]]
        improvement = sign * (values - references)[:, known]
        families = np.array(examples.families)[known]
        means = bootstrap_means(improvement.T, families, parameters.n_bootstrap, np.random.default_rng(seed))
        low, high = np.quantile(means, [tail, 1 - tail], axis=0)
        records += [
            {
                "variant": one.variant,
                "group": one.group,
                "n_metafeatures": len(one.columns),
                "measure": measure,
                "n_tasks": int(known.sum()),
                "value": float(values[number, known].mean()),
                "reference": one.reference,
                "improvement": float(improvement[number].mean()),
                "ci_low": float(low[number]),
                "ci_high": float(high[number]),
            }
            for number, one in enumerate(sets)
        ]
    order = {variant: number for number, variant in enumerate((ALL, NONE, WITHOUT, ONLY))}
    return sorted(
        records,
        key=lambda record: (MEASURES.index(record["measure"]), order[record["variant"]], record["group"]),
    )
