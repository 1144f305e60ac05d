"""Library defaults for a memory whose trials did not say which configuration was one."""

from __future__ import annotations

from dataclasses import replace

from foretune.base import TaskType
from foretune.meta_model import Memory, Provenance
from foretune.spaces import DEFAULT, Configuration


def with_library_defaults(memory: Memory, task_type: TaskType) -> Memory:
    """Add the library default of every learner that has none, as far as it is known how to build it.

    A log from elsewhere seldom says which of its configurations is the default. Without one nothing keeps a
    recommendation from being worse than what its owner would have had anyway.

    Parameters
    ----------
    memory
        A surrogate that knows its search.
    task_type
        Of the table; a learner may have other defaults for each.

    Returns
    -------
    Memory
        The same object where nothing is missing.
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
    """Say in the memory's words what the library takes by itself; None where nobody knows.

    Only hyperparameters that the memory has seen are named: all its trials had the library's values of the
    others. A value that it never saw is not named either, and the constructor takes it by itself.
    """
    from foretune.learners import get_learner, known_learners
    from foretune.recommendation.core.vocabulary import LearnerVocabulary

    if learner not in known_learners():
        return None
    vocabulary = LearnerVocabulary.of(learner, provenance, task_type)
    if not vocabulary.names <= vocabulary.own_defaults.keys():
        return None
    values = vocabulary.own_defaults | get_learner(learner).library_default(task_type)
    named = vocabulary.read_over({}, {name: values[name] for name in sorted(vocabulary.names)})
    return vocabulary.active(named, DEFAULT)


def _id_of(default: Configuration, provenance: Provenance) -> str:
    """Return what the memory calls it: its scores, where it has been tried, are remembered under that."""
    from foretune.recommendation.core.vocabulary import key_of

    same = (known for known, one in provenance.configurations.items() if key_of(one) == key_of(default))
    return next(same, default.config_id)
