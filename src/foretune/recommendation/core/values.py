"""Values of hyperparameters, brought to one form before they are compared."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np


class _NoValue:
    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE: Any = _NoValue()


def is_number(value: object) -> bool:
    """Whether a value is a finite number and no truth value."""
    return not isinstance(value, bool | np.bool_) and isinstance(value, Real) and math.isfinite(value)


def canonical(value: object) -> object:
    """Bring equal values to one form: 6, 6.0 and numpy's are one number, everything else is its text."""
    return float(f"{float(value):.9g}") if is_number(value) else str(value)  # type: ignore[arg-type]
