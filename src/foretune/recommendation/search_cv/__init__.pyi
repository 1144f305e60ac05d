from .meta_search_cv import MetaSearchCV
from .typed_search_cv import MetaSearchClassifier, MetaSearchRegressor

__all__ = ["MetaSearchCV", "MetaSearchClassifier", "MetaSearchRegressor"]
