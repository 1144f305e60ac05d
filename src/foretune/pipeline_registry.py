"""The pipelines of the project by name."""

from __future__ import annotations

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

LOGS, RECOMMENDATION = "logs", "recommendation"


def register_pipelines() -> dict[str, Pipeline]:
    """Find the pipelines in :mod:`foretune.pipelines`; ``__default__`` is all that need no table of a user.

    ``logs`` makes tables that other pipelines make here: it belongs to
    :mod:`foretune.logs_pipeline_registry`.
    """
    pipelines = find_pipelines(raise_errors=True)
    pipelines.pop(LOGS, None)
    whole = [pipeline for name, pipeline in pipelines.items() if name != RECOMMENDATION]
    pipelines["__default__"] = sum(whole, Pipeline([]))
    return pipelines
