"""Independent draws from a search space."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from foretune.spaces.conditions import drop_inactive, list_space
from foretune.spaces.hyperparameters import Hyperparameters

# After this many draws in a row without anything new, a space is looked through, as far as MAX_LISTED
MAX_DRAWS = 1000
MAX_LISTED = 10_000


def draw_params(hyperparameters: Hyperparameters, rng: np.random.Generator) -> dict[str, Any]:
    """Draw every hyperparameter uniformly (in the logarithm if ``log``) and drop the inactive ones."""
    quantiles = rng.random(len(hyperparameters)).tolist()
    values = {
        name: hyperparameter.at(quantile)
        for (name, hyperparameter), quantile in zip(hyperparameters.items(), quantiles, strict=True)
    }
    return drop_inactive(values, hyperparameters)


def draw_new_params(
    hyperparameters: Hyperparameters, rng: np.random.Generator, is_new: Callable[[dict[str, Any]], bool]
) -> dict[str, Any] | None:
    """Draw until something is new; None if the space is used up.

    A space of whole numbers and choices with more than ``MAX_LISTED`` configurations only seems so.
    """
    for _ in range(MAX_DRAWS):
        params = draw_params(hyperparameters, rng)
        if is_new(params):
            return params
    # What is rare among the draws may have escaped them all
    return next(filter(is_new, islice(list_space(hyperparameters), MAX_LISTED)), None)
