from .design import draw_sobol
from .engine import run_hpo, run_searches
from .parameters import HpoParameters
from .strategies.optuna_strategy import quiet_optuna
from .task_search import TaskSearch, make_context
from .trial_job import ExpectedSeconds
from .trial_table import N_ROUNDS, check_that_learners_work

__all__ = [
    "ExpectedSeconds", "HpoParameters", "N_ROUNDS", "TaskSearch", "check_that_learners_work",
    "draw_sobol", "make_context", "quiet_optuna", "run_hpo", "run_searches"
]
