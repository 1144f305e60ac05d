"""Independent random draws from a search space."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from foretune.spaces.conditions import drop_inactive, list_space
from foretune.spaces.hyperparameters import Hyperparameters

# After this many draws without a new configuration, up to MAX_LISTED configurations are listed
MAX_DRAWS = 1000
MAX_LISTED = 10_000


def draw_params(hyperparameters: Hyperparameters, rng: np.random.Generator) -> dict[str, Any]:
    """Draw a configuration: hyperparameters uniform (on a log scale if ``log``), inactive ones dropped."""
    quantiles = rng.random(len(hyperparameters)).tolist()
    values = {
        name: hyperparameter.at(quantile)
        for (name, hyperparameter), quantile in zip(hyperparameters.items(), quantiles, strict=True)
    }
    return drop_inactive(values, hyperparameters)


def draw_new_params(
    hyperparameters: Hyperparameters, rng: np.random.Generator, is_new: Callable[[dict[str, Any]], bool]
) -> dict[str, Any] | None:
    """Draw until a configuration is new; None if the space is exhausted.

    A discrete space with more than ``MAX_LISTED`` configurations may seem exhausted before it is.
    """
    for _ in range(MAX_DRAWS):
        params = draw_params(hyperparameters, rng)
        if is_new(params):
            return params
    # Rare configurations may be in none of the draws
    return next(filter(is_new, islice(list_space(hyperparameters), MAX_LISTED)), None)
