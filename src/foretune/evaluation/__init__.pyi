from .advice.advise import AdviceTables, advise
from .advice.best_methods import find_best_methods
from .advice.known_tasks import count_known_tasks
from .advice.learning_curve import measure_learning_curve
from .advice.starting_list import list_starters
from .evaluate import evaluate_methods
from .figures.calibration import plot_calibration
from .figures.cost import plot_costs
from .figures.learning_curve import plot_learning_curve
from .figures.ranks import plot_critical_differences, plot_rank_curves
from .figures.regret import plot_regret_curves, plot_regret_in_time, plot_surrogate_quality
from .leaderboard import TIE, bootstrap_means, build_leaderboard, build_leaderboard_in_time
from .leaderboard_by_size import build_leaderboard_by_size
from .parameters import EvaluationParameters
from .report.page import build_report
from .report.tables import EvaluationTables
from .statistics.claims import check_claims
from .statistics.comparisons import compare_pairs
from .statistics.ranks import rank_by_family
from .statistics.speed_up import compute_speed_up

__all__ = [
    "AdviceTables", "EvaluationParameters", "EvaluationTables", "TIE", "advise", "bootstrap_means",
    "build_leaderboard", "build_leaderboard_by_size", "build_leaderboard_in_time", "build_report",
    "check_claims", "compare_pairs", "compute_speed_up", "count_known_tasks", "evaluate_methods", "find_best_methods", "list_starters",
    "measure_learning_curve", "plot_calibration", "plot_costs", "plot_critical_differences",
    "plot_learning_curve", "plot_rank_curves", "plot_regret_curves", "plot_regret_in_time",
    "plot_surrogate_quality", "rank_by_family"
]
