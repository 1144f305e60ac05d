from .cache import MetafeatureCache
from .caps import Caps
from .description import TaskDescription
from .extraction import Extraction
from .extractor import MetafeatureExtractor, MetafeatureFailureWarning
from .figures import plot_correlations, plot_task_map
from .group import Metafeature, MetafeatureGroup
from .parameters import MetafeatureParameters
from .registry import register_metafeatures
from .row_counts import tells_rows
from .task_map import map_tasks

__all__ = [
    "Caps", "Extraction", "Metafeature", "MetafeatureCache", "MetafeatureExtractor",
    "MetafeatureFailureWarning", "MetafeatureGroup", "MetafeatureParameters", "TaskDescription",
    "map_tasks", "plot_correlations", "plot_task_map", "register_metafeatures", "tells_rows"
]
