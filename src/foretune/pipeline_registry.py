"""Registry of the project's pipelines."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from kedro.pipeline import Pipeline

from foretune import pipelines as packages
from foretune.project import RegisteredPipelines

LOGS, RECOMMENDATION = "logs", "recommendation"


def register_pipelines() -> RegisteredPipelines:
    """Return the pipelines of :mod:`foretune.pipelines`; ``__default__`` is all but ``recommendation``.

    ``logs`` is left out, because it makes tables that other pipelines make here; it belongs to
    :mod:`foretune.logs_pipeline_registry`. Kedro's ``find_pipelines`` imports only what the command line
    names, so that it cannot say which names there are.
    """
    names = [module.name for module in pkgutil.iter_modules(packages.__path__) if module.ispkg]
    found: dict[str, Pipeline] = {
        name: import_module(f"{packages.__name__}.{name}").create_pipeline() for name in names if name != LOGS
    }
    whole = [pipeline for name, pipeline in found.items() if name != RECOMMENDATION]
    elsewhere = {LOGS: "it is the first part of meta_training with --env=logs"}
    return RegisteredPipelines({**found, "__default__": sum(whole, Pipeline([]))}, elsewhere)
