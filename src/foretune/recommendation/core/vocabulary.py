"""Vocabulary of a learner in a memory: hyperparameters, values and their translation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foretune.base import TaskType
from foretune.learners import get_learner
from foretune.meta_model import Provenance
from foretune.recommendation.core.values import NO_VALUE, canonical, is_finite_number
from foretune.spaces import DEFAULT, Configuration, Hyperparameter, drop_inactive, is_active, is_number_text

STRATEGY = "study"
# Not passed to the constructor, whose default then applies
LEFT_OUT: Any = type("_LeftOut", (), {"__repr__": lambda _: "LEFT_OUT"})()
Key = tuple[str, frozenset[tuple[str, object]]]


@dataclass(frozen=True)
class LearnerVocabulary:
    """Hyperparameters of a learner and their values in a memory.

    Attributes
    ----------
    learner
        Name of the learner.
    default
        The library default as spelt in the memory.
    own_defaults
        Default arguments of the estimator's constructor; empty if there is no such estimator.
    texts
        Non-numeric values of each hyperparameter by their text.
    numeric
        Hyperparameters with numeric values.
    space
        Search space with its conditions; empty if unknown.
    """

    learner: str
    default: dict[str, Any]
    own_defaults: dict[str, Any]
    texts: dict[str, dict[str, Any]]
    numeric: frozenset[str]
    space: dict[str, Hyperparameter]

    @classmethod
    def of(cls, learner: str, provenance: Provenance, task_type: TaskType) -> LearnerVocabulary:
        """Collect the vocabulary of a learner from a memory's provenance."""
        own = [one for one in provenance.configurations.values() if one.learner == learner]
        defaults = [one.params for one in own if one.strategy == DEFAULT]
        texts: dict[str, dict[str, Any]] = {}
        numeric = set()
        for one in own:
            for name, value in one.params.items():
                if is_finite_number(value):
                    numeric.add(name)
                else:
                    texts.setdefault(name, {})[str(value)] = value
        space = provenance.spaces[learner].of(task_type) if learner in provenance.spaces else {}
        default = dict(defaults[0]) if defaults else {}
        return cls(learner, default, _own_defaults(learner, task_type), texts, frozenset(numeric), space)

    @property
    def names(self) -> frozenset[str]:
        """Hyperparameters in the memory."""
        return self.numeric | self.texts.keys()

    def read(self, name: str, value: object) -> Any:
        """Return a value as spelt in the memory, ``LEFT_OUT``, or ``NO_VALUE`` if it is unknown."""
        texts = self.texts.get(name, {})
        if name in self.numeric:
            if is_finite_number(value):
                return value
            if isinstance(value, str) and value not in texts and is_number_text(value):
                return float(value)
        if str(value) in texts:
            return texts[str(value)]
        # None is a value like any other unless it is the constructor's default
        if _same(value, self.own_defaults.get(name)):
            return self.default.get(name, LEFT_OUT)
        return NO_VALUE

    def knows(self, name: str, value: object) -> bool:
        """Whether a value is known to the memory."""
        return self.read(name, value) is not NO_VALUE

    def complete(self, values: Mapping[str, object]) -> Configuration:
        """Return the configuration of an estimator built from these values alone.

        Other hyperparameters have the library default; values unknown to the memory are ignored.
        """
        return self.active(self.read_over(self.default, values))

    def read_over(self, params: Mapping[str, Any], values: Mapping[str, object]) -> dict[str, Any]:
        """Return a configuration's hyperparameters overwritten by values known to the memory."""
        written = dict(params)
        for name, value in values.items():
            meant = self.read(name, value) if name in self.names else NO_VALUE
            if meant is LEFT_OUT:
                written.pop(name, None)
            elif meant is not NO_VALUE:
                written[name] = meant
        return written

    def active(self, params: Mapping[str, Any], strategy: str = STRATEGY) -> Configuration:
        """Return the configuration without inactive hyperparameters, if the conditions are known."""
        kept = drop_inactive(params, self.space) if params.keys() <= self.space.keys() else dict(params)
        return Configuration(self.learner, kept, strategy)

    def can_have(self, name: str, params: Mapping[str, Any]) -> bool:
        """Whether a hyperparameter is active under the values of a configuration."""
        if not self.space:
            return name in params
        return name in self.space and is_active(self.space[name], params)


def key_of(configuration: Configuration) -> Key:
    """Return a key that is equal for configurations that are the same to estimator and surrogate."""
    return configuration.learner, frozenset(
        (name, canonical(value)) for name, value in configuration.params.items() if value is not None
    )


def _own_defaults(learner: str, task_type: TaskType) -> dict[str, Any]:
    try:
        estimator = get_learner(learner).build({}, task_type, 0)
    except KeyError:
        return {}
    return dict(estimator.get_params(deep=False))


def _same(first: object, second: object) -> bool:
    return type(first) is type(second) and first == second
