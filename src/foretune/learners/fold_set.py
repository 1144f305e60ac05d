"""Folds of a table in each form that learners take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from foretune.learners.folds import Fold
from foretune.learners.native_form import NativeForm
from foretune.learners.parameters import PreprocessingParameters
from foretune.learners.registry import get_learner
from foretune.spaces import Configuration

AnyFold = TypeVar("AnyFold", bound=Fold)


class FoldSet(Generic[AnyFold]):
    """Folds of a table in each form that learners take, made when first asked for.

    Parameters
    ----------
    make
        ``make(native)`` makes the folds in native form, or with None those for learners that take complete
        numbers only. It stays behind where a set is sent to another process.
    n_folds
        Number of folds.
    preprocessing
        Decides which form a learner takes.
    """

    def __init__(
        self,
        make: Callable[[NativeForm | None], Sequence[AnyFold]],
        n_folds: int,
        preprocessing: PreprocessingParameters,
    ) -> None:
        self._make: Callable[[NativeForm | None], Sequence[AnyFold]] | None = make
        self._n_folds = n_folds
        self._preprocessing = preprocessing
        self._made: dict[tuple[bool, int | None], Sequence[AnyFold]] = {}

    def __len__(self) -> int:
        return self._n_folds

    def __getstate__(self) -> dict[str, Any]:
        # Other processes get the folds that are made, not the table that all are made of
        return {**vars(self), "_make": None}

    def for_learner(self, name: str) -> Sequence[AnyFold]:
        """Return the folds in the form that a learner takes, the same ones for all learners of that form."""
        native = native_form_of(name, self._preprocessing)
        form = (False, None) if native is None else (True, native.most_categories)
        if form not in self._made:
            if self._make is None:
                raise RuntimeError(f"the folds for {name} were not made before they were sent")
            self._made[form] = self._make(native)
        return self._made[form]


def native_form_of(name: str, preprocessing: PreprocessingParameters) -> NativeForm | None:
    """Return the native form of a learner if preprocessing is by learner and it has one, or None."""
    return get_learner(name).native if preprocessing.by_learner else None


def mark_categories(configuration: Configuration, folds: Sequence[Fold]) -> Configuration:
    """Return a configuration that tells its library which columns of folds hold codes of categories."""
    is_category = folds[0].is_category if folds else ()
    if not any(is_category):
        return configuration
    marked = get_learner(configuration.learner).mark(configuration.params, is_category)
    return replace(configuration, params=marked)
