"""Base of the strategies that ask another library."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from foretune.hpo.strategies.strategy import OptionsT, Proposal, SearchProblem, Strategy
from foretune.spaces import Point, decode_point, dimensions_of, draw_new_params, encode_params


class LibraryStrategy(Strategy[OptionsT]):
    """Passes a library's suggestions on, each configuration once.

    What the library repeats is answered with the score it has (or will get), and it is asked again; after
    ``max_attempts`` times a random new configuration is taken and the library told of it. Scores that others
    found are told to the library as well, where its space has the configuration.

    Attributes
    ----------
    max_attempts
        Suggestions to try for one proposal.
    """

    max_attempts: ClassVar[int] = 10

    def __init__(self, problem: SearchProblem, options: OptionsT) -> None:
        super().__init__(problem, options)
        self.dimensions = dimensions_of(problem.hyperparameters)
        self._rng = np.random.default_rng(self.seed)
        # The library's own trials of each configuration that has no score yet
        self._trials: dict[tuple[str, float], list[Any]] = {}

    @abstractmethod
    def _suggest(self, given: Point | None = None) -> tuple[Any, Point] | None:
        """Let the library start a trial.

        Parameters
        ----------
        given
            The point it has to take; otherwise it chooses.

        Returns
        -------
        tuple
            The library's trial, and a number for each active dimension at least. None if it has no more.
        """

    @abstractmethod
    def _report(self, trial: Any, score: float | None) -> None:
        """Let the library end a trial; None is a failure."""

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
