"""Pool of a memory's configurations adapted to the search space of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution

from foretune.base import derive_seed
from foretune.recommendation.core import NO_VALUE, LearnerVocabulary, key_of
from foretune.recommendation.optuna.values import draw_value, fit_value, nudge_value
from foretune.spaces import DEFAULT, Configuration

# Configurations of a learner that are drawn from the study's ranges, and around its best one
N_FRESH = 32
N_AROUND = 16


@dataclass(frozen=True)
class StudySpace:
    """Search space of one learner in a study.

    Attributes
    ----------
    vocabulary
        Vocabulary of the learner.
    searched
        Distribution of each hyperparameter in the study.
    fixed
        Fixed values in the study.
    closed
        Hyperparameters that the study does not suggest and that keep the library default.
    """

    vocabulary: LearnerVocabulary
    searched: dict[str, BaseDistribution]
    fixed: dict[str, Any]
    closed: frozenset[str]

    @property
    def signature(self) -> tuple[object, ...]:
        """Key that is equal for equal spaces."""
        return (
            self.vocabulary.learner,
            tuple(sorted((name, repr(one)) for name, one in self.searched.items())),
            tuple(sorted((name, repr(value)) for name, value in self.fixed.items())),
            tuple(sorted(self.closed)),
        )

    def adapt(self, one: Configuration, seed: int, *, fresh: bool = False) -> Configuration | None:
        """Adapt a configuration to the space; None if that is impossible.

        A value out of the study's range, or any number if ``fresh``, is replaced by a draw from that range,
        which depends only on the configuration, the hyperparameter and the seed.
        """

        def replace(name: str, value: Any, distribution: BaseDistribution) -> Any:
            fitted = NO_VALUE if value is NO_VALUE else fit_value(value, distribution)
            if fitted is not NO_VALUE and not (fresh and name in self.vocabulary.numeric):
                return fitted
            rng = np.random.default_rng(derive_seed(seed, "study", one.config_id, name, fresh))
            return draw_value(distribution, lambda choice: self.vocabulary.knows(name, choice), rng)

        return self._change(one, replace)

    def look_around(self, one: Configuration, n: int, seed: int) -> list[Configuration]:
        """Draw neighbours of a configuration: about half of its numbers are slightly changed."""
        rng = np.random.default_rng(derive_seed(seed, "around", one.config_id))

        def move(name: str, value: Any, distribution: BaseDistribution) -> Any:
            if value is NO_VALUE:
                return draw_value(distribution, lambda choice: self.vocabulary.knows(name, choice), rng)
            return (
                nudge_value(value, distribution, rng)
                if rng.random() < 0.5
                else fit_value(value, distribution)
            )

        return [near for near in (self._change(one, move) for _ in range(n)) if near is not None]

    def holds_default(self, default: Configuration) -> bool:
        """Whether the library default is in the space.

        As long as nothing is known of a hyperparameter that the default leaves to the library, and the memory
        searches, the study probably suggests it, too: then a value would be made up for it later.
        """
        vocabulary = self.vocabulary
        settled = self.searched.keys() | self.fixed.keys() | self.closed | default.params.keys()
        if any(vocabulary.can_have(name, default.params) for name in vocabulary.space.keys() - settled):
            return False
        if self.fixed and key_of(
            vocabulary.active(vocabulary.read_over(default.params, self.fixed))
        ) != key_of(default):
            return False
        for name, distribution in self.searched.items():
            if name in self.fixed or not (
                name in default.params or vocabulary.can_have(name, default.params)
            ):
                continue
            if self.express(default, name, distribution) is NO_VALUE:
                return False
        return True

    def express(self, one: Configuration, name: str, distribution: BaseDistribution) -> Any:
        """Return the study's exact value for a hyperparameter of a configuration, or ``NO_VALUE``."""
        vocabulary = self.vocabulary
        if name in one.params:
            value = fit_value(one.params[name], distribution)
            written = vocabulary.read_over(one.params, {} if value is NO_VALUE else {name: value})
            same = key_of(vocabulary.active(written)) == key_of(one)
            return value if same else NO_VALUE
        # Left to the library: a choice with that meaning
        for choice in getattr(distribution, "choices", ()):
            if vocabulary.knows(name, choice) and key_of(
                vocabulary.active(vocabulary.read_over(one.params, {name: choice}))
            ) == key_of(one):
                return choice
        return NO_VALUE

    def _change(
        self, one: Configuration, change: Callable[[str, Any, BaseDistribution], Any]
    ) -> Configuration | None:
        vocabulary = self.vocabulary
        params = dict(one.params)
        for name in self.closed:
            params.pop(name, None)
            if name in vocabulary.default:
                params[name] = vocabulary.default[name]
        params = vocabulary.read_over(params, self.fixed)
        for name in self._parents_first():
            if name in self.fixed or not (name in params or vocabulary.can_have(name, params)):
                continue
            value = change(name, params.get(name, NO_VALUE), self.searched[name])
            if value is NO_VALUE:
                return None
            params = vocabulary.read_over(params, {name: value})
        return vocabulary.active(params)

    def _parents_first(self) -> list[str]:
        space = self.vocabulary.space
        return sorted(self.searched, key=lambda name: (bool(name in space and space[name].when), name))


@dataclass(frozen=True)
class StudyPool:
    """Pool of candidate configurations, library defaults first."""

    configurations: tuple[Configuration, ...]
    n_defaults: int

    @classmethod
    def build(
        cls,
        spaces: Mapping[str, StudySpace],
        known: Iterable[Configuration],
        is_feasible: Callable[[Configuration], bool],
        seed: int,
    ) -> StudyPool:
        """Adapt known configurations of any learner to the learners' spaces, and draw further ones."""
        own = [one for one in known if one.learner in spaces]
        defaults = [one for one in own if one.strategy == DEFAULT]
        defaults = [one for one in defaults if spaces[one.learner].holds_default(one)]
        adapted = [spaces[one.learner].adapt(one, seed) for one in own]
        for learner, space in spaces.items():
            if space.searched:
                models = [one for one in own if one.learner == learner]
                adapted += [
                    space.adapt(models[at % len(models)], seed + at // len(models), fresh=True)
                    for at in range(N_FRESH)
                    if models
                ]
        feasible = [one for one in adapted if one is not None and is_feasible(one)]
        distinct = {key_of(one): one for one in reversed([*defaults, *feasible])}
        first = [key_of(one) for one in defaults]
        rest = [one for key, one in reversed(distinct.items()) if key not in first]
        return cls((*defaults, *rest), len(defaults))
