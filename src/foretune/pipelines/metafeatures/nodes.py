"""Nodes of the pipeline ``metafeatures``."""

from __future__ import annotations

from typing import Any

from foretune.hpo.execution.parameters import ParallelParameters
from foretune.metafeatures.parameters import MetafeatureParameters
from foretune.pipelines.frames import pd
from foretune.progress import show_progress


def list_metafeatures(parameters: MetafeatureParameters) -> pd.DataFrame:
    """List what will be extracted: name, group, formula, range and source."""
    from foretune.metafeatures.extractor import MetafeatureExtractor

    return MetafeatureExtractor(**parameters.model_dump()).catalogue()


def extract_metafeatures(
    tasks: dict[str, Any],
    task_catalogue: pd.DataFrame,
    parameters: MetafeatureParameters,
    parallel: ParallelParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Describe every task; return the values, what each group cost and what failed."""
    from foretune.metafeatures.extractor import MetafeatureExtractor
    from foretune.tasks.partitions import read_partitions

    extractor = MetafeatureExtractor(**parameters.model_dump(), random_state=seed)
    with show_progress("metafeatures") as on_progress:
        extraction = extractor.extract_with_costs(
            read_partitions(tasks, task_catalogue), parallel.n_workers, on_progress
        )
    return extraction.values, extraction.costs, extraction.failures
