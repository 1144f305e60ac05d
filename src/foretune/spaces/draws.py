"""Independent random draws from a search space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from foretune.spaces.conditions import drop_inactive, list_space
from foretune.spaces.hyperparameters import Hyperparameters

# After this many draws without a new configuration, up to MAX_LISTED configurations are listed
MAX_DRAWS = 1000
MAX_LISTED = 10_000


def configuration_at(point: Sequence[float], hyperparameters: Hyperparameters) -> dict[str, Any]:
    """Map a point of the unit cube to the active hyperparameters of a configuration.

    Parameters
    ----------
    point
        One quantile in [0, 1) per hyperparameter, in their order.
    hyperparameters
        Search space; the active ones keep its order.
    """
    values = {
        name: hyperparameter.at(quantile)
        for (name, hyperparameter), quantile in zip(hyperparameters.items(), point, strict=True)
    }
    return drop_inactive(values, hyperparameters)


def draw_params(hyperparameters: Hyperparameters, rng: np.random.Generator) -> dict[str, Any]:
    """Draw a configuration: hyperparameters uniform (on a log scale if ``log``), inactive ones dropped."""
    return configuration_at(rng.random(len(hyperparameters)).tolist(), hyperparameters)


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
