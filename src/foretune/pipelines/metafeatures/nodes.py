"""Nodes of the pipeline ``metafeatures``."""

from __future__ import annotations

import logging
from typing import Any

from foretune.base import show_progress
from foretune.execution import ParallelParameters
from foretune.metafeatures import MetafeatureParameters
from foretune.pipelines.frames import Figure, pd

logger = logging.getLogger(__name__)


def list_metafeatures(parameters: MetafeatureParameters) -> pd.DataFrame:
    """List the metafeatures to extract: name, group, formula, range, source, cost and inputs."""
    from foretune.metafeatures import MetafeatureExtractor

    return MetafeatureExtractor(**parameters.model_dump(exclude_unset=True)).catalogue()


def extract_metafeatures(
    tasks: dict[str, Any],
    task_catalogue: pd.DataFrame,
    cache: Any,
    parameters: MetafeatureParameters,
    parallel: ParallelParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Extract the metafeatures of every task; return values, costs of the groups and failures."""
    from foretune.metafeatures import MetafeatureExtractor
    from foretune.tasks import read_partitions

    extractor = MetafeatureExtractor(**parameters.model_dump(exclude_unset=True), random_state=seed)
    with show_progress("metafeatures") as on_progress:
        extraction = extractor.extract_with_costs(
            read_partitions(tasks, task_catalogue), parallel.n_workers, on_progress, cache
        )
    n_results = len(extractor.groups) * len(task_catalogue)
    logger.info("metafeatures: %d of %d groups of values were known", extraction.n_known, n_results)
    if len(extraction.failures):
        logger.warning("metafeatures: %s", extraction.describe_failures())
    return extraction.values, extraction.costs, extraction.failures


def draw_metafeature_correlations(metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame) -> Figure:
    """Plot correlations and missing values of the metafeatures."""
    from foretune.metafeatures import plot_correlations

    return plot_correlations(metafeatures, task_catalogue)


def place_tasks(metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame) -> pd.DataFrame:
    """Map the tasks to two dimensions by their metafeatures."""
    from foretune.metafeatures import map_tasks

    return map_tasks(metafeatures, task_catalogue)


def draw_task_map(task_map: pd.DataFrame, trials: pd.DataFrame) -> Figure:
    """Plot the map of tasks, coloured by family or by best learner."""
    from foretune.metafeatures import plot_task_map

    return plot_task_map(task_map, trials)
