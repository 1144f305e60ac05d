"""What every search strategy is: it is asked for configurations and told their scores."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from foretune.base import TaskType, derive_seed
from foretune.hpo.strategies.parameters import StrategyOptions
from foretune.spaces import Configuration, Hyperparameter, LearnerSpace, build_space

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


OptionsT = TypeVar("OptionsT", bound=StrategyOptions)


@dataclass(frozen=True)
class SearchProblem:
    """What is searched, for how long.

    Attributes
    ----------
    learner
        Name of the learner.
    task_type
        Selects the part of the space.
    space
        The learner's search space.
    n_trials
        Distinct configurations to propose at most. A grid is always proposed whole, and successive halving
        starts with that many.
    seed
        The same seed and the same scores give the same proposals. Each strategy, learner and task type
        derives a stream of its own from it.
    default
        The learner's library default, which is evaluated anyway: it is never proposed, but may be told.
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
            If there is nothing to propose.
        """
        if self.n_trials < 1:
            raise ValueError(f"n_trials must be at least 1, got {self.n_trials}")

    @cached_property
    def hyperparameters(self) -> dict[str, Hyperparameter]:
        """Hyperparameters of the task type, in the order they are written."""
        return self.space.of(self.task_type)

    @cached_property
    def config_space(self) -> ConfigurationSpace:
        """The same as a ConfigSpace, with its conditions; built when first used."""
        return build_space(self.space, self.task_type, self.learner)


@dataclass(frozen=True)
class Proposal:
    """A configuration to evaluate, and on how much.

    Attributes
    ----------
    configuration
        What to evaluate.
    fidelity
        Share of the training rows of each fold to fit on, in (0, 1]; below 1 the score is an estimate, to be
        kept apart from those of whole trials.
    """

    configuration: Configuration
    fidelity: float = 1.0

    @property
    def key(self) -> tuple[str, float]:
        """What no other proposal of the same strategy has."""
        return self.configuration.config_id, self.fidelity


class Strategy(ABC, Generic[OptionsT]):
    """Proposes configurations and learns from their scores.

    Parameters
    ----------
    problem
        What is searched.
    options
        The strategy's own parameters.

    Attributes
    ----------
    uses_scores
        ``never``: proposals depend on no score, they are the same on every task. ``between_rungs``: as many
        as wanted may be asked for at once; when there are none, scores are waited for. ``always``: each
        proposal depends on all scores told before.
    is_exhausted
        Whether nothing will be proposed any more. When :meth:`ask` returns nothing and this is false, the
        strategy waits to be told the scores of what it proposed.
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
        """Proposals that it will make, as far as one can tell."""
        return self.problem.n_trials

    def ask(self, n: int = 1) -> list[Proposal]:
        """Propose at most ``n`` configurations, none of them known to the strategy.

        They are the same whenever a strategy of the same problem and options was asked and told the same in
        the same order; so a search goes on where it stopped by repeating it with the scores in the ledger.
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
        """Report a score; higher is better.

        Parameters
        ----------
        proposal
            What was evaluated. It need not be the strategy's own: what others found may be told too.
        score
            None, or a number that is not finite, if the trial failed.

        Raises
        ------
        ValueError
            If this proposal was told before.
        """
        if proposal.key in self._scores:
            raise ValueError(f"{proposal.configuration.config_id} was told before: {proposal}")
        finite = float(score) if score is not None and math.isfinite(score) else None
        self._scores[proposal.key] = finite
        self._open.discard(proposal.key)
        self._learn(proposal, finite)

    @abstractmethod
    def _propose(self) -> Proposal | None:
        """Give something that :meth:`_knows` not yet; None if there is nothing, for now or for good."""

    # The two hooks below have nothing to do in a strategy that ignores scores
    def _learn(self, proposal: Proposal, score: float | None) -> None:
        """Take in a score; None if the trial failed."""

    def _waits(self) -> bool:
        """Whether :meth:`_propose` gave None only until more scores are told."""
        return False

    def _knows(self, proposal: Proposal) -> bool:
        """Whether a configuration was proposed or told at this fidelity, or is the library default."""
        default = self.problem.default
        is_default = default is not None and Proposal(default).key == proposal.key
        return is_default or proposal.key in self._open or proposal.key in self._scores

    def _proposal(self, params: dict[str, Any]) -> Proposal:
        return Proposal(Configuration(self.problem.learner, params, self.options.name))
