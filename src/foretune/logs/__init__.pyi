from .database_files import check_is_there
from .errors import LogError
from .files import read_log
from .found_log import FoundLog, ScoreChoice, value_for
from .from_cv_results import read_cv_results, trials_from_cv_results
from .from_ledger import LEDGER_TABLES, read_ledger
from .from_mlflow import is_mlflow_folder, read_mlflow
from .from_optuna import (
    choose_objective, load_studies, load_study, read_study, trials_from_study, violated_constraints,
)
from .from_result_tables import is_result_table, read_result_table
from .hyperparameters import tidy_hyperparameter
from .log_frame import cell_of, combine_logs
from .log_tables import LogTables, import_logs
from .parameters import LogParameters
from .study_curves import CurveEstimator

__all__ = [
    "CurveEstimator", "FoundLog", "LEDGER_TABLES", "LogError", "LogParameters", "LogTables", "ScoreChoice", "cell_of", "check_is_there", "choose_objective",
    "combine_logs", "import_logs", "is_mlflow_folder", "is_result_table", "load_studies", "load_study",
    "read_cv_results", "read_ledger", "read_log", "read_mlflow", "read_result_table", "read_study", "tidy_hyperparameter",
    "trials_from_cv_results", "trials_from_study", "value_for", "violated_constraints"
]
