"""Canonical values of hyperparameters for comparisons."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from foretune.base import is_number


class _NoValue:
    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE: Any = _NoValue()


def is_finite_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number and not a boolean."""
    return is_number(value) and math.isfinite(value)


def canonical(value: object) -> object:
    """Convert a value for comparison: equal numbers of any type to one float, anything else to text."""
    return float(f"{float(value):.9g}") if is_finite_number(value) else str(value)
