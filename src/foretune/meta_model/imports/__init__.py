"""Logs that somebody else made: read, checked, and brought to Foretune's tables.

The names below are imported on first use, so that reading parameters does not import pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foretune.meta_model.imports.errors import LogError
    from foretune.meta_model.imports.files import read_log
    from foretune.meta_model.imports.logs import ImportedLogs, import_logs
    from foretune.meta_model.imports.parameters import ImportParameters

__all__ = ["ImportParameters", "ImportedLogs", "LogError", "import_logs", "read_log"]

_HOMES = {
    "ImportParameters": "parameters",
    "ImportedLogs": "logs",
    "LogError": "errors",
    "import_logs": "logs",
    "read_log": "files",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
