"""Base class of search strategies with an ask-and-tell interface."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, Literal, TypeVar

from foretune.base import TaskType, derive_seed
from foretune.hpo.strategies.parameters import StrategyOptions
from foretune.spaces import Configuration, Hyperparameter, LearnerSpace

OptionsT = TypeVar("OptionsT", bound=StrategyOptions)


@dataclass(frozen=True)
class SearchProblem:
    """Search space of one learner and number of trials of a search.

    Attributes
    ----------
    learner
        Name of the learner.
    task_type
        Selects the task type's part of the space.
    space
        The learner's search space.
    n_trials
        Maximum number of distinct configurations. A grid is always proposed whole; successive halving starts
        with that many.
    seed
        Seed, from which each strategy, learner and task type derives a stream. The same seed and scores give
        the same proposals.
    default
        The learner's library default: evaluated in any case, so never proposed, but may be told.
    """

    learner: str
    task_type: TaskType
    space: LearnerSpace
    n_trials: int
    seed: int
    default: Configuration | None = None

    def __post_init__(self) -> None:
        """Check the number of trials.

        Raises
        ------
        ValueError
            If it is below 1.
        """
        if self.n_trials < 1:
            raise ValueError(f"n_trials must be at least 1, got {self.n_trials}")

    @cached_property
    def hyperparameters(self) -> dict[str, Hyperparameter]:
        """Hyperparameters of the task type, in the order of the parameters."""
        return self.space.of(self.task_type)


@dataclass(frozen=True)
class Proposal:
    """A configuration to evaluate, with its fidelity.

    Attributes
    ----------
    configuration
        The configuration to evaluate.
    fidelity
        Share of the training rows of each fold, in (0, 1]; scores at fidelities below 1 are not comparable
        with those at 1.
    """

    configuration: Configuration
    fidelity: float = 1.0

    @property
    def key(self) -> tuple[str, float]:
        """Key of the proposal, unique within a strategy."""
        return self.configuration.config_id, self.fidelity


class Strategy(ABC, Generic[OptionsT]):
    """Base class of a search strategy, which proposes configurations and learns from their scores.

    Parameters
    ----------
    problem
        Search space and number of trials.
    options
        Options of the strategy.

    Attributes
    ----------
    uses_scores
        ``never``: proposals do not depend on scores and are the same on every task. ``between_rungs``: any
        number may be asked for at once, until scores are needed to continue. ``always``: each proposal
        depends on all scores told before.
    is_exhausted
        Whether no more proposals will follow. If :meth:`ask` returns nothing and this is false, the strategy
        waits for scores of its proposals.
    """

    uses_scores: ClassVar[Literal["never", "between_rungs", "always"]] = "always"

    def __init__(self, problem: SearchProblem, options: OptionsT) -> None:
        self.problem = problem
        self.options = options
        self.seed = derive_seed(problem.seed, options.name, problem.learner, problem.task_type)
        self.is_exhausted = False
        self.n_proposed = 0
        self._open: set[tuple[str, float]] = set()
        self._scores: dict[tuple[str, float], float | None] = {}

    @property
    def n_expected(self) -> int:
        """Expected number of proposals."""
        return self.problem.n_trials

    def ask(self, n: int = 1) -> list[Proposal]:
        """Propose at most ``n`` new configurations.

        Proposals are deterministic given the problem, the options and the sequence of calls, so a search is
        resumed by repeating it with the scores in the ledger.
        """
        proposals: list[Proposal] = []
        while len(proposals) < n and not self.is_exhausted:
            proposal = self._propose()
            if proposal is None:
                self.is_exhausted = not self._waits()
                break
            self._open.add(proposal.key)
            self.n_proposed += 1
            proposals.append(proposal)
        return proposals

    def tell(self, proposal: Proposal, score: float | None) -> None:
        """Report the score of a proposal; higher is better.

        Parameters
        ----------
        proposal
            The evaluated proposal, which need not be the strategy's own.
        score
            Score; None or a non-finite number if the trial failed.

        Raises
        ------
        ValueError
            If the proposal was told before.
        """
        if proposal.key in self._scores:
            raise ValueError(f"{proposal.configuration.config_id} was told before: {proposal}")
        finite = float(score) if score is not None and math.isfinite(score) else None
        self._scores[proposal.key] = finite
        self._open.discard(proposal.key)
        self._learn(proposal, finite)

    @abstractmethod
    def _propose(self) -> Proposal | None:
        """Return a proposal that is not known; None if there is none, either for now or at all."""

    # Optional hooks, for strategies that use scores
    def _learn(self, proposal: Proposal, score: float | None) -> None:
        """Learn from a score; None if the trial failed."""

    def _waits(self) -> bool:
        """Whether :meth:`_propose` returned None only until more scores are told."""
        return False

    def _knows(self, proposal: Proposal) -> bool:
        """Whether a configuration was proposed or told at this fidelity, or is the library default."""
        default = self.problem.default
        is_default = default is not None and Proposal(default).key == proposal.key
        return is_default or proposal.key in self._open or proposal.key in self._scores

    def _proposal(self, params: dict[str, Any]) -> Proposal:
        return Proposal(Configuration(self.problem.learner, params, self.options.name))
