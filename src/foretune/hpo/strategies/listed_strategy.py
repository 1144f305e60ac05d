"""Base of the strategies whose proposals are known beforehand."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from foretune.hpo.strategies.strategy import OptionsT, Proposal, SearchProblem, Strategy
from foretune.spaces import Configuration


class ListedStrategy(Strategy[OptionsT]):
    """Proposes a list of configurations in turn, whatever the scores."""

    uses_scores = "never"

    def __init__(self, problem: SearchProblem, options: OptionsT) -> None:
        super().__init__(problem, options)
        # Now, not when first asked: a list that cannot be made has to fail before the search
        self._remaining = iter(self._configurations())

    @abstractmethod
    def _configurations(self) -> Iterable[Configuration]:
        """List the configurations; what is known already is passed over."""

    def _propose(self) -> Proposal | None:
        for configuration in self._remaining:
            proposal = Proposal(configuration)
            if not self._knows(proposal):
                return proposal
        return None
