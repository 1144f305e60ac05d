"""Base class of strategies with a fixed list of proposals."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from foretune.hpo.strategies.strategy import OptionsT, Proposal, SearchProblem, Strategy
from foretune.spaces import Configuration


class ListedStrategy(Strategy[OptionsT]):
    """Base class of strategies that propose a fixed list of configurations, independent of scores."""

    uses_scores = "never"

    def __init__(self, problem: SearchProblem, options: OptionsT) -> None:
        super().__init__(problem, options)
        # Eagerly, so that an impossible list fails before the search
        self._remaining = iter(self._configurations())

    @abstractmethod
    def _configurations(self) -> Iterable[Configuration]:
        """List the configurations; known ones will be skipped."""

    def _propose(self) -> Proposal | None:
        for configuration in self._remaining:
            proposal = Proposal(configuration)
            if not self._knows(proposal):
                return proposal
        return None
