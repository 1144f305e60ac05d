"""Which hyperparameters are active; the same answers as ConfigSpace, one hyperparameter at a time."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foretune.hpo.search_space import Choice, FloatRange, IntegerRange


def parents_first(hyperparameters: Mapping[str, FloatRange | IntegerRange | Choice]) -> list[str]:
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


def is_active(hyperparameter: FloatRange | IntegerRange | Choice, active: Mapping[str, Any]) -> bool:
    """Whether a hyperparameter counts, given the values of its active parents."""
    return all(
        parent in active and active[parent] in allowed for parent, allowed in hyperparameter.when.items()
    )


def drop_inactive(
    values: Mapping[str, Any], hyperparameters: Mapping[str, FloatRange | IntegerRange | Choice]
) -> dict[str, Any]:
    """Keep the active values, in the order of ``hyperparameters``."""
    active: dict[str, Any] = {}
    for name in parents_first(hyperparameters):
        if name in values and is_active(hyperparameters[name], active):
            active[name] = values[name]
    return {name: active[name] for name in hyperparameters if name in active}
