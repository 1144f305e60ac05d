"""Size classes of tables, by their number of rows."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

# Upper ends of the classes, in rows; above the last is a class of its own
SIZE_BOUNDS = (1_000, 4_000, 20_000)
UNKNOWN_SIZE = "unknown"


def name_size_classes(bounds: Sequence[int] = SIZE_BOUNDS) -> tuple[str, ...]:
    """Return the names of the classes from small to large, such as ``up to 1,000``."""
    between = (f"{low:,} to {high:,}" for low, high in pairwise(bounds))
    return (f"up to {bounds[0]:,}", *between, f"above {bounds[-1]:,}")


def size_class(n_rows: float, bounds: Sequence[int] = SIZE_BOUNDS) -> str:
    """Return the name of a table's class, ``unknown`` where NaN; a bound belongs to the class below it."""
    return UNKNOWN_SIZE if math.isnan(n_rows) else name_size_classes(bounds)[bisect_left(bounds, n_rows)]
