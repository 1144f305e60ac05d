"""Pipeline ``hpo``."""

from foretune.pipelines.hpo.pipeline import create_pipeline

__all__ = ["create_pipeline"]
