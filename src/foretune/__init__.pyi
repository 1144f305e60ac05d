from . import plots
from .base import UserError
from .hpo.strategies import register_strategy
from .learners import EarlyStopping, register_learner, register_metric
from .logs import import_logs
from .meta_model import Guard, merge_memories
from .metafeatures import register_metafeatures
from .recommendation import (
    ForetuneSampler, MetaSearchClassifier, MetaSearchCV, MetaSearchRegressor, RecommendationWarning, learn,
    load_memory, suggest, tune
)

__version__: str
__all__ = [
    "EarlyStopping", "ForetuneSampler", "Guard", "MetaSearchCV", "MetaSearchClassifier", "MetaSearchRegressor",
    "RecommendationWarning", "UserError", "import_logs", "learn", "load_memory", "merge_memories", "plots", "register_learner",
    "register_metafeatures", "register_metric", "register_strategy", "suggest", "tune"
]
