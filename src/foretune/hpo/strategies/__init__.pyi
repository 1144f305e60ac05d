from .library_strategy import LibraryStrategy
from .listed_strategy import ListedStrategy
from .optional_library import MissingLibraryError
from .parameters import StrategyOptions
from .registry import StrategyChoice, create_strategy, known_strategies, register_strategy, strategy_options
from .strategy import Proposal, SearchProblem, Strategy

__all__ = [
    "LibraryStrategy", "ListedStrategy", "MissingLibraryError", "Proposal", "SearchProblem", "Strategy",
    "StrategyChoice", "StrategyOptions", "create_strategy", "known_strategies", "register_strategy",
    "strategy_options"
]
