from .figures import plot_drivers, plot_gains, plot_measured, plot_neighbours, plot_predictions
from .page import build_page, programs_for
from .result import recommend_from_parameters, recommend_to
from .terminal import tabulate_result
from .trial_run import TrialRunSettings, run_trials, usual_hpo
from .user_table import UserTable, read_user_table

__all__ = [
    "TrialRunSettings", "UserTable", "build_page", "plot_drivers", "plot_gains", "plot_measured",
    "plot_neighbours", "plot_predictions", "programs_for", "read_user_table", "recommend_from_parameters", "recommend_to",
    "run_trials", "tabulate_result", "usual_hpo"
]
