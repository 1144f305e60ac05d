"""Successive halving strategy."""

from __future__ import annotations

from typing import Any

import numpy as np

from foretune.hpo.strategies.parameters import SuccessiveHalvingOptions
from foretune.hpo.strategies.strategy import Proposal, SearchProblem, Strategy
from foretune.spaces import IntegerRange, draw_new_params

ROWS = "rows"


class SuccessiveHalving(Strategy[SuccessiveHalvingOptions]):
    """Successive halving (Jamieson and Talwalkar, AISTATS 2016).

    The lowest rung evaluates ``n_trials`` random configurations on the smallest share of the resource, each
    higher rung the best ``1 / eta`` of the rung below, the last one on the full resource. A rung starts when
    all scores of the one below are told. Failed trials are not promoted.

    With ``resource: rows`` lower rungs have a fidelity below 1. With a hyperparameter such as
    ``n_estimators`` they have that share of its upper bound, and fidelity 1.

    Raises
    ------
    ValueError
        If the resource is neither ``rows`` nor an integer hyperparameter without a condition.
    """

    uses_scores = "between_rungs"

    def __init__(self, problem: SearchProblem, options: SuccessiveHalvingOptions) -> None:
        super().__init__(problem, options)
        _check_resource(problem, options.resource)
        self.rungs = halving_rungs(problem.n_trials, options.eta, options.min_fidelity)
        self._rung = 0
        self._queue = self._draw(problem.n_trials)
        self._running: dict[tuple[str, float], dict[str, Any]] = {}
        self._results: list[tuple[float, dict[str, Any]]] = []

    @property
    def n_expected(self) -> int:
        """Number of proposals in all rungs."""
        return sum(n for n, _ in self.rungs)

    def _propose(self) -> Proposal | None:
        while True:
            proposal = self._next_of_rung()
            if proposal is not None or self._waits() or not self._climb():
                return proposal

    def _learn(self, proposal: Proposal, score: float | None) -> None:
        params = self._running.pop(proposal.key, None)
        if params is not None and score is not None:
            self._results.append((score, params))

    def _waits(self) -> bool:
        return bool(self._running)

    def _next_of_rung(self) -> Proposal | None:
        while self._queue:
            params = self._queue.pop(0)
            proposal = self._at_rung(params)
            if not self._knows(proposal):
                self._running[proposal.key] = params
                return proposal
            known = self._scores.get(proposal.key)
            if known is not None:
                self._results.append((known, params))
        return None

    def _climb(self) -> bool:
        """Fill the next rung with the best of this one; return whether there is one."""
        if self._rung + 1 == len(self.rungs) or not self._results:
            return False
        self._rung += 1
        n_survivors, _ = self.rungs[self._rung]
        # Ties are broken by content, because the order of scores may depend on the machine
        ranked = sorted(self._results, key=lambda result: (-result[0], str(result[1])))
        self._queue = [params for _, params in ranked[:n_survivors]]
        self._results = []
        return True

    def _at_rung(self, params: dict[str, Any]) -> Proposal:
        share = self.rungs[self._rung][1]
        if self.options.resource == ROWS:
            return Proposal(self._proposal(params).configuration, share)
        resource = self.problem.hyperparameters[self.options.resource]
        assert isinstance(resource, IntegerRange)
        value = resource.low + resource.step * round((share * resource.high - resource.low) / resource.step)
        return self._proposal({**params, self.options.resource: max(value, resource.low)})

    def _draw(self, n: int) -> list[dict[str, Any]]:
        """Draw configurations that differ in more than the resource."""
        rng = np.random.default_rng(self.seed)
        drawn: dict[tuple[str, float], dict[str, Any]] = {}
        while len(drawn) < n:
            params = draw_new_params(
                self.problem.hyperparameters, rng, lambda params: self._at_rung(params).key not in drawn
            )
            if params is None:
                break
            drawn[self._at_rung(params).key] = params
        return list(drawn.values())


def halving_rungs(n_trials: int, eta: int, min_fidelity: float) -> list[tuple[int, float]]:
    """Plan the rungs, from the lowest to the full resource.

    Returns
    -------
    list of tuple
        Number of configurations and share of the resource of each rung, which change by a factor of ``eta``.
        There are as many rungs as possible with shares of at least ``min_fidelity`` and one configuration.
    """
    n_rungs = 1
    while eta**-n_rungs >= min_fidelity and eta**n_rungs <= n_trials:
        n_rungs += 1
    return [(n_trials // eta**rung, eta ** (rung + 1.0 - n_rungs)) for rung in range(n_rungs)]


def _check_resource(problem: SearchProblem, resource: str) -> None:
    if resource == ROWS:
        return
    hyperparameter = problem.hyperparameters.get(resource)
    if not isinstance(hyperparameter, IntegerRange) or hyperparameter.when:
        raise ValueError(
            f"successive_halving.resource {resource!r} is neither {ROWS!r} nor an integer hyperparameter "
            f"of {problem.learner!r} without a condition"
        )
