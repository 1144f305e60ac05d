"""Candidates for the user's own estimator: configurations of the memory in its words and its space."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from foretune.base import derive_seed
from foretune.recommendation.core import NO_VALUE, KnownPart, LearnerVocabulary
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.own_space import Branch, OwnSpace, accepts
from foretune.spaces import DEFAULT, Configuration

# Copies of each configuration of the memory with other values of what the memory does not know
N_COPIES = 3
STRATEGY = "own"


@dataclass(frozen=True)
class OwnPool:
    """Candidates for an estimator of which the memory knows a part.

    Values that are set on the part, and differ from the library's defaults, stay: configurations of the
    memory that differ only there become one. A value out of the user's space is replaced by a draw from it.

    Attributes
    ----------
    estimator
        The user's estimator.
    part
        The part that the memory knows.
    vocabulary
        Hyperparameters of that learner in the memory.
    space
        What the user searches.
    seed
        Seed of the draws.
    """

    estimator: Any
    part: KnownPart
    vocabulary: LearnerVocabulary
    space: OwnSpace
    seed: int

    def build(
        self, known: Sequence[Configuration], is_feasible: Callable[[Configuration], bool]
    ) -> tuple[tuple[OwnConfiguration, ...], int]:
        """Return distinct candidates and how many of them, at the beginning, are the estimator as it is."""
        branches = self.space.branches or (Branch({}),)
        n_copies = N_COPIES if self._has_others else 0
        adapted = [
            self.adapt(one, at % len(branches), copy)
            for copy in range(1 + n_copies)
            for at, one in enumerate(known, start=copy)
        ]
        feasible = [one for one in adapted if one.known is None or is_feasible(one.known)]
        names = list(dict.fromkeys(name for one in feasible for name in one.params))
        default = self.default(names, [one for one in known if one.strategy == DEFAULT])
        first = [] if default is None else [default]
        distinct = {one.config_id: one for one in reversed([*first, *feasible])}
        rest = [one for key, one in reversed(distinct.items()) if not first or key != first[0].config_id]
        return (*first, *rest), len(first)

    def default(self, names: Iterable[str], defaults: Sequence[Configuration]) -> OwnConfiguration | None:
        """Return the estimator as the user gave it; None if that is not in the space of the search."""
        params = {name: self._current[name] for name in names if name in self._current}
        branch = self.space.branch_of(self._current) if self.space.branches else 0
        if branch is None or not defaults:
            return None
        written = self.vocabulary.read_over(defaults[0].params, self.part.read(self.part.as_given))
        known = self.vocabulary.active(written, DEFAULT)
        return OwnConfiguration(self.part.learner, params, DEFAULT, known, branch)

    def adapt(self, one: Configuration, branch: int, copy: int) -> OwnConfiguration:
        """Return a configuration of the memory in the user's space.

        ``copy`` is 0 for the values of other parameters that the estimator has, where they are searched at
        all, and another number for draws.
        """
        rng = np.random.default_rng(derive_seed(self.seed, "own", one.config_id, branch, copy))
        searched = self.space.branches[branch] if self.space.branches else Branch({})
        local = {name: own for name in searched.parameters if (own := self._known_name(name)) is not None}
        fixed = {name: value for name, value in self.part.fixed.items() if name not in local.values()}
        written = self.vocabulary.read_over(one.params, self.part.read(fixed))
        params: dict[str, Any] = {}
        for name in self._in_order(searched):
            if not searched.is_active(name, params):
                continue
            if name not in local:
                params[name] = self._other(searched, name, rng, is_current=copy == 0)
                continue
            before = self.part.express(written)
            # With conditions of the user's own, or values that the memory does not know, it cannot say
            is_open = bool(searched.parameters[name].when) or self._has_unknown_parent(local[name], params)
            if (
                local[name] not in before
                and not is_open
                and not self.vocabulary.can_have(local[name], written)
            ):
                continue
            value = _fit(searched, name, before.get(local[name], NO_VALUE), rng)
            params[name] = value
            written = self.vocabulary.read_over(written, self.part.read({local[name]: value}))
        implied = self.part.implied({str(self.part.local(name)): value for name, value in params.items()})
        implied = {name: value for name, value in implied.items() if name not in local.values()}
        written = self.vocabulary.read_over(written, self.part.read(implied))
        known = self.vocabulary.active(written, one.strategy)
        kept = {
            f"{self.part.prefix}{name}": value
            for name, value in self.part.express(known.params).items()
            if name not in fixed and name not in local.values() and self._takes(name)
        }
        return OwnConfiguration(self.part.learner, {**kept, **params}, STRATEGY, known, branch)

    @property
    def others(self) -> list[str]:
        """Parameters of the search of whose values the memory knows nothing, or not all of them."""
        return [
            name for name in self.space.names if self._known_name(name) is None or not self._knows_all(name)
        ]

    @property
    def _has_others(self) -> bool:
        return any(self._known_name(name) is None for name in self.space.names)

    @cached_property
    def _current(self) -> Mapping[str, Any]:
        """Values of the estimator; what it leaves to the library is the library's default."""
        current = dict(self.estimator.get_params(deep=True))
        left = self.part.express(self.vocabulary.default)
        for name, value in left.items():
            full = f"{self.part.prefix}{name}"
            if name not in self.part.fixed and current.get(full) is None:
                current[full] = value
        for name in self.space.names:
            local = self._known_name(name)
            if name not in current and local is not None and f"{self.part.prefix}{local}" in current:
                current[name] = current[f"{self.part.prefix}{local}"]
        return current

    @cached_property
    def _known_names(self) -> frozenset[str]:
        names = self.vocabulary.names
        return frozenset(self.part.express(dict.fromkeys(names, 1)))

    def _known_name(self, name: str) -> str | None:
        """Return the learner's name of a parameter; None if the memory does not know it."""
        local = self.part.local(name)
        return local if local in self._known_names else None

    def _in_order(self, branch: Branch) -> list[str]:
        """Return the parameters of a branch, parents first: by its own conditions, or those of the memory."""
        names = list(branch.parameters)
        if any(one.when for one in branch.parameters.values()):
            return names
        space = self.vocabulary.space
        depends = {
            name: (own := self._known_name(name)) in space and bool(space[str(own)].when) for name in names
        }
        return sorted(names, key=lambda name: depends[name])

    def _has_unknown_parent(self, name: str, params: Mapping[str, Any]) -> bool:
        """Whether a parent of a hyperparameter has a value that the memory does not know."""
        parents = self.vocabulary.space[name].when if name in self.vocabulary.space else {}
        values = {str(self.part.local(full)): value for full, value in params.items()} | self.part.fixed
        return any(one in values and not self.vocabulary.knows(one, values[one]) for one in parents)

    def _takes(self, name: str) -> bool:
        """Whether the part has a hyperparameter of the memory."""
        return accepts(self.part.estimator, name)

    def _knows_all(self, name: str) -> bool:
        """Whether the memory knows every value of a parameter in the user's space."""
        local = str(self._known_name(name))
        for branch in self.space.branches:
            if (parameter := branch.parameters.get(name)) is None:
                continue
            ends = parameter.values or (parameter.at(0.0), parameter.at(1.0))
            for meant in (self.part.read({local: value}) for value in ends):
                if not all(self._is_within(own, value) for own, value in meant.items()):
                    return False
        return True

    def _is_within(self, name: str, value: Any) -> bool:
        if not self.vocabulary.knows(name, value):
            return False
        ends = self._ranges.get(name)
        is_number = ends is not None and isinstance(value, int | float) and not isinstance(value, bool)
        return not is_number or ends is None or ends[0] <= value <= ends[1]

    @cached_property
    def _ranges(self) -> dict[str, tuple[float, float]]:
        """Ends of the ranges of the memory's search space."""
        found: dict[str, tuple[float, float]] = {}
        for name, one in self.vocabulary.space.items():
            values = getattr(one, "choices", None) or (getattr(one, "low", 0), getattr(one, "high", 0))
            numbers = [value for value in values if isinstance(value, int | float)]
            if numbers:
                found[name] = (min(numbers), max(numbers))
        return found

    def _other(self, branch: Branch, name: str, rng: np.random.Generator, *, is_current: bool) -> Any:
        """Return the value of a parameter that the memory does not know."""
        parameter, current = branch.parameters[name], self._current.get(name, NO_VALUE)
        drawn = parameter.draw(rng)
        return current if is_current and parameter.find(current) is not None else drawn


def _fit(branch: Branch, name: str, value: Any, rng: np.random.Generator) -> Any:
    """Return the value in the user's space that a value of the memory stands for, or a draw."""
    parameter = branch.parameters[name]
    drawn = parameter.draw(rng)
    return drawn if value is NO_VALUE or parameter.find(value) is None else parameter.nearest(value)
