"""Pipeline ``task_generation``."""

from foretune.pipelines.task_generation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
