from .errors import LogError
from .files import read_log
from .from_cv_results import read_cv_results, trials_from_cv_results
from .from_optuna import load_study, trials_from_study, violated_constraints
from .log_frame import combine_logs
from .log_tables import LogTables, import_logs
from .parameters import ANY_TYPE, LogParameters

__all__ = [
    "ANY_TYPE", "LogError", "LogParameters", "LogTables", "combine_logs", "import_logs", "load_study",
    "read_cv_results", "read_log", "trials_from_cv_results", "trials_from_study",
    "violated_constraints"
]
