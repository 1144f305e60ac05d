"""Trains one surrogate per task type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.base.seeds import derive_seed
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.surrogate import train_surrogate

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from foretune.meta_model.parameters import MetaTrainingParameters
    from foretune.meta_model.surrogate import Surrogate


def train_surrogates(
    meta_dataset: pd.DataFrame,
    parameters: MetaTrainingParameters,
    seed: int,
    n_workers: int = 1,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Surrogate]:
    """Train a surrogate for every task type in the meta-dataset.

    Parameters
    ----------
    meta_dataset
        As :func:`foretune.meta_model.meta_dataset.build_meta_dataset` makes it.
    parameters
        Target and booster settings.
    seed
        The run's seed.
    n_workers
        Members trained at once; the result does not depend on it.
    on_progress
        Called after each member with a label, the number done and the total.
    """
    surrogates = {}
    for task_type, rows in meta_dataset.groupby("task_type", sort=True):
        label = f"{task_type} surrogate"
        surrogates[str(task_type)] = train_surrogate(
            MetaDataset.from_table(rows),
            parameters,
            derive_seed(seed, "meta_training", task_type),
            n_workers,
            lambda done, total, label=label: on_progress(label, done, total) if on_progress else None,  # type: ignore[misc]
        )
    return surrogates
