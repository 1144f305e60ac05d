"""Strategy with a scrambled Sobol sequence, shared by all tasks."""

from __future__ import annotations

from foretune.hpo.design import draw_sobol
from foretune.hpo.strategies.listed_strategy import ListedStrategy
from foretune.hpo.strategies.parameters import SobolOptions
from foretune.spaces import Configuration


class Sobol(ListedStrategy[SobolOptions]):
    """Scrambled Sobol sequence (Owen, 1998): the same ``n_trials`` configurations on every task of one type.

    If the learner has a nested axis, groups of ``n_path_values`` configurations differ only in its value and
    share one fit.
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
