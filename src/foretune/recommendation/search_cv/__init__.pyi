from .learning_search import LearningSearch
from .meta_search_cv import MetaSearchCV
from .own_configuration import OwnConfiguration
from .own_rounds import choose_rounds_on_split
from .own_search import Deadline, OwnGuide, OwnProposals
from .own_space import Branch, OwnSpace, read_branch
from .run import Proposals, SearchBudget, SearchRun, StopReason
from .searched_parameter import DistributionError, SearchedParameter, of_choices, of_floats, of_integers
from .trial_evaluator import ScoredTrial
from .typed_search_cv import MetaSearchClassifier, MetaSearchRegressor

__all__ = [
    "Branch", "Deadline", "DistributionError", "LearningSearch", "MetaSearchCV",
    "MetaSearchClassifier", "MetaSearchRegressor", "OwnConfiguration", "OwnGuide", "OwnProposals", "OwnSpace",
    "Proposals", "ScoredTrial", "SearchBudget", "SearchRun", "SearchedParameter", "StopReason",
    "choose_rounds_on_split", "of_choices", "of_floats", "of_integers", "read_branch"
]
