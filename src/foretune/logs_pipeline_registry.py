"""Pipeline registry of the environment ``logs``, in which tasks and trials come from logs."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines import evaluation, logs, meta_training


def register_pipelines() -> dict[str, Pipeline]:
    """Register meta-training, preceded by the pipeline ``logs``, and evaluation; ``__default__`` is both."""
    pipelines = {
        "meta_training": logs.create_pipeline() + meta_training.create_pipeline(),
        "evaluation": evaluation.create_pipeline(),
    }
    return {**pipelines, "__default__": sum(pipelines.values(), Pipeline([]))}
