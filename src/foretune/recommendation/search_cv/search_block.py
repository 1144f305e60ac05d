"""A search in HTML, as notebooks show estimators."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Private names of scikit-learn; where they are missing it shows the search by itself, without its parts
BLOCK, MODULES = "_VisualBlock", ("sklearn.utils._repr_html.estimator", "sklearn.utils._estimator_html_repr")


def show_search(search: Any) -> Any:
    """Return scikit-learn's block of a search: its best estimator, or before fit one that was given.

    Raises
    ------
    AttributeError
        If there is neither, or scikit-learn has no such block: then it shows the search alone.
    """
    name = "best_estimator_" if hasattr(search, "best_estimator_") else "learner"
    estimator = getattr(search, name)
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        raise AttributeError("the search has no estimator of its own yet")
    kind = type(estimator).__name__
    return _find_block()("parallel", [estimator], names=[f"{name}: {kind}"], name_details=[str(estimator)])


def _find_block() -> Any:
    for module in MODULES:
        try:
            return getattr(import_module(module), BLOCK)
        except (ImportError, AttributeError):
            continue
    raise AttributeError("this scikit-learn has no blocks of estimators")
