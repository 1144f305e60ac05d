from .figures import plot_drivers, plot_gains, plot_measured, plot_neighbours, plot_predictions
from .page import build_page, programs_for
from .result import recommend_to
from .terminal import tabulate_findings
from .trial_run import Measuring, measure_findings
from .user_table import UserTable, read_user_table

__all__ = [
    "Measuring",
    "UserTable",
    "build_page",
    "measure_findings",
    "plot_drivers",
    "plot_gains",
    "plot_measured",
    "plot_neighbours",
    "plot_predictions",
    "programs_for",
    "read_user_table",
    "recommend_to",
    "tabulate_findings",
]
