"""Base class of strategies with the optimiser of another library."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from foretune.hpo.strategies.strategy import OptionsT, Proposal, SearchProblem, Strategy
from foretune.spaces import Point, decode_point, dimensions_of, draw_new_params, encode_params


class LibraryStrategy(Strategy[OptionsT]):
    """Base class of strategies that propose a library's suggestions, each configuration once.

    A repeated suggestion is answered with its score, as soon as known, and another one is requested; after
    ``max_attempts`` a random new configuration is proposed and reported to the library. Scores of other
    configurations are reported too if they are in the library's space.

    Attributes
    ----------
    max_attempts
        Maximum number of suggestions for one proposal.
    """

    max_attempts: ClassVar[int] = 10

    def __init__(self, problem: SearchProblem, options: OptionsT) -> None:
        super().__init__(problem, options)
        self.dimensions = dimensions_of(problem.hyperparameters)
        self._rng = np.random.default_rng(self.seed)
        # The library's trials of each configuration without a score
        self._trials: dict[tuple[str, float], list[Any]] = {}

    @abstractmethod
    def _suggest(self, given: Point | None = None) -> tuple[Any, Point] | None:
        """Start a trial of the library.

        Parameters
        ----------
        given
            The point to evaluate; by default the library chooses it.

        Returns
        -------
        tuple
            The library's trial, and a number for at least each active dimension. None if there are no more.
        """

    @abstractmethod
    def _report(self, trial: Any, score: float | None) -> None:
        """Report the score of a trial to the library; None if it failed."""

    def _propose(self) -> Proposal | None:
        if self.n_proposed == self.problem.n_trials:
            return None
        for _ in range(self.max_attempts):
            suggestion = self._suggest()
            if suggestion is None:
                break
            trial, point = suggestion
            proposal = self._proposal_at(point)
            is_new = not self._knows(proposal)
            if proposal.key in self._scores:
                self._report(trial, self._scores[proposal.key])
            else:
                self._trials.setdefault(proposal.key, []).append(trial)
            if is_new:
                return proposal
        return self._explore()

    def _learn(self, proposal: Proposal, score: float | None) -> None:
        if proposal.key not in self._trials and proposal.fidelity == 1:
            self._start_given(proposal)
        for trial in self._trials.pop(proposal.key, []):
            self._report(trial, score)

    def _explore(self) -> Proposal | None:
        params = draw_new_params(
            self.problem.hyperparameters, self._rng, lambda params: not self._knows(self._proposal(params))
        )
        if params is None:
            return None
        proposal = self._proposal(params)
        self._start_given(proposal)
        return proposal

    def _start_given(self, proposal: Proposal) -> None:
        point = encode_params(self.dimensions, proposal.configuration.params)
        suggestion = None if point is None else self._suggest(point)
        if suggestion is not None:
            self._trials.setdefault(proposal.key, []).append(suggestion[0])

    def _proposal_at(self, point: Point) -> Proposal:
        params = decode_point(self.dimensions, point)
        return self._proposal({name: params[name] for name in self.problem.hyperparameters if name in params})
