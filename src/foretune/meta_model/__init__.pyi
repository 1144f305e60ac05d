from .artifact import MANIFEST, read_manifest, read_memory, save_memory
from .bags import FEWEST_FAMILIES
from .boosting import finite_or_missing, fit_booster, predict_booster
from .ensemble import Member, task_levels, with_main_effect
from .guard import FEWEST_SCORES, GuardedSearch
from .interpolation import Interpolation
from .kernel import ConfigurationKernel, KernelChoice
from .memory import Memory
from .meta_dataset import (
    CONFIGURATION_PREFIX,
    HEAD,
    METAFEATURE_PREFIX,
    ORDER,
    TASK_COLUMNS,
    MetaDataset,
    add_tasks,
    build_meta_dataset,
    remove_tasks,
)
from .out_of_bag import (
    NO_METAFEATURES,
    SHUFFLED,
    SURROGATE,
    HeldOut,
    OutOfBag,
    calibration_line,
    fit_out_of_bag,
)
from .parameters import BoosterParameters, Guard, MetaTrainingParameters, TargetKind
from .policy import Policy, maximise_expected_best
from .prior import RelativeShapes, SurfacePrior, average_level, build_prior
from .provenance import SETTINGS_ATTRIBUTE, Provenance
from .targets import normalise_scores
from .task_distances import TaskDistances
from .training import train_memories, with_provenance

__all__ = [
    "CONFIGURATION_PREFIX",
    "FEWEST_FAMILIES",
    "FEWEST_SCORES",
    "HEAD",
    "MANIFEST",
    "METAFEATURE_PREFIX",
    "NO_METAFEATURES",
    "ORDER",
    "SETTINGS_ATTRIBUTE",
    "SHUFFLED",
    "SURROGATE",
    "TASK_COLUMNS",
    "BoosterParameters",
    "ConfigurationKernel",
    "Guard",
    "GuardedSearch",
    "HeldOut",
    "Interpolation",
    "KernelChoice",
    "Member",
    "Memory",
    "MetaDataset",
    "MetaTrainingParameters",
    "OutOfBag",
    "Policy",
    "Provenance",
    "RelativeShapes",
    "SurfacePrior",
    "TargetKind",
    "TaskDistances",
    "add_tasks",
    "average_level",
    "build_meta_dataset",
    "build_prior",
    "calibration_line",
    "finite_or_missing",
    "fit_booster",
    "fit_out_of_bag",
    "maximise_expected_best",
    "normalise_scores",
    "predict_booster",
    "read_manifest",
    "read_memory",
    "remove_tasks",
    "save_memory",
    "task_levels",
    "train_memories",
    "with_main_effect",
    "with_provenance",
]
