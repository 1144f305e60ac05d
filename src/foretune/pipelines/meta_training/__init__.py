"""Pipeline ``meta_training``."""

from foretune.pipelines.meta_training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
