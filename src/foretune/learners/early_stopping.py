"""Settings of early stopping: how the number of boosting rounds is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

from pydantic import ConfigDict

from foretune.base import ArgumentError, shortened


@dataclass(frozen=True)
class EarlyStopping:
    """Settings of early stopping, by which cross-validation chooses the number of boosting rounds.

    The boosters of all folds grow together, until their mean score has not improved for `patience` rounds;
    the number of rounds with the best mean score is taken, the smallest of equal ones.

    Parameters
    ----------
    patience
        Number of rounds without a better mean score after which growing ends.
    max_rounds
        Largest number of rounds.

    Raises
    ------
    ArgumentError
        If one of them is no whole number of at least 1. Also a ``ValueError`` and a ``TypeError``.

    Examples
    --------
    >>> EarlyStopping(patience=20)
    EarlyStopping(patience=20, max_rounds=2000)
    """

    patience: int = 50
    max_rounds: int = 2000

    # A misspelt key in parameters is an error
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    def __post_init__(self) -> None:
        for name in ("patience", "max_rounds"):
            value: Any = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
                raise ArgumentError(f"{name} = {shortened(repr(value))} must be a whole number of at least 1")
            object.__setattr__(self, name, int(value))
