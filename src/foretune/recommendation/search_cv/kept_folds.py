"""Folds that worker processes keep, with what boosters derive from them."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from foretune.learners import Fold

# Of each process; larger folds stay where all processes share them
KEPT_BYTES = 32_000_000
MOST_OF_ONE = KEPT_BYTES // 5


class _Training(NamedTuple):
    """Arrays of the training part of a fold."""

    X: Any
    y: Any
    weights: Any

    @property
    def n_bytes(self) -> int:
        return sum(part.nbytes for part in self if part is not None)

    def owned(self) -> _Training:
        """Return copies of arrays in files, which are deleted before long."""
        return _Training(*(np.array(part) if isinstance(part, np.memmap) else part for part in self))


class KeptFolds:
    """Sequence of folds whose training parts are the same arrays whenever a process receives them again.

    XGBoost's rows are binned once for an array (:mod:`foretune.learners.fast.quick_booster`), which takes up
    to a quarter of a fit. Every process keeps the arrays that it received last, up to 32 MB.

    Parameters
    ----------
    folds
        Any folds; only preprocessed ones are kept.
    """

    def __init__(self, folds: Sequence[Any]) -> None:
        self.folds = folds

    def __reduce__(self) -> tuple[Callable[..., KeptFolds], tuple[list[str], Sequence[Any]]]:
        return _receive, ([_TOKENS.of(fold) for fold in self.folds], list(self.folds))


class _Tokens:
    """Names of folds by their training parts, for as long as these live."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], tuple[weakref.ref[Any], str]] = {}

    def of(self, fold: Any) -> str:
        """Return the name of a fold; an empty one for what is not kept."""
        if not isinstance(fold, Fold):
            return ""
        parts = _training_of(fold)
        if parts.n_bytes > MOST_OF_ONE:
            return ""
        key = tuple(map(id, parts))
        known = self._known.get(key)
        if known is None or known[0]() is not parts.X:
            names = self._known
            known = weakref.ref(parts.X, lambda _: names.pop(key, None)), uuid4().hex
            names[key] = known
        return known[1]


class _Store:
    """Training parts by name, of which the ones that were used last are kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Training] = OrderedDict()

    def exchange(self, token: str, fold: Fold) -> Fold:
        """Return the fold with the arrays that are kept under its name, or keep its own."""
        kept = self._kept.pop(token, None) or _training_of(fold).owned()
        self._kept[token] = kept
        while sum(one.n_bytes for one in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)
        return replace(fold, X_train=kept.X, y_train=kept.y, weights=kept.weights)


_TOKENS, _STORE = _Tokens(), _Store()


def _receive(tokens: Sequence[str], folds: Sequence[Any]) -> KeptFolds:
    pairs = zip(tokens, folds, strict=True)
    return KeptFolds([_STORE.exchange(token, fold) if token else fold for token, fold in pairs])


def _training_of(fold: Fold) -> _Training:
    return _Training(fold.X_train, fold.y_train, fold.weights)
