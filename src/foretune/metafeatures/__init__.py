"""What describes a task: a fast, fixed-length vector of numbers for any table with a target.

The names below are imported on first use, so that reading parameters does not import pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.base.lazy_names import imported_on_use

if TYPE_CHECKING:
    from foretune.metafeatures.cache import MetafeatureCache
    from foretune.metafeatures.caps import Caps
    from foretune.metafeatures.description import TaskDescription
    from foretune.metafeatures.extraction import Extraction
    from foretune.metafeatures.extractor import (
        MetafeatureExtractor,
        MetafeatureFailureWarning,
        infer_task_type,
    )
    from foretune.metafeatures.group import Metafeature, MetafeatureGroup
    from foretune.metafeatures.parameters import MetafeatureParameters
    from foretune.metafeatures.registry import register

__all__ = [
    "Caps",
    "Extraction",
    "Metafeature",
    "MetafeatureCache",
    "MetafeatureExtractor",
    "MetafeatureFailureWarning",
    "MetafeatureGroup",
    "MetafeatureParameters",
    "TaskDescription",
    "infer_task_type",
    "register",
]

__getattr__ = imported_on_use(
    __name__,
    {
        "Caps": "caps",
        "Extraction": "extraction",
        "Metafeature": "group",
        "MetafeatureCache": "cache",
        "MetafeatureExtractor": "extractor",
        "MetafeatureFailureWarning": "extractor",
        "MetafeatureGroup": "group",
        "MetafeatureParameters": "parameters",
        "TaskDescription": "description",
        "infer_task_type": "extractor",
        "register": "registry",
    },
)
