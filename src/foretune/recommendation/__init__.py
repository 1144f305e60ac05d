"""Recommendation: from somebody's table to good hyperparameters, by what is remembered of other tables.

The names below are imported on first use, so that ``import foretune`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foretune.recommendation.exports import to_dicts, to_enqueued, to_points_to_evaluate
    from foretune.recommendation.memory import load_memory, reference_folder
    from foretune.recommendation.meta_search_cv import MetaSearchCV
    from foretune.recommendation.optuna_sampler import ForetuneSampler
    from foretune.recommendation.parameters import GuardParameters
    from foretune.recommendation.recommender import Recommender
    from foretune.recommendation.suggest import suggest

__all__ = [
    "ForetuneSampler",
    "GuardParameters",
    "MetaSearchCV",
    "Recommender",
    "load_memory",
    "reference_folder",
    "suggest",
    "to_dicts",
    "to_enqueued",
    "to_points_to_evaluate",
]

_HOMES = {
    "ForetuneSampler": "optuna_sampler",
    "GuardParameters": "parameters",
    "MetaSearchCV": "meta_search_cv",
    "Recommender": "recommender",
    "load_memory": "memory",
    "reference_folder": "memory",
    "suggest": "suggest",
    "to_dicts": "exports",
    "to_enqueued": "exports",
    "to_points_to_evaluate": "exports",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
