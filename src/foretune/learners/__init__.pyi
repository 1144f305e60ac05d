from .booster_names import native_names
from .category_codes import FEWEST_ROWS
from .early_stopping import EarlyStopping
from .fit import FoldOutcome, Response, StopsTrials, Trial, record_trial, restore_unit, to_predictions
from .fold_race import LOOK_SHARE, STOPPED, FoldRace, describe_stop
from .fold_set import FoldSet, mark_categories, native_form_of
from .folds import Fold, make_fold, make_folds, thin_folds, without_class_warnings
from .growing.lockstep import (
    FEWEST_AT_ONCE, RoundChoice, axis_of_rounds, evaluate_growing, has_open_rounds, with_rounds, without_rounds
)
from .growing.rounds import Rounds
from .learner import Learner, fit_estimator
from .metrics import METRICS, Metric, known_metrics, register_metric
from .native_form import NativeForm
from .nested_axis import NestedAxis, NotNestedError
from .parameters import PreprocessingParameters, Scores
from .preprocessing import PreparedTable, make_preprocessor, mark_last
from .recorded_warnings import record_warnings
from .registry import get_learner, known_learners, register_learner
from .sample_weights import check_weights
from .scaled_mlp import ScaledMLPClassifier, ScaledMLPRegressor
from .shared_fits import evaluate_group, group_shared_fits
from .splitters import TimeFolds, make_splitter, name_splitter
from .target_codes import count_parts, make_target_encoder
from .fit_work import work

__all__ = [
    "EarlyStopping", "FEWEST_AT_ONCE", "FEWEST_ROWS", "Fold", "FoldOutcome", "FoldRace", "FoldSet",
    "LOOK_SHARE", "Learner", "METRICS", "Metric", "NativeForm", "NestedAxis", "NotNestedError",
    "PreparedTable", "PreprocessingParameters", "Response", "RoundChoice", "Rounds", "STOPPED",
    "ScaledMLPClassifier", "ScaledMLPRegressor", "Scores", "StopsTrials", "TimeFolds", "Trial", "axis_of_rounds",
    "check_weights", "count_parts", "describe_stop", "evaluate_group", "evaluate_growing",
    "fit_estimator", "get_learner", "group_shared_fits", "has_open_rounds", "known_learners",
    "known_metrics", "make_fold", "make_folds", "make_preprocessor", "make_splitter",
    "make_target_encoder", "mark_categories", "mark_last", "name_splitter", "native_form_of", "native_names",
    "record_trial", "record_warnings", "register_learner", "register_metric", "restore_unit",
    "thin_folds", "to_predictions", "with_rounds", "without_class_warnings", "without_rounds", "work"
]
