"""The shared Sobol design."""

from __future__ import annotations

from foretune.hpo.design import draw_sobol
from foretune.hpo.strategies.listed_strategy import ListedStrategy
from foretune.hpo.strategies.parameters import SobolOptions
from foretune.spaces import Configuration


class Sobol(ListedStrategy[SobolOptions]):
    """A scrambled Sobol sequence (Owen, 1998): the same configurations on every task of one type.

    These are ``n_trials`` configurations. If the learner has a path axis, ``n_path_values`` of them differ in
    nothing else: one fit gives them all.
    """

    def _configurations(self) -> list[Configuration]:
        return draw_sobol(
            self.problem.space,
            self.problem.task_type,
            self.problem.learner,
            n_configurations=self.problem.n_trials,
            seed=self.seed,
            n_path_values=self.options.n_path_values,
        )
