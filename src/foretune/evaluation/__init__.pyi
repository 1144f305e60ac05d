from .evaluate import evaluate_methods
from .figures.calibration import plot_calibration
from .figures.cost import plot_costs
from .figures.ranks import plot_critical_differences, plot_rank_curves
from .figures.regret import plot_regret_curves, plot_regret_in_time, plot_surrogate_quality
from .leaderboard import TIE, bootstrap_means, build_leaderboard, build_leaderboard_in_time
from .parameters import EvaluationParameters
from .report.page import build_report
from .report.tables import EvaluationTables
from .statistics.claims import check_claims
from .statistics.comparisons import compare_pairs
from .statistics.ranks import rank_by_family
from .statistics.speed_up import compute_speed_up

__all__ = [
    "EvaluationParameters", "EvaluationTables", "TIE", "bootstrap_means", "build_leaderboard",
    "build_leaderboard_in_time", "build_report", "check_claims", "compare_pairs",
    "compute_speed_up", "evaluate_methods", "plot_calibration", "plot_costs",
    "plot_critical_differences", "plot_rank_curves", "plot_regret_curves", "plot_regret_in_time",
    "plot_surrogate_quality", "rank_by_family"
]
