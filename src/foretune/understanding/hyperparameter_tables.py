"""Tables of hyperparameters: importance, interactions, marginals, tunability, better defaults."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import derive_seed, in_processes
from foretune.evaluation import TIE, bootstrap_means
from foretune.meta_model import MetaDataset
from foretune.understanding.learner_study import LearnerStudy, family_means, study_learner
from foretune.understanding.learner_trials import LearnerTrials
from foretune.understanding.parameters import UnderstandingParameters

Floats = npt.NDArray[np.float64]
Record = dict[str, Any]
Progress = Callable[[str, int, int], None]


logger = logging.getLogger(__name__)

ALL = "(all)"
LIBRARY_DEFAULT = "library default"
BEST_ON_AVERAGE = "best on average"
RANDOM_CONFIGURATION = "random configuration"

_QUARTILES = ["q25", "median", "q75"]
IMPORTANCE_COLUMNS = [
    "task_type",
    "learner",
    "hyperparameter",
    "n_tasks",
    "mean",
    *_QUARTILES,
    "share_most_important",
    "active_when",
    "surface_r2",
]
INTERACTION_COLUMNS = ["task_type", "learner", "first", "second", "n_tasks", "mean", *_QUARTILES]
MARGINAL_COLUMNS = [
    "task_type",
    "learner",
    "hyperparameter",
    "position",
    "value",
    "label",
    "weight",
    "n_tasks",
    "mean_score",
    "effect",
    *_QUARTILES,
    "is_log",
    "importance",
]
TUNABILITY_COLUMNS = [
    "task_type",
    "learner",
    "hyperparameter",
    "reference",
    "n_tasks",
    "mean_gain",
    "ci_low",
    "ci_high",
    *_QUARTILES,
]
DEFAULT_COLUMNS = [
    "task_type",
    "learner",
    "reference",
    "n_tasks",
    "mean_gain",
    "ci_low",
    "ci_high",
    "share_improved",
    "share_harmed",
    "worst_gain",
    "best_possible_gain",
    "share_measured",
    "n_choices",
    "parameters",
    "reference_parameters",
]
_COLUMNS = (IMPORTANCE_COLUMNS, INTERACTION_COLUMNS, MARGINAL_COLUMNS, TUNABILITY_COLUMNS, DEFAULT_COLUMNS)


def study_hyperparameters(
    meta_dataset_table: pd.DataFrame,
    parameters: UnderstandingParameters,
    seed: int,
    n_workers: int = 1,
    on_progress: Progress | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Analyse the importance and tunability of each learner's hyperparameters over all tasks.

    Scores are relative for each learner and task: 0 is the worst trial, 1 the best.

    Parameters
    ----------
    meta_dataset_table
        Result of :func:`foretune.meta_model.meta_dataset.build_meta_dataset`; tasks may have different
        configurations.
    parameters
        Size of the forests; without the part ``hyperparameters`` all tables are empty.
    seed
        Seed of the run.
    n_workers
        Number of learners in parallel; results do not depend on it.
    on_progress
        Called after each learner with a label, the number done and the total.

    Returns
    -------
    hyperparameter_importance : pandas.DataFrame
        Per task type, learner and hyperparameter: share of the variance of the learner's surface (mean,
        quartiles over tasks), share of tasks on which it is the most important, its condition, and the median
        out-of-bag R2 of the learner's surfaces.
    hyperparameter_interactions : pandas.DataFrame
        The same for the interaction of each pair of hyperparameters, strongest first.
    marginals : pandas.DataFrame
        Per hyperparameter and level: mean relative score; ``effect`` is the mean over tasks, with quartiles,
        of the score minus the task's mean over the levels.
    tunability : pandas.DataFrame
        Mean gain in relative score over the reference from tuning one hyperparameter or ``(all)``.
    better_defaults : pandas.DataFrame
        Per learner the configuration that is best on average, as JSON, and its gain on held-out families.
    """
    if "hyperparameters" not in parameters.parts:
        return tuple(pd.DataFrame(columns=columns) for columns in _COLUMNS)  # type: ignore[return-value]
    records: list[list[Record]] = [[] for _ in _COLUMNS]
    for task_type, study in _study_all(meta_dataset_table, parameters, seed, n_workers, on_progress):
        about = {"task_type": task_type, "learner": study.trials.learner}
        sample_seed = derive_seed(seed, "understanding", "bootstrap", *about.values())
        found = (
            _importance(study),
            _interactions(study),
            _marginals(study),
            _tunability(study, parameters, sample_seed),
            [_better_default(study, parameters, sample_seed)],
        )
        for kept, new in zip(records, found, strict=True):
            kept += [about | record for record in new]
    return tuple(  # type: ignore[return-value]
        pd.DataFrame(rows, columns=columns) for rows, columns in zip(records, _COLUMNS, strict=True)
    )


def _study_all(
    table: pd.DataFrame,
    parameters: UnderstandingParameters,
    seed: int,
    n_workers: int,
    on_progress: Progress | None,
) -> Iterator[tuple[str, LearnerStudy]]:
    gathered: list[tuple[str, LearnerTrials]] = []
    for task_type, rows in table.groupby("task_type", sort=True):
        meta_dataset = MetaDataset.from_table(rows)
        for learner in sorted(meta_dataset.learners.unique()):
            trials = LearnerTrials.gather(meta_dataset, learner, parameters.surface)
            if trials.tasks and trials.space.hyperparameters:
                gathered.append((str(task_type), trials))
            else:
                logger.info(
                    "%s: nothing to learn of %s: no task with %d scores that differ, or one configuration",
                    task_type,
                    learner,
                    parameters.surface.min_trials,
                )
    jobs = (
        (trials, parameters.surface, derive_seed(seed, "understanding", kind, trials.learner))
        for kind, trials in gathered
    )
    for done, study in enumerate(in_processes(study_learner, jobs, n_workers), start=1):
        kind = gathered[done - 1][0]
        if on_progress:
            on_progress(f"{kind} {study.trials.learner}", done, len(gathered))
        yield kind, study


def _quartiles(values: Floats) -> Record:
    """Return the quartiles of the finite values, NaN if there are none."""
    known = values[np.isfinite(values)]
    found = np.quantile(known, [0.25, 0.5, 0.75]) if len(known) else np.full(3, np.nan)
    return dict(zip(_QUARTILES, map(float, found), strict=True))


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _importance(study: LearnerStudy) -> list[Record]:
    has_variance = np.isfinite(study.main).all(axis=1)
    main = study.main[has_variance]
    winners = np.bincount(main.argmax(axis=1), minlength=main.shape[1]) / max(len(main), 1)
    r2 = _quartiles(study.r2)["median"]
    records = [
        {
            "hyperparameter": hyperparameter.name,
            "n_tasks": len(main),
            "mean": _mean(main[:, at]),
            **_quartiles(main[:, at]),
            "share_most_important": float(winners[at]),
            "active_when": _describe_condition(study, at),
            "surface_r2": r2,
        }
        for at, hyperparameter in enumerate(study.trials.space.hyperparameters)
    ]
    return sorted(records, key=lambda record: (-np.nan_to_num(record["mean"]), record["hyperparameter"]))


def _describe_condition(study: LearnerStudy, position: int) -> str:
    hyperparameters = study.trials.space.hyperparameters
    condition = hyperparameters[position].condition
    if condition is None:
        return ""
    parent = hyperparameters[condition.parent]
    labels = [label for label, on in zip(parent.labels, condition.active_levels, strict=True) if on]
    return f"{parent.name} = {' or '.join(labels)}"


def _interactions(study: LearnerStudy) -> list[Record]:
    names = study.trials.space.names
    records = [
        {
            "first": names[first],
            "second": names[second],
            "n_tasks": int(np.isfinite(study.interactions[:, at]).sum()),
            "mean": _mean(study.interactions[:, at]),
            **_quartiles(study.interactions[:, at]),
        }
        for at, (first, second) in enumerate(study.pairs)
    ]
    return sorted(
        records, key=lambda record: (-np.nan_to_num(record["mean"]), record["first"], record["second"])
    )


def _marginals(study: LearnerStudy) -> list[Record]:
    importance = [_mean(study.main[:, at]) for at in range(study.main.shape[1])]
    records: list[Record] = []
    for at in np.argsort(-np.nan_to_num(importance), kind="stable"):
        hyperparameter = study.trials.space.hyperparameters[at]
        curves = study.curves[at]
        effects = curves - (curves @ hyperparameter.weights)[:, None]
        for level, label in enumerate(hyperparameter.labels):
            is_number = not hyperparameter.is_nominal and hyperparameter.is_set[level]
            records.append(
                {
                    "hyperparameter": hyperparameter.name,
                    "position": level,
                    "value": float(hyperparameter.levels[level, 0]) if is_number else np.nan,
                    "label": label,
                    "weight": float(hyperparameter.weights[level]),
                    "n_tasks": len(curves),
                    "mean_score": float(curves[:, level].mean()),
                    "effect": float(effects[:, level].mean()),
                    **_quartiles(effects[:, level]),
                    "is_log": hyperparameter.looks_logarithmic,
                    "importance": importance[at],
                }
            )
    return records


def _tunability(study: LearnerStudy, parameters: UnderstandingParameters, seed: int) -> list[Record]:
    gains = np.column_stack([study.gains_of_all, study.gains])
    low, high = _interval(gains, study.trials.families, parameters, seed)
    records = [
        {
            "hyperparameter": name,
            "reference": LIBRARY_DEFAULT if study.is_library_default else BEST_ON_AVERAGE,
            "n_tasks": len(gains),
            "mean_gain": float(gains[:, at].mean()),
            "ci_low": float(low[at]),
            "ci_high": float(high[at]),
            **_quartiles(gains[:, at]),
        }
        for at, name in enumerate([ALL, *study.trials.space.names])
    ]
    return [
        records[0],
        *sorted(records[1:], key=lambda record: (-record["mean_gain"], record["hyperparameter"])),
    ]


def _better_default(study: LearnerStudy, parameters: UnderstandingParameters, seed: int) -> Record:
    """Choose a default on all families; measure its gain on held-out families with a choice on the others."""
    trials, completed = study.trials, study.completed
    means = family_means(completed, trials.families)
    names = sorted(set(trials.families))
    # Without the family's own row, so that the choice is independent of the scores it is measured on
    choices = [int(np.argmax(means.sum(axis=0) - row)) for row in means] if len(names) > 1 else []
    if study.is_library_default:
        reference = completed[:, int(np.searchsorted(study.candidates, study.reference))]
    else:
        reference = completed.mean(axis=1)
    gains = np.full(len(completed), np.nan)
    for name, choice in zip(names, choices, strict=False):
        members = np.array(trials.families) == name
        gains[members] = completed[members, choice] - reference[members]
    chosen = int(study.candidates[np.argmax(means.mean(axis=0))])
    is_known = bool(choices)
    low, high = _interval(gains[:, None], trials.families, parameters, seed) if is_known else ([np.nan],) * 2
    return {
        "reference": LIBRARY_DEFAULT if study.is_library_default else RANDOM_CONFIGURATION,
        "n_tasks": len(gains),
        "mean_gain": float(gains.mean()),
        "ci_low": float(low[0]),
        "ci_high": float(high[0]),
        "share_improved": float(np.mean(gains > TIE)) if is_known else np.nan,
        "share_harmed": float(np.mean(gains < -TIE)) if is_known else np.nan,
        "worst_gain": float(gains.min()),
        "best_possible_gain": float((completed.max(axis=1) - reference).mean()),
        "share_measured": float(np.mean([np.isin(chosen, task.rows) for task in trials.tasks])),
        "n_choices": len(set(choices)),
        "parameters": trials.parameters_of(chosen),
        "reference_parameters": trials.parameters_of(study.reference) if study.is_library_default else "",
    }


def _interval(
    gains: Floats, families: list[str], parameters: UnderstandingParameters, seed: int
) -> tuple[Floats, Floats]:
    means = bootstrap_means(gains, families, parameters.n_bootstrap, np.random.default_rng(seed))
    tail = (1 - parameters.confidence_level) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return low, high
