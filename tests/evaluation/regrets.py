"""Tables of regret with known answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def make_regret(
    regrets: Mapping[str, Mapping[int, Sequence[float]]],
    families: Sequence[str] | None = None,
    task_type: str = "classification",
) -> pd.DataFrame:
    """Make the table of regret by method and number of trials; two seeds around each value.

    Every task is its own family unless told otherwise.
    """
    rows: list[dict[str, Any]] = [
        {
            "task_id": f"task {number}",
            "task_type": task_type,
            "family": families[number] if families else f"family {number}",
            "provenance": "real",
            "method": method,
            "seed": seed,
            "n_trials": n_trials,
            "regret": regret + noise,
            "score": 0.5,
        }
        for method, by_trials in regrets.items()
        for n_trials, values in by_trials.items()
        for number, regret in enumerate(values)
        for seed, noise in ((0, 0.001), (1, -0.001))
    ]
    return pd.DataFrame(rows)
