from .function_run import AbortedSearchError, DIRECTIONS, FunctionRun, FunctionTrial
from .function_search import FunctionSearch, start_search
from .known_learner import DeclaredLearner
from .metric_values import Metric, MetricError
from .space_texts import EXAMPLES, SpaceError, read_space
from .step_split import Step, StepSplit, split_steps, touches
from .trial_store import Outcome, TrialStore
from .tuning import TuneResult, tabulate, tune

__all__ = [
    "AbortedSearchError", "DIRECTIONS", "DeclaredLearner", "EXAMPLES", "FunctionRun", "FunctionSearch",
    "FunctionTrial", "Metric", "MetricError", "Outcome", "SpaceError", "Step", "StepSplit", "TrialStore",
    "TuneResult", "read_space", "split_steps", "start_search", "tabulate", "touches", "tune"
]
