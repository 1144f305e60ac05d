"""Values of hyperparameters, brought to one form before they are compared."""

from __future__ import annotations

from typing import Any

from foretune.base import is_number


class _NoValue:
    def __repr__(self) -> str:
        return "NO_VALUE"


NO_VALUE: Any = _NoValue()


def canonical(value: object) -> object:
    """Bring equal values to one form: 6, 6.0 and numpy's are one number, everything else is its text."""
    return float(f"{float(value):.9g}") if is_number(value) else str(value)
