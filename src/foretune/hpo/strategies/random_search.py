"""Random search."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from foretune.hpo.strategies.parameters import RandomOptions
from foretune.hpo.strategies.strategy import Strategy
from foretune.spaces.draws import draw_new_params

if TYPE_CHECKING:
    import numpy as np

    from foretune.hpo.strategies.strategy import Proposal


class RandomSearch(Strategy[RandomOptions]):
    """Independent draws (Bergstra and Bengio, JMLR 13, 2012)."""

    uses_scores = "never"

    @cached_property
    def _rng(self) -> np.random.Generator:
        import numpy as np

        return np.random.default_rng(self.seed)

    def _propose(self) -> Proposal | None:
        if self.n_proposed == self.problem.n_trials:
            return None
        params = draw_new_params(
            self.problem.hyperparameters, self._rng, lambda params: not self._knows(self._proposal(params))
        )
        return None if params is None else self._proposal(params)
