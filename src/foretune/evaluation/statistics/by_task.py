"""Regrets averaged by task and by family."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd

# Smaller differences of regret are rounding errors
DECIMALS = 9


def split_by_trials(
    regret: pd.DataFrame, claims_on: Collection[str], read_at: str = "n_trials"
) -> Iterator[tuple[str, Any, pd.DataFrame]]:
    """Average regret over seeds for every task type and number of trials, or time.

    Parameters
    ----------
    regret
        Result of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    claims_on
        Provenances of the tasks that count.
    read_at
        Column of where regret was read: ``n_trials`` or ``time``.

    Yields
    ------
    tuple
        Task type, number of trials or time, and regrets with a row per (family, task_id) and a column per
        method.
    """
    counted = regret[regret["provenance"].isin(claims_on)]
    for _, rows in counted.groupby(["task_type", read_at]):
        by_task = rows.pivot_table(index=["family", "task_id"], columns="method", values="regret")
        yield str(rows["task_type"].iloc[0]), rows[read_at].iloc[0].item(), by_task


def average_families(by_task: pd.DataFrame) -> pd.DataFrame:
    """Average regrets within families, rounded so that ties are exact; one row per family."""
    return by_task.groupby(level="family").mean().round(DECIMALS)
