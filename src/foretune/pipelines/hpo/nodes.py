"""Nodes of the pipeline ``hpo``."""

from __future__ import annotations

from typing import Any

from foretune.hpo.parameters import HpoParameters
from foretune.pipelines.frames import pd
from foretune.progress import show_progress
from foretune.run_parameters import ParallelParameters


def evaluate_configurations(
    tasks: dict[str, Any],
    task_catalogue: pd.DataFrame,
    parameters: HpoParameters,
    parallel: ParallelParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluate the shared design on every task; return the trials and what they cost."""
    from foretune.hpo.engine import run_hpo
    from foretune.tasks.partitions import read_partitions

    with show_progress("hpo") as on_progress:
        return run_hpo(
            read_partitions(tasks, task_catalogue), parameters, seed, parallel.n_workers, on_progress
        )
