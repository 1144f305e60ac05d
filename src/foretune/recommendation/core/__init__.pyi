from .candidates import draw_more, list_candidates, shorten
from .chosen_memory import ChosenMemory, choose_memory, learners_beside
from .constructible import why_not_constructible
from .drivers import Drivers, find_drivers
from .errors import SearchError, check_whole, is_whole
from .feasibility import Feasibility
from .fold_count import N_FOLDS, class_sizes, count_folds
from .known_part import (
    LEARNER_OF_CLASS, LIBRARY_CLASSES, KnownPart, find_known_part, learner_of, predicting_parts
)
from .gains import GAIN_COLUMNS, expected_gains
from .memory import MemorySource, load_memory
from .memory_files import (
    find_memory, folder_of, further_metrics, reference_folder, task_types_in, with_costs_beside
)
from .merged_memory import MergedMemory, check_destination, merge_folders
from .learner_names import ALIASES, AUTO, TECHNICAL, canonical_name, changed_settings, find_learner
from .library_defaults import with_library_defaults
from .new_table import MAX_ROWS, read_metafeatures
from .boosting_rounds import growth_of_rounds, merge_rounds, open_rounds, scale_to_all_rows, with_typical_rounds
from .parameters import (
    RecommendationParameters, as_column_name, as_column_names, as_number_to_evaluate, check_memory_folder
)
from .predictions import predict_scores
from .recommender import COVERAGE, Recommender, provenance_of
from .scorers import (
    COMPARABLE, IN_UNITS, METRIC_OF_SCORER, SAME, SCORERS, USUAL_SCORES, check_asked_score, check_scorer_name,
    describe_other_metric, is_metric, is_of_classes, is_of_ranks, is_of_values, metric_to_predict, task_type_by_score
)
from .shown_memory import describe_folder, list_tasks, remove_from_folder
from .study_names import Place, StudyNameError, StudyNames
from .suggestions import RecommendationWarning, notes_to_show, suggest, warn_of
from .trial_costs import expect_trials
from .values import NO_VALUE, canonical, is_finite_number
from .vocabulary import Key, LearnerVocabulary, key_of

__all__ = [
    "ALIASES", "AUTO", "COMPARABLE", "COVERAGE", "ChosenMemory", "Drivers", "Feasibility", "GAIN_COLUMNS", "IN_UNITS", "Key", "KnownPart",
    "LEARNER_OF_CLASS", "LIBRARY_CLASSES", "LearnerVocabulary",
    "MAX_ROWS", "METRIC_OF_SCORER", "MemorySource", "MergedMemory", "NO_VALUE", "N_FOLDS", "Place", "RecommendationParameters",
    "RecommendationWarning", "Recommender", "SAME", "SCORERS", "SearchError", "StudyNameError", "StudyNames", "TECHNICAL",
    "USUAL_SCORES", "as_column_name",
    "as_column_names", "as_number_to_evaluate", "canonical", "canonical_name", "changed_settings",
    "check_asked_score", "check_destination", "check_memory_folder", "check_scorer_name", "check_whole", "choose_memory", "class_sizes",
    "count_folds", "describe_folder", "describe_other_metric", "draw_more", "expect_trials", "expected_gains", "find_drivers",
    "find_known_part", "find_learner", "find_memory", "folder_of", "further_metrics", "growth_of_rounds", "is_finite_number", "is_metric", "is_of_classes", "is_of_ranks", "is_of_values", "is_whole", "key_of", "learner_of",
    "learners_beside",
    "list_candidates", "list_tasks", "load_memory", "merge_folders", "merge_rounds", "metric_to_predict",
    "notes_to_show", "open_rounds", "predict_scores", "predicting_parts", "provenance_of", "read_metafeatures", "reference_folder",
    "remove_from_folder", "scale_to_all_rows", "shorten", "suggest", "task_type_by_score", "task_types_in", "warn_of",
    "why_not_constructible", "with_costs_beside", "with_library_defaults", "with_typical_rounds"
]
