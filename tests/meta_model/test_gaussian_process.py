"""Gaussian process that learns from the scores of one search alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.spatial.distance import pdist, squareform

from foretune.meta_model.gaussian_process import LENGTH_MEAN, GaussianProcess, _loss

RNG = np.random.default_rng(0)
COORDINATES = RNG.random((40, 3))
SURFACE = np.sin(6 * COORDINATES[:, 0]) + 0.5 * COORDINATES[:, 1]
SCORES = (SURFACE - SURFACE.mean()) / SURFACE.std()


def test_it_predicts_what_it_has_not_seen() -> None:
    process = GaussianProcess.fit(COORDINATES[:30], SCORES[:30])
    mean, deviation = process.predict(COORDINATES[30:])
    assert np.corrcoef(mean, SCORES[30:])[0, 1] > 0.97
    assert (np.abs(mean - SCORES[30:]) < 4 * deviation + 0.05).mean() > 0.8


def test_an_axis_that_tells_nothing_has_a_long_scale() -> None:
    lengths = GaussianProcess.fit(COORDINATES, SCORES).length_scales
    assert lengths[0] < lengths[1] < lengths[2] * 1.5
    assert lengths[0] < lengths[2] / 2


def test_it_is_sure_where_it_has_seen_and_not_elsewhere() -> None:
    process = GaussianProcess.of(COORDINATES[:5], SCORES[:5], np.full(3, 0.3), 1e-6)
    mean, deviation = process.predict(COORDINATES[:5])
    np.testing.assert_allclose(mean, SCORES[:5], atol=1e-3)
    assert deviation.max() < 0.01
    mean, deviation = process.predict(np.full((1, 3), 9.0))
    assert mean == pytest.approx(0.0, abs=1e-6)
    assert deviation == pytest.approx(1.0, abs=1e-6)


def test_improvement_is_expected_where_a_draw_improves() -> None:
    process = GaussianProcess.of(COORDINATES[:8], SCORES[:8], np.full(3, 0.5), 0.01)
    mean, deviation = process.predict(COORDINATES[8:12])
    drawn = mean + deviation * np.random.default_rng(0).standard_normal((200_000, 4))
    expected = np.maximum(drawn - 0.2, 0.0).mean(axis=0)
    np.testing.assert_allclose(process.expected_improvement(COORDINATES[8:12], 0.2), expected, atol=0.005)


def test_little_is_left_to_learn_where_scores_are_known_up_to_their_noise() -> None:
    noisy = GaussianProcess.of(COORDINATES[:8], SCORES[:8], np.full(3, 0.5), 0.05)
    there, elsewhere = noisy.share_to_learn(COORDINATES[:1]), noisy.share_to_learn(np.full((1, 3), 9.0))
    assert 0 < there < 0.35
    assert elsewhere == pytest.approx(1 - np.sqrt(0.05 / 1.05))


def test_the_gradient_is_that_of_the_density() -> None:
    squares = (COORDINATES[:12, None, :] - COORDINATES[None, :12, :]) ** 2
    assert np.allclose(np.sqrt(squares.sum(axis=2)), squareform(pdist(COORDINATES[:12])))
    theta = np.array([-0.7, -0.2, 0.4, -4.0])
    arguments = (squares, SCORES[:12], LENGTH_MEAN)
    error = check_grad(lambda at: _loss(at, *arguments)[0], lambda at: _loss(at, *arguments)[1], theta)
    assert error < 1e-4


def test_noise_is_told_from_the_surface() -> None:
    noisy = SCORES + RNG.normal(scale=0.5, size=40)
    assert GaussianProcess.fit(COORDINATES, noisy).noise > GaussianProcess.fit(COORDINATES, SCORES).noise


def test_one_score_and_equal_configurations_are_no_error() -> None:
    process = GaussianProcess.fit(np.zeros((3, 2)), np.array([1.0, -1.0, 0.0]))
    assert np.isfinite(process.predict(np.zeros((1, 2)))).all()
    assert np.isfinite(GaussianProcess.fit(np.zeros((1, 1)), np.zeros(1)).predict(np.ones((1, 1)))).all()
