"""Pipeline ``metafeatures``."""

from foretune.pipelines.metafeatures.pipeline import create_pipeline

__all__ = ["create_pipeline"]
