from .fit import FoldOutcome, Response, Trial, record_trial, restore_unit, to_predictions
from .folds import Fold, make_fold, make_folds, make_splitter, thin_folds, without_class_warnings
from .learner import Learner, fit_estimator
from .metrics import METRICS, Metric, known_metrics, register_metric
from .nested_axis import NestedAxis, NotNestedError
from .parameters import PreprocessingParameters, Scores
from .preprocessing import PreparedTable, make_preprocessor
from .recorded_warnings import record_warnings
from .registry import get_learner, known_learners, register_learner
from .sample_weights import check_weights
from .shared_fits import evaluate_group, group_shared_fits

__all__ = [
    "Fold", "FoldOutcome", "Learner", "METRICS", "Metric", "NestedAxis", "NotNestedError",
    "PreparedTable", "PreprocessingParameters", "Response", "Scores", "Trial", "check_weights",
    "evaluate_group", "fit_estimator", "get_learner", "group_shared_fits", "known_learners",
    "known_metrics", "make_fold", "make_folds", "make_preprocessor", "make_splitter", "record_trial",
    "record_warnings", "register_learner", "register_metric", "restore_unit", "thin_folds",
    "to_predictions", "without_class_warnings"
]
