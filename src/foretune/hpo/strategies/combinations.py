"""All combinations of values, conditions kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foretune.hpo.search_space import Choice, FloatRange
from foretune.hpo.strategies.conditions import is_active, parents_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from foretune.hpo.search_space import IntegerRange


def combine(
    hyperparameters: Mapping[str, FloatRange | IntegerRange | Choice], axes: Mapping[str, Sequence[Any]]
) -> Iterator[dict[str, Any]]:
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
    hyperparameters: Mapping[str, FloatRange | IntegerRange | Choice],
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
