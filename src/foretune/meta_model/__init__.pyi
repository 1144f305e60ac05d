from .artifact import is_memory, read_memory, remove_memory, save_memory, save_provenance
from .bags import FEWEST_FAMILIES
from .boosting import finite_or_missing, fit_booster, predict_booster
from .contents import count_by_learner, count_by_size, largest_by_learner, tabulate_tasks
from .cost_fit import LOG_COLUMNS, LOG_ROWS, fit_costs, fit_costs_by_type, sizes_of
from .cost_model import COSTS, CostModel, LearnerCost, costs_to_json, read_costs
from .ensemble import Member, task_levels, with_main_effect
from .gaussian_process import GaussianProcess
from .guard import FEWEST_SCORES, GuardedSearch
from .interpolation import Interpolation
from .kernel import ConfigurationKernel, KernelChoice
from .manifest import MANIFEST, read_manifest
from .memory import Memory
from .merging import (
    JoinedMemories,
    check_known,
    join_memories,
    merge_memories,
    train_like,
    with_members_without,
    without_tasks,
)
from .meta_dataset import (
    CONFIGURATION_PREFIX, HEAD, METAFEATURE_PREFIX, MetaDataset, ORDER, TASK_COLUMNS, add_tasks,
    build_meta_dataset, remove_tasks
)
from .metric_memories import METRICS_FOLDER, metric_memory_name, train_metric_memories
from .out_of_bag import (
    HeldOut, NO_METAFEATURES, OutOfBag, ROWS_HIDDEN, SHUFFLED, SURROGATE, calibration_line, fit_out_of_bag
)
from .parameters import BoosterParameters, Guard, MetaTrainingParameters, TargetKind
from .policy import Policy, maximise_expected_best
from .policy_mixture import PolicyMixture
from .prior import (
    Expectation, RelativeShapes, SurfacePrior, average_level, average_surface, build_prior,
    combine_predictions
)
from .provenance import Provenance, SETTINGS_ATTRIBUTE
from .targets import normalise_scores
from .task_distances import TaskDistances
from .training import train_memories, with_provenance, with_splits
from .trial_seconds import SHORTEST, TrialSeconds

__all__ = [
    "BoosterParameters", "CONFIGURATION_PREFIX", "COSTS", "ConfigurationKernel", "CostModel", "Expectation",
    "GaussianProcess",
    "FEWEST_FAMILIES", "FEWEST_SCORES", "Guard", "GuardedSearch", "HEAD", "HeldOut",
    "Interpolation", "JoinedMemories", "KernelChoice", "LOG_COLUMNS", "LOG_ROWS", "LearnerCost", "MANIFEST", "METAFEATURE_PREFIX", "METRICS_FOLDER", "Member",
    "Memory", "MetaDataset", "MetaTrainingParameters", "NO_METAFEATURES", "ORDER", "OutOfBag",
    "Policy", "PolicyMixture", "Provenance", "ROWS_HIDDEN", "RelativeShapes", "SETTINGS_ATTRIBUTE", "SHORTEST", "SHUFFLED",
    "SURROGATE", "SurfacePrior", "TASK_COLUMNS", "TargetKind", "TaskDistances", "TrialSeconds", "add_tasks",
    "average_level", "average_surface", "build_meta_dataset", "build_prior", "calibration_line", "check_known",
    "combine_predictions", "costs_to_json", "count_by_learner", "count_by_size", "finite_or_missing",
    "fit_booster", "fit_costs", "fit_costs_by_type", "fit_out_of_bag", "is_memory", "join_memories",
    "largest_by_learner", "maximise_expected_best", "merge_memories", "metric_memory_name", "normalise_scores", "predict_booster", "read_costs", "read_manifest",
    "read_memory", "remove_memory", "remove_tasks", "save_memory", "save_provenance", "sizes_of", "tabulate_tasks",
    "task_levels", "train_like", "train_memories", "train_metric_memories", "with_main_effect", "with_members_without", "with_provenance", "with_splits", "without_tasks"
]
