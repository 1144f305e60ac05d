"""Pipeline registry of the environment ``logs``, in which tasks and trials come from logs."""

from __future__ import annotations

from kedro.pipeline import Pipeline, pipeline

from foretune.pipelines import evaluation, logs, meta_training
from foretune.project import RegisteredPipelines

MADE_BY_LOGS = ("task_generation", "hpo", "metafeatures")


def register_pipelines() -> RegisteredPipelines:
    """Register meta-training, preceded by the pipeline ``logs``, and evaluation; ``__default__`` is both."""
    training = meta_training.create_pipeline()
    pipelines = {
        # Logs have no times of the project's own trials
        "meta_training": logs.create_pipeline() + training - training.only_nodes("fit_learner_costs"),
        # A log has its times, if any, among its trials
        "evaluation": pipeline(evaluation.create_pipeline(), inputs={"trial_costs": "trials"}),
    }
    elsewhere = {
        "logs": "it is the first part of meta_training",
        "recommendation": "leave out --env=logs, and give memory=<output_dir>/06_models/surrogates",
        **dict.fromkeys(MADE_BY_LOGS, "the logs have what it would make"),
    }
    return RegisteredPipelines({**pipelines, "__default__": sum(pipelines.values(), Pipeline([]))}, elsewhere)
