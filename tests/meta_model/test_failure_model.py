from __future__ import annotations

import numpy as np
import pytest

from foretune.meta_model.failure_model import FAILS, WORKS, FailureModel

N = 400


def _learners() -> np.ndarray:
    """Coordinates: three learners as one-hot columns, and two hyperparameters of all of them."""
    rng = np.random.default_rng(0)
    return np.hstack([np.eye(3)[np.arange(N) % 3], rng.uniform(size=(N, 2))])


def _first(is_member: np.ndarray, n: int) -> np.ndarray:
    return np.flatnonzero(is_member)[:n]


def _predict(coordinates: np.ndarray, fails: np.ndarray, tried: np.ndarray) -> np.ndarray:
    return FailureModel(coordinates).probability_of_failure(tried, fails[tried])


def test_one_failure_raises_what_is_near_most() -> None:
    at = np.linspace(0, 1, 50)[:, None]
    probability = FailureModel(at).probability_of_failure(np.array([45]), np.array([True]))
    assert probability.argmax() >= 43
    assert (np.diff(probability[:45]) >= -1e-12).all()
    assert probability[45] > 1.3 * probability[0]
    assert probability.min() > FAILS / (FAILS + WORKS)


def test_without_coordinates_that_differ_it_is_the_beta_binomial_model() -> None:
    model = FailureModel(np.zeros((5, 2)))
    probability = model.probability_of_failure(np.array([0, 1, 2]), np.array([True, False, False]))
    np.testing.assert_allclose(probability, (1 + FAILS) / (3 + FAILS + WORKS))


def test_one_split_is_averaged_as_the_books_say() -> None:
    """Two values, of which one failed twice and the other worked once: both models by hand."""
    model = FailureModel(np.array([[0.0], [0.0], [1.0], [1.0]]))
    probability = model.probability_of_failure(np.array([0, 1, 2]), np.array([True, True, False]))
    total = FAILS + WORKS
    together = FAILS * (FAILS + 1) * WORKS / (total * (total + 1) * (total + 2))
    apart = FAILS * (FAILS + 1) / (total * (total + 1)) * WORKS / total
    weight = apart / (apart + together)
    expected = weight * (2 + FAILS) / (2 + total) + (1 - weight) * (2 + FAILS) / (3 + total)
    np.testing.assert_allclose(probability[:2], expected)
    expected = weight * FAILS / (1 + total) + (1 - weight) * (2 + FAILS) / (3 + total)
    np.testing.assert_allclose(probability[2:], expected)


@pytest.mark.parametrize("failing", [[0], [0, 1]])
def test_learners_that_always_fail_are_told_from_those_that_never_do(failing: list[int]) -> None:
    coordinates = _learners()
    fails = np.isin(np.arange(N) % 3, failing)
    probability = _predict(coordinates, fails, np.concatenate([_first(fails, 8), _first(~fails, 4)]))
    assert probability[fails].min() > 3 * probability[~fails].max()


def test_a_hyperparameter_that_fails_above_a_threshold_is_found() -> None:
    coordinates = _learners()
    fails = coordinates[:, 3] > 0.6
    probability = _predict(coordinates, fails, np.arange(15))
    high, low = coordinates[:, 3] > 0.75, coordinates[:, 3] < 0.45
    assert probability[high].min() > 0.75
    assert probability[low].max() < 0.25


def test_a_hyperparameter_that_fails_with_one_learner_only() -> None:
    coordinates = _learners()
    fails = (coordinates[:, 0] == 1) & (coordinates[:, 3] > 0.5)
    probability = _predict(coordinates, fails, np.arange(60))
    high = coordinates[:, 3] > 0.65
    assert probability[(coordinates[:, 0] == 1) & high].min() > 0.8
    assert probability[coordinates[:, 0] == 0].max() < 0.1


def test_failures_by_chance_leave_the_candidates_as_they_are() -> None:
    coordinates, fails = _learners(), np.random.default_rng(1).random(N) < 0.3
    probability = _predict(coordinates, fails, np.arange(200))
    assert np.mean(np.abs(probability - 0.3)) < 0.05


def test_the_order_of_the_trials_does_not_matter() -> None:
    coordinates, fails = _learners(), np.random.default_rng(1).random(N) < 0.4
    tried = np.arange(30)
    np.testing.assert_allclose(
        _predict(coordinates, fails, tried), _predict(coordinates, fails, tried[::-1]), rtol=1e-12
    )
