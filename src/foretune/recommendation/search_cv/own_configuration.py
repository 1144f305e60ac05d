"""Configuration of the user's own estimator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import clone

from foretune.recommendation.search_cv.stable_texts import hash_rows
from foretune.spaces import DEFAULT, ID_LENGTH, Configuration


@dataclass(frozen=True)
class OwnConfiguration(Configuration):
    """Parameters of the user's own estimator by their full names, with values of any type.

    Attributes
    ----------
    known
        The same in the words of the memory; None if it knows nothing of the estimator.
    branch
        Position of the dictionary of ``param_distributions`` that it is from.
    rounds
        The parameter that is a number of boosting rounds which the folds choose; None if there is none.
    """

    known: Configuration | None = field(default=None, compare=False)
    branch: int = field(default=0, compare=False)
    rounds: str | None = field(default=None, compare=False)

    @cached_property
    def config_id(self) -> str:
        """Hash of the parameters' texts: values may be estimators, which have no JSON."""
        identity = repr(sorted((name, text_of(value)) for name, value in self.params.items()))
        return hashlib.sha256(identity.encode()).hexdigest()[:ID_LENGTH]

    @property
    def has_open_rounds(self) -> bool:
        """Whether the folds choose its number of boosting rounds; a default stays what it is."""
        return self.rounds is not None and self.rounds in self.params and self.strategy != DEFAULT

    def with_rounds(self, n_rounds: int | None) -> Self:
        """Return the configuration with another number of boosting rounds; None for its own."""
        if n_rounds is None or self.rounds is None:
            return self
        return replace(self, params={**self.params, self.rounds: n_rounds})

    def set_on(self, estimator: Any) -> Any:
        """Return a copy of an estimator with these parameters, unfitted."""
        # Values that are estimators would be fitted in several trials at once
        params = {name: clone(value, safe=False) for name, value in self.params.items()}
        return clone(estimator).set_params(**params)


def text_of(value: Any) -> tuple[str, str]:
    """Return a text that tells a value from others, with its type: True is not 1."""
    return type(value).__name__, _written(value)


def _written(value: Any) -> str:
    """Write a value in full, which ``repr`` does not for estimators, tables and long arrays."""
    if isinstance(value, np.ndarray):
        return _written(value.tolist())
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index) or issparse(value):
        return hash_rows(value, "a value")
    if hasattr(value, "get_params") and not isinstance(value, type):
        kind = type(value)
        params = sorted(value.get_params(deep=False).items())
        return (
            f"{kind.__module__}.{kind.__qualname__}({_joined(f'{name}={_of(one)}' for name, one in params)})"
        )
    if type(value) is dict:
        return f"{{{_joined(f'{_of(key)}: {_of(one)}' for key, one in value.items())}}}"
    if type(value) in (list, tuple):
        return f"{type(value).__name__}({_joined(map(_of, value))})"
    return repr(value)


def _of(value: Any) -> str:
    return ":".join(text_of(value))


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts)
