"""The form of a table for learners that read categories and missing values by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Marker = Callable[[dict[str, Any], tuple[bool, ...]], dict[str, Any]]


@dataclass(frozen=True)
class NativeForm:
    """How a learner reads categories and missing values by itself.

    Its tables are numbers: columns of numbers as they are, then columns of category codes; NaN is missing.

    Attributes
    ----------
    mark
        ``mark(params, is_category)`` returns the parameters for ``build`` with those that tell the library
        which columns hold codes of categories; ``is_category`` has one truth value for each column.
    most_categories
        Most categories of a column that the library accepts; None if it accepts any number.
    """

    mark: Marker
    most_categories: int | None = None
