"""Creation of the compared methods by name."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import cast

from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.names import METHODS
from foretune.evaluation.parameters import EvaluationParameters


def create_methods(parameters: EvaluationParameters, learner_order: Sequence[str]) -> list[Method]:
    """Create the methods named in the parameters.

    Parameters
    ----------
    parameters
        ``methods`` are their names; methods may read further parameters.
    learner_order
        Order in which the learners' defaults are tried.

    Returns
    -------
    list of Method
        In the order of ``parameters.methods``; ``nearest_tasks`` gives one for every number of neighbours.
    """
    methods: list[Method] = []
    for name in parameters.methods:
        module, class_name = METHODS[name]
        kind = cast(
            "type[Method]", getattr(import_module(f"foretune.evaluation.methods.{module}"), class_name)
        )
        methods += kind.create(parameters, learner_order)
    return methods
