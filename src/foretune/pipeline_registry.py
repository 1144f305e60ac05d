"""The pipelines of the project by name."""

from __future__ import annotations

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

LOG_IMPORT = "log_import"


def register_pipelines() -> dict[str, Pipeline]:
    """Find the pipelines in :mod:`foretune.pipelines`; ``__default__`` is all of them.

    ``log_import`` makes tables that other pipelines make here: it belongs to
    :mod:`foretune.external_pipeline_registry`.
    """
    pipelines = find_pipelines(raise_errors=True)
    pipelines.pop(LOG_IMPORT, None)
    pipelines["__default__"] = sum(pipelines.values(), Pipeline([]))
    return pipelines
