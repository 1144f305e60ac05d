"""k-nearest neighbours with sample weights."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from foretune.learners.sample_weights import check_weights

Floats = npt.NDArray[np.float64]


class WeightedKNeighborsClassifier(KNeighborsClassifier):
    """Classifier of scikit-learn whose neighbours vote by their sample weights.

    A neighbour's vote is its weight by distance times its sample weight. Without sample weights it is
    scikit-learn's, and so is the vote where all neighbours have weight 0.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Keep the rows, their classes and their weights, shape (n_rows,)."""
        super().fit(X, y)
        self.sample_weight_ = check_weights(sample_weight, len(y))
        self.codes_ = np.unique(y, return_inverse=True)[1]
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Predict the class with most votes."""
        if self.sample_weight_ is None:
            return np.asarray(super().predict(X))
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def predict_proba(self, X: Any) -> Floats:
        """Predict shares of votes, shape (n_rows, n_classes)."""
        if self.sample_weight_ is None:
            return np.asarray(super().predict_proba(X))
        found, weights = _weigh_neighbours(self, X)
        is_class = self.codes_[found][:, :, None] == np.arange(len(self.classes_))
        votes: Floats = (is_class * weights[:, :, None]).sum(axis=1)
        return np.asarray(votes / votes.sum(axis=1, keepdims=True))


class WeightedKNeighborsRegressor(KNeighborsRegressor):
    """Regressor of scikit-learn that averages neighbours by their sample weights as well.

    Without sample weights it is scikit-learn's, and so is the average where all neighbours have weight 0.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Keep the rows, their values and their weights, shape (n_rows,)."""
        super().fit(X, y)
        self.sample_weight_ = check_weights(sample_weight, len(y))
        self.values_ = np.asarray(y, dtype=np.float64)
        return self

    def predict(self, X: Any) -> Floats:
        """Predict weighted means."""
        if self.sample_weight_ is None:
            return np.asarray(super().predict(X))
        found, weights = _weigh_neighbours(self, X)
        sums: Floats = (self.values_[found] * weights).sum(axis=1)
        return np.asarray(sums / weights.sum(axis=1))


def _weigh_neighbours(neighbours: Any, X: Any) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the neighbours' positions and their weights, shape (n_rows, n_neighbours)."""
    distances, found = neighbours.kneighbors(X)
    near = _weigh_distances(distances, neighbours.weights)
    weights = near * neighbours.sample_weight_[found]
    return found, np.where(weights.sum(axis=1, keepdims=True) > 0, weights, near)


def _weigh_distances(distances: Floats, kind: Any) -> Floats:
    """Return the weights of distances as scikit-learn does: equal, inverse, or by a function."""
    if callable(kind):
        return np.asarray(kind(distances))
    if kind != "distance":
        return np.ones_like(distances)
    return inverse_distances(distances)


def inverse_distances(distances: Floats) -> Floats:
    """Inverse-distance weights; where distances are 0, only those neighbours count."""
    is_same = distances == 0
    inverse = 1 / np.where(is_same, 1.0, distances)
    weights: Floats = np.where(is_same.any(axis=1, keepdims=True), is_same, inverse)
    return weights
