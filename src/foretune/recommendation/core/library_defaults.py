"""Library defaults for a memory whose trials do not mark them."""

from __future__ import annotations

from dataclasses import replace

from foretune.base import TaskType
from foretune.learners import get_learner, known_learners
from foretune.meta_model import Memory, Provenance
from foretune.recommendation.core.constructible import why_not_constructible
from foretune.recommendation.core.vocabulary import LearnerVocabulary, key_of
from foretune.spaces import DEFAULT, Configuration


def with_library_defaults(memory: Memory, task_type: TaskType) -> Memory:
    """Add the missing library defaults of learners that are registered.

    Logs seldom mark the default, without which a recommendation cannot be guarded against being worse. The
    memory needs provenance; it is returned itself if nothing is missing.
    """
    provenance = memory.provenance
    if provenance is None:
        return memory
    have = {one.learner for one in provenance.configurations.values() if one.strategy == DEFAULT}
    added: dict[str, Configuration] = {}
    for learner in provenance.learners:
        default = None if learner in have else _find_default(learner, provenance, task_type)
        if default is not None:
            added[_id_of(default, provenance)] = default
    if not added:
        return memory
    configurations = {**provenance.configurations, **added}
    return replace(memory, provenance=replace(provenance, configurations=configurations))


def _find_default(learner: str, provenance: Provenance, task_type: TaskType) -> Configuration | None:
    """Return the library default as spelt in the memory; None if unknown.

    Only hyperparameters and values in the memory are set; the others keep the constructor's defaults, as in
    all its trials, and so do keywords that the constructor takes without naming them.
    """
    if learner not in known_learners():
        return None
    vocabulary = LearnerVocabulary.of(learner, provenance, task_type)
    values = vocabulary.own_defaults | get_learner(learner).library_default(task_type)
    unnamed = vocabulary.names - values.keys()
    having = [one for one in provenance.configurations.values() if one.learner == learner]
    having = [one for one in having if not unnamed.isdisjoint(one.params)]
    if why_not_constructible(having, task_type):
        return None
    named = vocabulary.read_over({}, {name: values[name] for name in sorted(vocabulary.names - unnamed)})
    return vocabulary.active(named, DEFAULT)


def _id_of(default: Configuration, provenance: Provenance) -> str:
    """Return the memory's identifier of the default, under which its scores are stored if it was tried."""
    same = (known for known, one in provenance.configurations.items() if key_of(one) == key_of(default))
    return next(same, default.config_id)
