"""Parameters of boosters that their estimators take as any keyword."""

from __future__ import annotations


def native_names(learner: str) -> frozenset[str]:
    """Return the parameters of a library besides the named arguments of its estimators; empty if unknown."""
    # Each module knows its library's names, and is imported on use
    if learner == "xgboost":
        from foretune.learners.xgboost import NATIVE_NAMES

        return NATIVE_NAMES
    if learner == "lightgbm":
        from foretune.learners.lightgbm import NATIVE_NAMES as LIGHTGBM_NAMES

        return LIGHTGBM_NAMES
    return frozenset()
