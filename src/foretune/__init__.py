"""Foretune: hyperparameter optimisation that remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.base.lazy_names import imported_on_use

if TYPE_CHECKING:
    from foretune.recommendation.core.suggestions import suggest
    from foretune.recommendation.optuna.sampler import ForetuneSampler
    from foretune.recommendation.search_cv.meta_search_cv import MetaSearchCV

__version__ = "0.1.0"
__all__ = ["ForetuneSampler", "MetaSearchCV", "__version__", "suggest"]

# Imported on first use: ``import foretune`` takes milliseconds
_HOMES = {
    "ForetuneSampler": "recommendation.optuna.sampler",
    "MetaSearchCV": "recommendation.search_cv.meta_search_cv",
    "suggest": "recommendation.core.suggestions",
}
__getattr__ = imported_on_use(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
