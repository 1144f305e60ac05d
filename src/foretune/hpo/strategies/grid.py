"""Grid search strategy."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

from foretune.hpo.strategies.listed_strategy import ListedStrategy
from foretune.hpo.strategies.parameters import GridOptions
from foretune.hpo.strategies.strategy import SearchProblem
from foretune.spaces import Choice, Configuration, Hyperparameter, IntegerRange, combine


class Grid(ListedStrategy[GridOptions]):
    """All combinations of evenly spaced values, bounds included; the last hyperparameter varies fastest.

    The whole grid is proposed for any number of trials, since a part of it would cover only a corner.
    Inactive hyperparameters are not varied.

    Raises
    ------
    ValueError
        If the grid is larger than ``max_size``, or ``n_points_of`` names an unknown hyperparameter.
    """

    def __init__(self, problem: SearchProblem, options: GridOptions) -> None:
        unknown = [name for name in options.n_points_of if name not in problem.hyperparameters]
        if unknown:
            raise ValueError(
                f"grid.n_points_of names {unknown[0]!r}, which {problem.learner!r} does not have: "
                f"{', '.join(problem.hyperparameters)}"
            )
        super().__init__(problem, options)

    def _configurations(self) -> list[Configuration]:
        axes = {name: self._axis(name) for name in self.problem.hyperparameters}
        max_size = self.options.max_size
        combinations = list(islice(combine(self.problem.hyperparameters, axes), max_size + 1))
        if len(combinations) > max_size:
            sizes = ", ".join(f"{name} {len(values)}" for name, values in axes.items())
            raise ValueError(
                f"the grid of {self.problem.learner!r} has more than {max_size} combinations ({sizes}); "
                "lower n_points or raise max_size"
            )
        return [Configuration(self.problem.learner, params, self.options.name) for params in combinations]

    def _axis(self, name: str) -> list[Any]:
        n_points = self.options.n_points_of.get(name, self.options.n_points)
        return spaced_values(self.problem.hyperparameters[name], n_points)


def spaced_values(hyperparameter: Hyperparameter, n_points: int) -> list[Any]:
    """Return at most ``n_points`` evenly spaced values (on a log scale if ``log``), bounds included.

    A choice gives all its values; a single point is the middle of the range.
    """
    if isinstance(hyperparameter, Choice):
        return list(hyperparameter.choices)
    quantiles = [step / (n_points - 1) for step in range(n_points)] if n_points > 1 else [0.5]
    if isinstance(hyperparameter, IntegerRange):
        return sorted({_integer_between(hyperparameter, quantile) for quantile in quantiles})
    return [hyperparameter.at(quantile) for quantile in quantiles]


def _integer_between(hyperparameter: IntegerRange, share: float) -> int:
    """Return the nearest value at a share of the range, unlike the equal shares of ``IntegerRange.at``."""
    low, high, step = hyperparameter.low, hyperparameter.high, hyperparameter.step
    if hyperparameter.log:
        return round(math.exp(math.log(low) + share * (math.log(high) - math.log(low))))
    return low + step * round(share * (high - low) / step)
