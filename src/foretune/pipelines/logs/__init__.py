"""Pipeline ``logs``."""

from foretune.pipelines.logs.pipeline import create_pipeline

__all__ = ["create_pipeline"]
