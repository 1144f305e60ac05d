"""Random search strategy."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from foretune.hpo.strategies.parameters import RandomOptions
from foretune.hpo.strategies.strategy import Proposal, Strategy
from foretune.spaces import draw_new_params


class RandomSearch(Strategy[RandomOptions]):
    """Random search: independent draws (Bergstra and Bengio, JMLR 13, 2012)."""

    uses_scores = "never"

    @cached_property
    def _rng(self) -> np.random.Generator:

        return np.random.default_rng(self.seed)

    def _propose(self) -> Proposal | None:
        if self.n_proposed == self.problem.n_trials:
            return None
        params = draw_new_params(
            self.problem.hyperparameters, self._rng, lambda params: not self._knows(self._proposal(params))
        )
        return None if params is None else self._proposal(params)
