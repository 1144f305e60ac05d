"""Vocabulary of a learner for studies, which may search more than the memory's search did."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from foretune.recommendation.core import LearnerVocabulary, is_finite_number
from foretune.spaces import Choice, Configuration, drop_inactive


class StudyVocabulary(LearnerVocabulary):
    """Vocabulary of values and hyperparameters that the memory's search space does not have.

    A number on which other hyperparameters depend is read as the nearest known choice: LightGBM's
    ``bagging_freq`` is 0 or 1 in the memory and up to 7 in many studies, and read as 5 it would make
    ``bagging_fraction`` inactive, which has a meaning for 1 only.

    Hyperparameters outside of the space, such as a number of rounds that the search left to early stopping,
    are always active.
    """

    def read(self, name: str, value: object) -> Any:
        """Return a value as spelt in the memory, ``LEFT_OUT``, or ``NO_VALUE`` if it is unknown."""
        meant = super().read(name, value)
        choices = self._numeric_parents.get(name)
        if choices is None or not is_finite_number(meant):
            return meant
        return min(choices, key=lambda choice: abs(choice - meant))

    def active(self, params: Mapping[str, Any], strategy: str = "study") -> Configuration:
        """Return the configuration without inactive hyperparameters, if the conditions are known."""
        if not self.space:
            return super().active(params, strategy)
        others = {name: value for name, value in params.items() if name not in self.space}
        return Configuration(self.learner, {**drop_inactive(params, self.space), **others}, strategy)

    def can_have(self, name: str, params: Mapping[str, Any]) -> bool:
        """Whether a hyperparameter is active under the values of a configuration."""
        if self.space and name not in self.space:
            return name in self.names
        return super().can_have(name, params)

    @cached_property
    def _numeric_parents(self) -> dict[str, list[float]]:
        """Choices of the hyperparameters in conditions that are numbers."""
        parents = {parent for one in self.space.values() for parent in one.when}
        found: dict[str, list[float]] = {}
        for name in parents & self.space.keys():
            one = self.space[name]
            if isinstance(one, Choice) and all(is_finite_number(choice) for choice in one.choices):
                found[name] = [choice for choice in one.choices if is_finite_number(choice)]
        return found
