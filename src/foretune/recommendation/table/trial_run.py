"""Evaluation of recommendations by cross-validation with the HPO engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import UserError
from foretune.execution import ParallelParameters
from foretune.hpo import HpoParameters, TaskSearch, make_context, run_searches
from foretune.ledger import Ledger
from foretune.recommendation.core import RecommendationParameters, why_not_constructible
from foretune.recommendation.table.result import RecommendationResult
from foretune.spaces import DEFAULT, RECOMMENDED, Configuration
from foretune.tables import TableError
from foretune.tasks import TASK_SOURCE_COLUMNS, Task, TaskGenerationParameters, TaskSource, generate_tasks

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
    "status",
    "error",
]
NOT_COMPARABLE = (
    "the trials that are kept have other folds or another preprocessing than hpo says: a run with these "
    "parameters does not learn from them"
)


class TrialRunError(UserError, ValueError):
    """Recommendations that cannot be evaluated."""


@dataclass(frozen=True)
class TrialRunSettings:
    """Settings of the evaluation of recommendations.

    Attributes
    ----------
    recommendation
        Number of evaluated recommendations and of folds.
    task_generation
        Limits of rows and class sizes of the task.
    hpo
        Limits; folds, preprocessing and score if the memory does not name them.
    parallel, seed
        Backend of execution, and seed of the run.
    """

    recommendation: RecommendationParameters
    task_generation: TaskGenerationParameters
    hpo: HpoParameters
    parallel: ParallelParameters
    seed: int

    def parameters_for(
        self, result: RecommendationResult, configurations: list[Configuration]
    ) -> HpoParameters:
        """Return the engine's parameters for some configurations of a table."""
        parameters = as_in_memory(self.hpo, result, self.recommendation)
        learners = list(dict.fromkeys(one.learner for one in configurations))
        return parameters.model_copy(update={"learners": learners})


def as_in_memory(
    hpo: HpoParameters, result: RecommendationResult, recommendation: RecommendationParameters
) -> HpoParameters:
    """Take folds, preprocessing and score from the memory, so that measured and predicted scores compare.

    ``recommendation.n_folds`` overrides the memory; ``hpo`` fills in what the memory does not name.
    """
    score = hpo.score
    if result.score is not None:
        score = score.model_copy(update={result.task_type: result.score})
    return hpo.model_copy(
        update={
            "n_folds": recommendation.n_folds or result.n_folds or hpo.n_folds,
            "preprocessing": result.preprocessing or hpo.preprocessing,
            "score": score,
        }
    )


def make_task(result: RecommendationResult, settings: TrialRunSettings) -> Task:
    """Make the same task of the table as ``task_generation`` does, bit for bit.

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
    )
    sources = pd.DataFrame([source.to_record()], columns=list(TASK_SOURCE_COLUMNS))
    readers: dict[str, Callable[..., pd.DataFrame]] = {table.file: lambda _: table.frame}
    try:
        tasks, _, _ = generate_tasks(sources, readers, settings.task_generation, settings.seed)
    except ValueError as error:
        reason = str(error).partition("because: ")[2] or str(error)
        raise TableError(f"{table.file} cannot be cross-validated: {reason}") from None
    return tasks[table.name]


def run_trials(
    result: RecommendationResult,
    settings: TrialRunSettings,
    ledger: Ledger | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> RecommendationResult:
    """Evaluate the first recommendations and the library default by cross-validation.

    Parameters
    ----------
    result, settings
        Recommendations, and how many of them to evaluate and how.
    ledger
        Store of trials by task name and content: known ones are not evaluated again. None to store nothing.
    on_progress
        As for :func:`foretune.hpo.engine.run_hpo`.

    Returns
    -------
    RecommendationResult
        With ``measured``, one row per evaluated configuration: ``rank`` (missing for a default that is not
        recommended), the prediction, ``score`` and ``score_std`` (over the folds), ``is_inside`` (the
        interval), ``measured_gain`` (over the default), ``status`` and ``error`` (of a failed trial).

    Raises
    ------
    UserError
        If the table cannot be a task, or a learner is not one of the engine's.
    """
    chosen = _chosen(result, settings.recommendation.evaluate)
    if problem := why_not_constructible(chosen, result.task_type):
        raise TrialRunError(f"{problem}; or leave evaluate away")
    task = make_task(result, settings)
    parameters = settings.parameters_for(result, chosen)
    context = make_context(task, parameters, settings.seed)
    search = TaskSearch(task, context, parameters, chosen, n_trials=len(chosen))
    trials, _ = run_searches([search], [], parameters, settings.parallel, on_progress, ledger)
    notes = _notes(result, task, parameters)
    if ledger is not None and not _is_comparable(parameters, settings.hpo):
        notes = (*notes, NOT_COMPARABLE)
    return result.with_measured(_compare(result, chosen, trials), notes)


def choose_best(measured: pd.DataFrame) -> dict[str, Any] | None:
    """Choose the configuration with the best measured score, of ties the default; None if all failed."""
    done = measured[measured["score"].notna()]
    if done.empty:
        return None
    best = done.sort_values(["score", "is_default"], ascending=False, kind="stable")
    return {str(name): value for name, value in best.iloc[0].items()}


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
            "params": [dict(one.params) for one in chosen],
        }
    )
    predicted = result.recommendations[
        ["config_id", "rank", "predicted_score", "score_low", "score_high"]
    ].astype({"rank": "Int64"})
    measured = measured.merge(predicted, on="config_id", how="left")
    columns = ["config_id", "score", "score_std", "status", "error"]
    measured = measured.merge(trials[columns], on="config_id", how="left")
    # Trials that the budget of the run cut off have no row
    measured = measured.fillna({"status": "not evaluated", "error": ""})
    default = None if result.default is None else result.default.config_id
    score, is_default = measured["score"], measured["config_id"] == default
    reference = score[is_default].iloc[0] if is_default.any() else np.nan
    inside = score.between(measured["score_low"], measured["score_high"])
    known = score.notna() & measured["score_low"].notna()
    return measured.assign(
        is_default=is_default,
        is_inside=inside.where(known).astype("boolean"),
        measured_gain=score - reference,
    )[MEASURED_COLUMNS]


def _is_comparable(one: HpoParameters, other: HpoParameters) -> bool:
    return one.n_folds == other.n_folds and one.preprocessing == other.preprocessing


def _notes(result: RecommendationResult, task: Task, parameters: HpoParameters) -> tuple[str, ...]:
    if len(task.y) == result.n_rows:
        return ()
    return (
        f"{len(task.y):,} of {result.n_rows:,} rows were tried on, in {parameters.n_folds} folds "
        f"(task_generation.max_rows, task_generation.n_folds)",
    )
