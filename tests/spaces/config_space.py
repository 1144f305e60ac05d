"""Search spaces as ConfigSpace has them, the reference that conditions and draws are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foretune.base import TaskType
from foretune.spaces.hyperparameters import Choice, FloatRange, Hyperparameter, LearnerSpace

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


def build_space(space: LearnerSpace, task_type: TaskType, name: str) -> ConfigurationSpace:
    """Build a learner's ConfigSpace for one task type, with its conditions.

    Parameters
    ----------
    space
        Hyperparameters as written in the parameters.
    task_type
        Adds the hyperparameters that only this task type has.
    name
        Name of the learner, which becomes the name of the space.
    """
    from ConfigSpace import AndConjunction, ConfigurationSpace, InCondition

    built = ConfigurationSpace(name=name)
    hyperparameters = space.of(task_type)
    built.add([_build_hyperparameter(key, value) for key, value in hyperparameters.items()])
    for key, hyperparameter in hyperparameters.items():
        conditions = [
            InCondition(built[key], built[parent], list(values))
            for parent, values in hyperparameter.when.items()
        ]
        if conditions:
            built.add(conditions[0] if len(conditions) == 1 else AndConjunction(*conditions))
    return built


def _build_hyperparameter(name: str, hyperparameter: Hyperparameter) -> Any:
    from ConfigSpace import (
        CategoricalHyperparameter,
        OrdinalHyperparameter,
        UniformFloatHyperparameter,
        UniformIntegerHyperparameter,
    )

    if isinstance(hyperparameter, FloatRange):
        return UniformFloatHyperparameter(
            name, hyperparameter.low, hyperparameter.high, log=hyperparameter.log
        )
    if isinstance(hyperparameter, Choice):
        return CategoricalHyperparameter(name, hyperparameter.choices)
    if hyperparameter.step == 1:
        return UniformIntegerHyperparameter(
            name, hyperparameter.low, hyperparameter.high, log=hyperparameter.log
        )
    # ConfigSpace has no stepped integers: an ordered sequence is the same set
    steps = range(hyperparameter.low, hyperparameter.high + 1, hyperparameter.step)
    return OrdinalHyperparameter(name, list(steps))
