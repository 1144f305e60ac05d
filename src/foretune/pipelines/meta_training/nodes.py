"""Nodes of the pipeline ``meta_training``."""

from __future__ import annotations

from typing import Any

from foretune.base import show_progress
from foretune.execution import ParallelParameters
from foretune.hpo import HpoParameters
from foretune.meta_model import MetaTrainingParameters
from foretune.pipelines.frames import pd


def join_meta_dataset(
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    parameters: MetaTrainingParameters,
) -> pd.DataFrame:
    """Build the meta-dataset: trials joined with metafeatures, one row per task and configuration."""
    from foretune.meta_model import build_meta_dataset

    return build_meta_dataset(trials, metafeatures, task_catalogue, parameters.target)


def fit_learner_costs(
    trials: pd.DataFrame, trial_costs: pd.DataFrame, task_catalogue: pd.DataFrame
) -> dict[str, Any]:
    """Fit the seconds of each learner's fits, by task type."""
    from foretune.meta_model import costs_to_json, fit_costs_by_type

    return costs_to_json(fit_costs_by_type(trials, trial_costs, task_catalogue))


def fit_surrogates(  # noqa: PLR0913, PLR0917 (its inputs)
    meta_dataset: pd.DataFrame,
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    task_catalogue: pd.DataFrame,
    parameters: MetaTrainingParameters,
    hpo: HpoParameters,
    parallel: ParallelParameters,
    seed: int,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train a memory per task type, and one per further metric: ensembles and their residuals."""
    from foretune.meta_model import train_memories, train_metric_memories, with_provenance, with_splits

    with show_progress("meta_training") as on_progress:
        fitted = train_memories(meta_dataset, parameters, seed, parallel.n_workers, on_progress)
        of_metrics = train_metric_memories(
            *(meta_dataset, trials, metafeatures, parameters, hpo, seed),
            n_workers=parallel.n_workers,
            on_progress=on_progress,
        )
    of_score = with_provenance(fitted, trials, metafeatures, hpo)
    return with_splits(of_score, task_catalogue), with_splits(of_metrics, task_catalogue)
