"""Errors of a search, and checks of its arguments."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from foretune.base import UserError


class SearchError(UserError, ValueError):
    """A search that cannot begin, or found nothing; the message says why."""


def check_whole(name: str, value: Any, least: int) -> None:
    """Check that an argument is a whole number.

    Raises
    ------
    SearchError
        If it is none, or below ``least``.
    """
    if not is_whole(value) or value < least:
        raise SearchError(f"{name} = {value!r} must be a whole number of at least {least}")


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number, and no truth value."""
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))
