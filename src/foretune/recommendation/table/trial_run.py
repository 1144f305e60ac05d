"""Evaluation of recommendations by cross-validation with the HPO engine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foretune.base import UserError
from foretune.execution import ParallelParameters
from foretune.hpo import N_ROUNDS, HpoParameters, TaskSearch, make_context, run_searches
from foretune.learners import PreprocessingParameters, Scores, known_learners, with_rounds
from foretune.recommendation.core import (
    N_FOLDS,
    USUAL_SCORES,
    RecommendationParameters,
    expect_trials,
    why_not_constructible,
)
from foretune.recommendation.table.cross_validation import make_task, plan_cross_validation
from foretune.recommendation.table.result import RecommendationResult
from foretune.spaces import DEFAULT, RECOMMENDED, Configuration, LearnerSpace
from foretune.tables import SplitColumn, TableError
from foretune.tasks import TASK_SOURCE_COLUMNS, Task, TaskGenerationParameters, TaskSource, generate_tasks

if TYPE_CHECKING:
    from foretune.ledger import Ledger

MEASURED_COLUMNS = [
    "rank",
    "learner",
    "config_id",
    "params",
    "is_default",
    "predicted_score",
    "score_low",
    "score_high",
    "score",
    "score_std",
    "is_inside",
    "measured_gain",
    "measured_gain_se",
    "over_first",
    "over_first_se",
    "status",
    "error",
]
FOLD_SCORE = "score_fold_"


class TrialRunError(UserError, ValueError):
    """Recommendations that cannot be evaluated."""


def usual_hpo(result: RecommendationResult) -> HpoParameters:
    """Return the parameters of trials outside of a project, for what the memory does not name."""
    learners = sorted({one.learner for one in result.configurations.values()} & {*known_learners()})
    return HpoParameters(
        learners=learners or known_learners()[:1],
        n_configurations=1,
        n_folds=N_FOLDS,
        score=Scores(**USUAL_SCORES),
        preprocessing=PreprocessingParameters(),
        spaces=dict.fromkeys(known_learners(), LearnerSpace()),
    )


@dataclass(frozen=True)
class TrialRunSettings:
    """Settings of the evaluation of recommendations.

    Attributes
    ----------
    recommendation
        Number of evaluated recommendations, largest number of rows, number of folds.
    task_generation
        Rows and class sizes of the task whose trials are kept.
    hpo
        Limits; folds, preprocessing and score of the trials that are kept, and the latter two of the
        evaluation if the memory does not name them.
    parallel, seed
        Backend of execution, and seed of the run.
    """

    recommendation: RecommendationParameters
    task_generation: TaskGenerationParameters
    hpo: HpoParameters
    parallel: ParallelParameters
    seed: int


def as_in_memory(hpo: HpoParameters, result: RecommendationResult, n_folds: int) -> HpoParameters:
    """Take preprocessing, score and early stopping from the memory, so that scores compare with predictions.

    ``hpo`` fills in what the memory does not name.
    """
    score = hpo.score
    if result.score is not None:
        score = score.model_copy(update={result.task_type: result.score})
    return hpo.model_copy(
        update={
            "n_folds": n_folds,
            "preprocessing": result.preprocessing or hpo.preprocessing,
            "score": score,
            "early_stopping": result.early_stopping,
        }
    )


def make_ledger_task(result: RecommendationResult, settings: TrialRunSettings) -> Task:
    """Make the same task of the table as ``task_generation`` does, bit for bit, for the ledger.

    Raises
    ------
    TableError
        If it cannot be a task.
    """
    table = result.table
    source = TaskSource(
        task_id=table.name,
        source="user",
        location=table.file,
        target=table.target,
        task_type=result.task_type,
        family=table.name,
        drop_columns=table.drop_columns,
        column_types=table.column_types,
        **_named_split(table.split_column),
    )
    sources = pd.DataFrame([source.to_record()], columns=list(TASK_SOURCE_COLUMNS))
    readers: dict[str, Callable[..., pd.DataFrame]] = {table.file: lambda _: table.frame}
    try:
        tasks, _, _ = generate_tasks(sources, readers, settings.task_generation, settings.seed)
    except ValueError as error:
        reason = str(error).partition("because: ")[2] or str(error)
        raise TableError(f"{table.file} cannot be a task of the ledger: {reason}") from None
    return tasks[table.name]


def _named_split(column: SplitColumn | None) -> dict[str, Any]:
    """Return how a task's source names the column by which rows are split."""
    return {} if column is None else {column.kind: column.name, "keep_split_column": column.is_feature}


def run_trials(
    result: RecommendationResult,
    settings: TrialRunSettings,
    ledger: Ledger | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> RecommendationResult:
    """Evaluate the first recommendations and the library default by cross-validation.

    Rows, folds and seeds are those of :class:`foretune.MetaSearchCV` with ``random_state`` as the seed: all
    rows up to ``recommendation.max_rows`` in five folds, or three from 2,000 rows, at random or by the
    groups or times of the table.

    Parameters
    ----------
    result, settings
        Recommendations, and how many of them to evaluate and how.
    ledger
        Store of trials that ``hpo`` would make of the same configurations and table, on its own rows and
        folds, to learn from; known ones are not evaluated again. None to store nothing.
    on_progress
        As for :func:`foretune.hpo.engine.run_hpo`.

    Returns
    -------
    RecommendationResult
        With ``measured``, one row per evaluated configuration: ``rank`` (missing for a default that is not
        recommended), ``params`` (with the number of rounds where early stopping chose it), the prediction,
        ``score`` and ``score_std`` (over the folds), ``is_inside`` (the interval), ``measured_gain`` (over
        the default) and ``over_first`` (over the first that has a score) with their standard errors as
        paired differences over the folds, ``status`` and ``error`` (of a
        failed trial).

    Raises
    ------
    UserError
        If the table cannot be cross-validated or be a task, or a learner is not one of the engine's.
    """
    chosen = _chosen(result, settings.recommendation.evaluate)
    if problem := why_not_constructible(chosen, result.task_type):
        raise TrialRunError(f"{problem}; or leave evaluate away")
    plan = plan_cross_validation(result.table, result.task_type, settings.recommendation, settings.seed)
    task = make_task(result.table, result.task_type, plan, settings.recommendation, settings.seed)
    ledger_task = None if ledger is None else make_ledger_task(result, settings)
    parameters = _for_learners(as_in_memory(settings.hpo, result, plan.n_folds), chosen)
    context = make_context(task, parameters, settings.seed)
    # The seeds that the program on the page names
    context = replace(context, fold_seed=settings.seed, learner_seed=settings.seed)
    search = TaskSearch(task, context, parameters, chosen, n_trials=len(chosen))
    limited, deadline = _limit_time(parameters, settings.recommendation.max_time)
    trials, _ = run_searches(
        [search],
        [],
        limited,
        settings.parallel,
        on_progress,
        expect=expect_trials(plan.n_folds),
        deadline=deadline,
    )
    if ledger_task is not None:
        _feed(ledger_task, chosen, settings, ledger, on_progress)
    return result.with_measured(_compare(result, chosen, trials), plan)


def _limit_time(parameters: HpoParameters, max_time: float | None) -> tuple[HpoParameters, float]:
    """Return parameters with a budget of time, and the point in time at which whatever runs is ended."""
    if max_time is None:
        return parameters, math.inf
    total = min(max_time, parameters.budget.seconds_total or max_time)
    budget = parameters.budget.model_copy(update={"seconds_total": total})
    return parameters.model_copy(update={"budget": budget}), time.monotonic() + total


def choose_best(measured: pd.DataFrame) -> dict[str, Any] | None:
    """Choose the configuration to advise; None if all trials failed.

    The first with a score, unless others have scores that are more than one standard error of the paired
    difference higher: then the best of these.
    """
    done = measured[measured["score"].notna()]
    if done.empty:
        return None
    better = done[done["over_first"] > done["over_first_se"]]
    advised = done.iloc[0] if better.empty else better.iloc[int(better["score"].argmax())]
    return {str(name): value for name, value in advised.items()}


def _feed(
    task: Task,
    chosen: list[Configuration],
    settings: TrialRunSettings,
    ledger: Ledger | None,
    on_progress: Callable[[str, int, int], None] | None,
) -> None:
    """Evaluate the configurations as ``hpo`` does, and keep the trials."""
    parameters = _for_learners(settings.hpo, chosen)
    context = make_context(task, parameters, settings.seed)
    search = TaskSearch(task, context, parameters, chosen, n_trials=len(chosen))
    run_searches([search], [], parameters, settings.parallel, on_progress, ledger)


def _for_learners(parameters: HpoParameters, chosen: list[Configuration]) -> HpoParameters:
    return parameters.model_copy(update={"learners": list(dict.fromkeys(one.learner for one in chosen))})


def _chosen(result: RecommendationResult, n: int) -> list[Configuration]:
    """Return the first recommendations, marked as such, and the library default."""
    ids = result.recommendations["config_id"].head(n).tolist()
    chosen = [result.configurations[config_id] for config_id in ids]
    marked = [one if one.strategy == DEFAULT else replace(one, strategy=RECOMMENDED) for one in chosen]
    default = result.default
    return marked if default is None or default.config_id in ids else [*marked, default]


def _compare(result: RecommendationResult, chosen: list[Configuration], trials: pd.DataFrame) -> pd.DataFrame:
    """Join predictions and measurements, in the order of the ranks, the default last."""
    measured = pd.DataFrame(
        {
            "config_id": [one.config_id for one in chosen],
            "learner": [one.learner for one in chosen],
            "params": [dict(one.params) for one in _with_rounds(chosen, trials)],
        }
    )
    predicted = result.recommendations[
        ["config_id", "rank", "predicted_score", "score_low", "score_high"]
    ].astype({"rank": "Int64"})
    measured = measured.merge(predicted, on="config_id", how="left")
    folds = [name for name in trials.columns if name.startswith(FOLD_SCORE)]
    columns = ["config_id", "score", "score_std", "status", "error", *folds]
    measured = measured.merge(trials[columns], on="config_id", how="left")
    # Trials that the budget of the run cut off have no row
    measured = measured.fillna({"status": "not evaluated", "error": ""})
    default = None if result.default is None else result.default.config_id
    is_default = measured["config_id"] == default
    scores = measured[folds]
    inside = measured["score"].between(measured["score_low"], measured["score_high"])
    known = measured["score"].notna() & measured["score_low"].notna()
    gain, gain_se = _paired_differences(scores, is_default)
    over_first, over_first_se = _paired_differences(scores, measured["score"].notna())
    return measured.assign(
        is_default=is_default,
        is_inside=inside.where(known).astype("boolean"),
        measured_gain=gain,
        measured_gain_se=gain_se,
        over_first=over_first,
        over_first_se=over_first_se,
    )[MEASURED_COLUMNS]


def _with_rounds(chosen: list[Configuration], trials: pd.DataFrame) -> list[Configuration]:
    """Return configurations with the numbers of rounds that early stopping chose for them."""
    if N_ROUNDS not in trials:
        return chosen
    rounds = trials.set_index("config_id")[N_ROUNDS].dropna().to_dict()
    return [
        with_rounds(one, int(rounds[one.config_id])) if one.config_id in rounds else one for one in chosen
    ]


def _paired_differences(scores: pd.DataFrame, is_reference: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the mean differences to the first reference row over the folds, and their standard errors."""
    if not is_reference.any():
        missing = pd.Series(np.nan, index=scores.index)
        return missing, missing
    differences = scores - scores[is_reference].iloc[0]
    return differences.mean(axis=1, skipna=False), differences.sem(axis=1, skipna=False)
