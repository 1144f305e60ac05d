"""Conditions between hyperparameters, and the combinations of values that they allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from foretune.spaces.hyperparameters import Choice, FloatRange, Hyperparameter, Hyperparameters


def parents_first(hyperparameters: Hyperparameters) -> list[str]:
    """Order names so that each comes after those its condition names, otherwise as written.

    Raises
    ------
    graphlib.CycleError
        If conditions go round in a circle.
    """
    # The sorter's own order goes by generations; here it only looks for circles
    TopologicalSorter({name: value.when for name, value in hyperparameters.items()}).prepare()
    ordered: list[str] = []

    def place(name: str) -> None:
        for parent in hyperparameters[name].when:
            place(parent)
        if name not in ordered:
            ordered.append(name)

    for name in hyperparameters:
        place(name)
    return ordered


def is_active(hyperparameter: Hyperparameter, active: Mapping[str, Any]) -> bool:
    """Whether a hyperparameter counts, given the values of its active parents."""
    return all(
        parent in active and active[parent] in allowed for parent, allowed in hyperparameter.when.items()
    )


def drop_inactive(values: Mapping[str, Any], hyperparameters: Hyperparameters) -> dict[str, Any]:
    """Keep the active values, in the order of ``hyperparameters``."""
    active: dict[str, Any] = {}
    for name in parents_first(hyperparameters):
        if name in values and is_active(hyperparameters[name], active):
            active[name] = values[name]
    return {name: active[name] for name in hyperparameters if name in active}


def combine(hyperparameters: Hyperparameters, axes: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Combine the values of all axes; what is inactive is not varied.

    Parents come before their children, otherwise the order is that of ``hyperparameters``; the last varies
    fastest.
    """

    def extend(names: list[str], params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not names:
            yield {name: params[name] for name in hyperparameters if name in params}
            return
        name, *rest = names
        if not is_active(hyperparameters[name], params):
            yield from extend(rest, params)
            return
        for value in axes[name]:
            yield from extend(rest, {**params, name: value})

    return extend(parents_first(hyperparameters), {})


def list_space(
    hyperparameters: Hyperparameters,
) -> Iterator[dict[str, Any]]:
    """List a space whole; nothing if it has a continuous hyperparameter."""
    axes: dict[str, Sequence[Any]] = {}
    for name, hyperparameter in hyperparameters.items():
        if isinstance(hyperparameter, FloatRange):
            return
        if isinstance(hyperparameter, Choice):
            axes[name] = hyperparameter.choices
        else:
            axes[name] = range(hyperparameter.low, hyperparameter.high + 1, hyperparameter.step)
    yield from combine(hyperparameters, axes)
