"""Error of a search, and checks of integer arguments."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from foretune.base import UserError
from foretune.recommendation.core.learner_names import is_grid


class SearchError(UserError, ValueError):
    """A search cannot begin or found nothing; the message gives the reason."""


def check_whole(name: str, value: Any, least: int) -> None:
    """Check that an argument is an integer with a minimum.

    Raises
    ------
    SearchError
        If it is not an integer, or below ``least``.
    """
    if is_grid(value):
        raise SearchError(
            f"{name} is a grid of hyperparameters, but must be a whole number: a search space of your own "
            f"goes with an estimator, MetaSearchCV(estimator, param_distributions={{...}})"
        )
    if not is_whole(value) or value < least:
        raise SearchError(f"{name} = {value!r} must be a whole number of at least {least}")


def is_whole(value: Any) -> bool:
    """Whether a value is an integer and not a boolean."""
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))
