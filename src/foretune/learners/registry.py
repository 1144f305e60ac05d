"""Registry of learners by name."""

from __future__ import annotations

from foretune.base import check_kind, load_plugins
from foretune.learners import (
    catboost,
    extra_trees,
    gradient_boosting,
    hist_gradient_boosting,
    k_nearest_neighbours,
    lightgbm,
    linear,
    mlp,
    random_forest,
    realmlp,
    svm,
    xgboost,
)
from foretune.learners.learner import Learner

_LEARNERS: dict[str, Learner] = {
    learner.name: learner
    for learner in (
        random_forest.LEARNER,
        xgboost.LEARNER,
        svm.LEARNER,
        k_nearest_neighbours.LEARNER,
        linear.LEARNER,
        extra_trees.LEARNER,
        gradient_boosting.LEARNER,
        lightgbm.LEARNER,
        hist_gradient_boosting.LEARNER,
        catboost.LEARNER,
        mlp.LEARNER,
        realmlp.LEARNER,
    )
}


def register_learner(learner: Learner) -> None:
    """Register a custom learner under its name.

    A package may call this in a module with an entry point in the group ``foretune.learners``.
    """
    check_kind("learner", learner, Learner, "a foretune.learners.Learner")
    _LEARNERS[learner.name] = learner


def known_learners() -> list[str]:
    """Return the names of all learners."""
    load_plugins("foretune.learners")
    return list(_LEARNERS)


def get_learner(name: str) -> Learner:
    """Return a learner by name.

    Raises
    ------
    KeyError
        If there is none; the message lists the known learners.
    """
    if name not in _LEARNERS and name not in known_learners():
        raise KeyError(f"learner {name!r} is unknown; known: {', '.join(_LEARNERS)}")
    return _LEARNERS[name]
