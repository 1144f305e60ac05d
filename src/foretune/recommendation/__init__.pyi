from .core.memory import load_memory
from .core.memory_files import reference_folder
from .core.new_table import read_metafeatures
from .core.recommender import Recommender
from .core.suggestions import RecommendationWarning, suggest
from .function_search.tuning import tune
from .learning.learnt_memory import learn
from .optuna.exports import to_dicts, to_enqueued, to_points_to_evaluate
from .optuna.sampler import ForetuneSampler
from .search_cv.meta_search_cv import MetaSearchCV
from .search_cv.typed_search_cv import MetaSearchClassifier, MetaSearchRegressor

__all__ = [
    "ForetuneSampler", "MetaSearchCV", "MetaSearchClassifier", "MetaSearchRegressor",
    "RecommendationWarning", "Recommender", "learn", "load_memory", "read_metafeatures", "reference_folder",
    "suggest", "to_dicts", "to_enqueued", "to_points_to_evaluate", "tune"
]
