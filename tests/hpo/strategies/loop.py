"""A search without the engine: one trial after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foretune.hpo.strategies.strategy import Proposal, Strategy


def search(
    strategy: Strategy[Any], evaluate: Callable[[Proposal], float | None], n_trials: int
) -> list[tuple[Proposal, float | None]]:
    """Ask, evaluate and tell in turn.

    Parameters
    ----------
    strategy
        Where the configurations come from.
    evaluate
        Gives the score of a proposal, higher is better; None if it failed.
    n_trials
        Evaluations at most; fewer if the strategy is exhausted before.

    Returns
    -------
    list of tuple
        Proposals and scores, in this order.
    """
    trials: list[tuple[Proposal, float | None]] = []
    while len(trials) < n_trials and (proposals := strategy.ask()):
        score = evaluate(proposals[0])
        strategy.tell(proposals[0], score)
        trials.append((proposals[0], score))
    return trials
