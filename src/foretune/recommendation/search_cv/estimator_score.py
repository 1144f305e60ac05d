"""Scorer that is the estimator's own method ``score``."""

from __future__ import annotations

from inspect import signature
from typing import Any

from sklearn.base import is_classifier, is_regressor

from foretune.recommendation.search_cv.scoring import ScoringError


class EstimatorScore:
    """Scorer by the method ``score`` of the estimator, as ``GridSearchCV`` has without ``scoring``.

    Parameters
    ----------
    estimator
        The unfitted estimator.

    Raises
    ------
    ScoringError
        If it has no such method.
    """

    def __init__(self, estimator: Any) -> None:
        kind = type(estimator).__name__
        if not hasattr(estimator, "score"):
            raise ScoringError(
                f"{kind} has no method score: give scoring, such as scoring=scorer(estimator, X, y)"
            )
        self._kind = kind
        self._takes_weights = "sample_weight" in signature(estimator.score).parameters

    def __call__(self, estimator: Any, X: Any, y: Any = None, **params: Any) -> Any:
        """Score a fitted estimator."""
        return estimator.score(X, **params) if y is None else estimator.score(X, y, **params)

    def __repr__(self) -> str:
        return f"{self._kind}.score"

    def _accept_sample_weight(self) -> bool:
        return self._takes_weights


def scores_itself(estimator: Any) -> bool:
    """Whether an estimator has ``score``, and is neither a classifier nor a regressor of scikit-learn.

    Without scikit-learn's tags its scorers do not know what to ask an estimator for.
    """
    if not hasattr(estimator, "score") or not hasattr(estimator, "__sklearn_tags__"):
        return hasattr(estimator, "score")
    return not (is_classifier(estimator) or is_regressor(estimator))
