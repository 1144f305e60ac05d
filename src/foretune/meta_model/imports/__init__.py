"""Logs that somebody else made: read, checked, and brought to Foretune's tables.

The names below are imported on first use, so that reading parameters does not import pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.base.lazy_names import imported_on_use

if TYPE_CHECKING:
    from foretune.meta_model.imports.errors import LogError
    from foretune.meta_model.imports.files import read_log
    from foretune.meta_model.imports.logs import ImportedLogs, import_logs
    from foretune.meta_model.imports.parameters import ImportParameters

__all__ = ["ImportParameters", "ImportedLogs", "LogError", "import_logs", "read_log"]

__getattr__ = imported_on_use(
    __name__,
    {
        "ImportParameters": "parameters",
        "ImportedLogs": "logs",
        "LogError": "errors",
        "import_logs": "logs",
        "read_log": "files",
    },
)
