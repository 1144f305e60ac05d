"""Foretune: hyperparameter optimisation that remembers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foretune.recommendation.meta_search_cv import MetaSearchCV
    from foretune.recommendation.optuna_sampler import ForetuneSampler
    from foretune.recommendation.suggest import suggest

__version__ = "0.1.0"
__all__ = ["ForetuneSampler", "MetaSearchCV", "__version__", "suggest"]

# Imported on first use: ``import foretune`` takes milliseconds
_HOMES = {
    "ForetuneSampler": "foretune.recommendation.optuna_sampler",
    "MetaSearchCV": "foretune.recommendation.meta_search_cv",
    "suggest": "foretune.recommendation.suggest",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
