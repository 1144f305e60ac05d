"""Pipeline ``log_import``."""

from foretune.pipelines.log_import.pipeline import create_pipeline

__all__ = ["create_pipeline"]
