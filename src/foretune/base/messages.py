"""Parts of messages: quoted names, numbers with their nouns, close matches; what counts as a number."""

from __future__ import annotations

import difflib
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable


SHOWN_NAMES = 5


def quoted(names: Iterable[object], limit: int = SHOWN_NAMES) -> str:
    """Return names for a message, ``'a', 'b' and 3 more``."""
    names = [str(name) for name in names]
    shown = ", ".join(f"'{name}'" for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, ``1 row`` or ``2 rows``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a finite number, of Python or numpy, and no truth value."""
    # numpy's truth values are no numbers to begin with
    return not isinstance(value, bool) and isinstance(value, Real) and isfinite(value)


def close_matches(name: str, candidates: Iterable[str]) -> str:
    """Return a hint such as `` (did you mean 'iris'?)``, or nothing when no candidate is close."""
    matches = difflib.get_close_matches(name, list(candidates), n=3, cutoff=0.6)
    return f" (did you mean {quoted(matches)}?)" if matches else ""
