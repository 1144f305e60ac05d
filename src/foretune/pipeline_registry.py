"""Registry of the project's pipelines."""

from __future__ import annotations

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

LOGS, RECOMMENDATION = "logs", "recommendation"


def register_pipelines() -> dict[str, Pipeline]:
    """Return the pipelines of :mod:`foretune.pipelines`; ``__default__`` is all but ``recommendation``.

    ``logs`` is left out, because it makes tables that other pipelines make here; it belongs to
    :mod:`foretune.logs_pipeline_registry`.
    """
    pipelines = find_pipelines(raise_errors=True)
    pipelines.pop(LOGS, None)
    whole = [pipeline for name, pipeline in pipelines.items() if name != RECOMMENDATION]
    pipelines["__default__"] = sum(whole, Pipeline([]))
    return pipelines
