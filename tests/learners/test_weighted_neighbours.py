from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from foretune.learners.weighted_neighbours import WeightedKNeighborsClassifier, WeightedKNeighborsRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
LABELS = np.array(["no", "yes", "maybe"])[RNG.integers(0, 3, 80)]
VALUES = X[:, 0] + RNG.normal(size=80)
WEIGHTS = RNG.random(80)
KINDS: list[Any] = ["uniform", "distance", lambda distances: np.exp(-distances)]


@pytest.mark.parametrize("kind", KINDS, ids=["uniform", "distance", "function"])
def test_equal_weights_change_nothing(kind: Any) -> None:
    new = RNG.normal(size=(30, 3))
    plain = KNeighborsClassifier(7, weights=kind).fit(X, LABELS)
    for weights in (None, np.full(80, 2.5)):
        ours = WeightedKNeighborsClassifier(7, weights=kind).fit(X, LABELS, weights)
        np.testing.assert_allclose(ours.predict_proba(new), plain.predict_proba(new), atol=1e-12)
        np.testing.assert_array_equal(ours.predict(new), plain.predict(new))
        values = WeightedKNeighborsRegressor(7, weights=kind).fit(X, VALUES, weights).predict(new)
        expected = KNeighborsRegressor(7, weights=kind).fit(X, VALUES).predict(new)
        np.testing.assert_allclose(values, expected, atol=1e-12)


def test_neighbours_vote_and_count_by_their_weights() -> None:
    # With all rows as neighbours every prediction is the weighted share, or mean, of all
    shares = [WEIGHTS[label == LABELS].sum() / WEIGHTS.sum() for label in ("maybe", "no", "yes")]
    classifier = WeightedKNeighborsClassifier(80).fit(X, LABELS, WEIGHTS)
    np.testing.assert_allclose(classifier.predict_proba(X[:2]), [shares, shares])
    assert set(classifier.predict(X)) == {classifier.classes_[np.argmax(shares)]}
    regressor = WeightedKNeighborsRegressor(80).fit(X, VALUES, WEIGHTS)
    np.testing.assert_allclose(regressor.predict(X[:2]), np.average(VALUES, weights=WEIGHTS))


def test_where_no_neighbour_has_a_weight_all_count_alike() -> None:
    weights = (np.arange(80) == 79).astype(float)
    found = WeightedKNeighborsRegressor(3).fit(X[:, :1] * 0 + np.arange(80)[:, None], VALUES, weights)
    assert found.predict([[1.0]])[0] == pytest.approx(VALUES[:3].mean())


def test_the_same_point_counts_alone_by_distance() -> None:
    regressor = WeightedKNeighborsRegressor(5, weights="distance").fit(X, VALUES, WEIGHTS)
    np.testing.assert_allclose(regressor.predict(X), VALUES)
