"""Conditions between hyperparameters and grids of the values they allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from foretune.spaces.hyperparameters import Choice, FloatRange, Hyperparameter, Hyperparameters


def parents_first(hyperparameters: Hyperparameters) -> list[str]:
    """Sort hyperparameters so that parents come before children, otherwise as written.

    Raises
    ------
    graphlib.CycleError
        If the conditions are cyclic.
    """
    # Only to detect cycles: the sorter's own order goes by generations
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
    """Whether a hyperparameter is active, given the values of its active parents."""
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
    """Generate the grid of all axes, without varying inactive hyperparameters.

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
    """Generate all configurations of a discrete space; none if a hyperparameter is continuous."""
    axes: dict[str, Sequence[Any]] = {}
    for name, hyperparameter in hyperparameters.items():
        if isinstance(hyperparameter, FloatRange):
            return
        if isinstance(hyperparameter, Choice):
            axes[name] = hyperparameter.choices
        else:
            axes[name] = range(hyperparameter.low, hyperparameter.high + 1, hyperparameter.step)
    yield from combine(hyperparameters, axes)
