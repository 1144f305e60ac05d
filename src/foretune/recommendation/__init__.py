"""Recommendation: from somebody's table to good hyperparameters, by what is remembered of other tables.

The names below are imported on first use, so that ``import foretune`` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.base.lazy_names import imported_on_use

if TYPE_CHECKING:
    from foretune.meta_model.parameters import Guard
    from foretune.recommendation.core.memory import load_memory, reference_folder
    from foretune.recommendation.core.recommender import Recommender
    from foretune.recommendation.core.suggestions import suggest
    from foretune.recommendation.optuna.exports import to_dicts, to_enqueued, to_points_to_evaluate
    from foretune.recommendation.optuna.sampler import ForetuneSampler
    from foretune.recommendation.search_cv.meta_search_cv import MetaSearchCV

__all__ = [
    "ForetuneSampler",
    "Guard",
    "MetaSearchCV",
    "Recommender",
    "load_memory",
    "reference_folder",
    "suggest",
    "to_dicts",
    "to_enqueued",
    "to_points_to_evaluate",
]

__getattr__ = imported_on_use(
    __name__,
    {
        "ForetuneSampler": "optuna.sampler",
        "Guard": "core.parameters",
        "MetaSearchCV": "search_cv.meta_search_cv",
        "Recommender": "core.recommender",
        "load_memory": "core.memory",
        "reference_folder": "core.memory",
        "suggest": "core.suggestions",
        "to_dicts": "optuna.exports",
        "to_enqueued": "optuna.exports",
        "to_points_to_evaluate": "optuna.exports",
    },
)
