from .choice import write_params
from .cross_validation import CrossValidation
from .estimator_code import CodeError, Written, write_object
from .figures import plot_drivers, plot_gains, plot_measured, plot_neighbours, plot_predictions
from .page import build_page, programs_for, show_memory
from .program import GivenTable, WrittenSplits, usual_splits, write_fitted, write_own
from .result import RecommendationResult, recommend_by, recommend_from_parameters, recommend_to
from .table_facts import TableFacts
from .terminal import tabulate_result
from .trial_run import TrialRunSettings, run_trials, usual_hpo
from .user_table import UserTable, read_user_table

__all__ = [
    "CodeError", "CrossValidation", "GivenTable", "RecommendationResult", "TableFacts", "TrialRunSettings",
    "UserTable", "Written", "WrittenSplits", "build_page", "plot_drivers", "plot_gains", "plot_measured",
    "plot_neighbours", "plot_predictions", "programs_for", "read_user_table", "recommend_by",
    "recommend_from_parameters", "recommend_to", "run_trials", "show_memory", "tabulate_result", "usual_hpo",
    "usual_splits", "write_fitted", "write_object", "write_own", "write_params"
]
