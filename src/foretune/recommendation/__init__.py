"""Recommendation: from somebody's table to good hyperparameters, by what is remembered of other tables.

The names below are imported on first use, so that ``import foretune`` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.base.lazy_names import imported_on_use

if TYPE_CHECKING:
    from foretune.meta_model.parameters import Guard
    from foretune.recommendation.exports import to_dicts, to_enqueued, to_points_to_evaluate
    from foretune.recommendation.memory import load_memory, reference_folder
    from foretune.recommendation.meta_search_cv import MetaSearchCV
    from foretune.recommendation.optuna_sampler import ForetuneSampler
    from foretune.recommendation.recommender import Recommender
    from foretune.recommendation.suggest import suggest

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
        "ForetuneSampler": "optuna_sampler",
        "Guard": "parameters",
        "MetaSearchCV": "meta_search_cv",
        "Recommender": "recommender",
        "load_memory": "memory",
        "reference_folder": "memory",
        "suggest": "suggest",
        "to_dicts": "exports",
        "to_enqueued": "exports",
        "to_points_to_evaluate": "exports",
    },
)
