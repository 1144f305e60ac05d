"""Pipelines of the environment ``logs``, in which tasks and trials come from logs."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines import evaluation, logs, meta_training


def register_pipelines() -> dict[str, Pipeline]:
    """Put the pipeline ``logs`` before the training; ``__default__`` is both and the evaluation."""
    pipelines = {
        "meta_training": logs.create_pipeline() + meta_training.create_pipeline(),
        "evaluation": evaluation.create_pipeline(),
    }
    return {**pipelines, "__default__": sum(pipelines.values(), Pipeline([]))}
