from .meta_search_cv import MetaSearchCV

__all__ = ["MetaSearchCV"]
