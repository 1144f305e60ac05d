"""Base class of parameter models, and the task types."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

TaskType = Literal["classification", "regression"]
# Task type of logs that have none; their memory serves both
ANY_TYPE = "any"
TASK_TYPES: tuple[TaskType, ...] = ("classification", "regression")


class FrozenParameters(BaseModel):
    """Base of all parameter models: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def split_at_plus(given: Any) -> Any:
    """Make a list of a text in which ``+`` joins several, for a comma ends a value of ``--params``.

    Examples
    --------
    >>> split_at_plus("iris+wine"), split_at_plus("iris"), split_at_plus(("iris", "wine"))
    (['iris', 'wine'], ['iris'], ('iris', 'wine'))
    """
    return given.split("+") if isinstance(given, str) else given
