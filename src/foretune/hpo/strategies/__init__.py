"""Search strategies: ask for trials, tell scores; a new one is a file and a line in :mod:`.registry`."""

from __future__ import annotations

from foretune.hpo.strategies.optional_library import MissingLibraryError
from foretune.hpo.strategies.parameters import StrategyOptions
from foretune.hpo.strategies.registry import (
    StrategyChoice,
    create_strategy,
    known_strategies,
    register_strategy,
    strategy_options,
)
from foretune.hpo.strategies.search import search
from foretune.hpo.strategies.strategy import Proposal, SearchProblem, Strategy

__all__ = [
    "MissingLibraryError",
    "Proposal",
    "SearchProblem",
    "Strategy",
    "StrategyChoice",
    "StrategyOptions",
    "create_strategy",
    "known_strategies",
    "register_strategy",
    "search",
    "strategy_options",
]
