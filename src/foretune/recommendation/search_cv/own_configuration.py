"""Configuration of the user's own estimator."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import clone

from foretune.spaces import ID_LENGTH, Configuration


@dataclass(frozen=True)
class OwnConfiguration(Configuration):
    """Parameters of the user's own estimator by their full names, with values of any type.

    Attributes
    ----------
    known
        The same in the words of the memory; None if it knows nothing of the estimator.
    branch
        Position of the dictionary of ``param_distributions`` that it is from.
    """

    known: Configuration | None = field(default=None, compare=False)
    branch: int = field(default=0, compare=False)

    @cached_property
    def config_id(self) -> str:
        """Hash of the parameters' texts: values may be estimators, which have no JSON."""
        identity = repr(sorted((name, text_of(value)) for name, value in self.params.items()))
        return hashlib.sha256(identity.encode()).hexdigest()[:ID_LENGTH]

    def set_on(self, estimator: Any) -> Any:
        """Return a copy of an estimator with these parameters, unfitted."""
        # Values that are estimators would be fitted in several trials at once
        params = {name: clone(value, safe=False) for name, value in self.params.items()}
        return clone(estimator).set_params(**params)


def text_of(value: Any) -> tuple[str, str]:
    """Return a text that tells a value from others, with its type: True is not 1."""
    return type(value).__name__, repr(value.tolist() if isinstance(value, np.ndarray) else value)
