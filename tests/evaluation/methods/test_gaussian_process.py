from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_t, norm
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern, WhiteKernel

from foretune.evaluation.methods import gaussian_process
from foretune.evaluation.methods.gaussian_process import (
    PRIOR_WEIGHT,
    PoolGaussianProcess,
    expected_improvement,
)
from foretune.spaces.candidate_features import CandidateFeatures

if TYPE_CHECKING:
    import numpy.typing as npt

TRIED = [3, 0, 11, 7, 5]
finite = st.floats(-3, 3).map(lambda value: round(value, 3))


@pytest.fixture
def pool() -> CandidateFeatures:
    settings = np.random.default_rng(0).uniform(size=(12, 3))
    return CandidateFeatures(structure=np.zeros((12, 1)), settings=settings)


@pytest.fixture
def targets() -> npt.NDArray[np.float64]:
    return np.array([0.4, -1.5, 1.2, 0.3, -0.4])


def _process(pool: CandidateFeatures, tried: list[int]) -> PoolGaussianProcess:
    process = PoolGaussianProcess(pool, len(tried) + 1)
    for position in tried:
        process.observe(position)
    return process


def _one_grid_point(monkeypatch: pytest.MonkeyPatch, length: float, noise: float) -> None:
    monkeypatch.setattr(gaussian_process, "LENGTH_SCALES", (length,))
    monkeypatch.setattr(gaussian_process, "NOISES", (noise,))


def _level_and_energy(covariance: npt.NDArray[np.float64], targets: npt.NDArray[np.float64]) -> list[float]:
    inverse = np.linalg.inv(covariance)
    level = float((inverse @ targets).sum() / inverse.sum())
    return [level, float((targets - level) @ inverse @ (targets - level))]


@pytest.mark.parametrize(("length", "noise"), [(0.7, 0.03), (2.0, 0.001)])
def test_one_grid_point_is_the_process_of_scikit_learn(
    pool: CandidateFeatures,
    targets: npt.NDArray[np.float64],
    monkeypatch: pytest.MonkeyPatch,
    length: float,
    noise: float,
) -> None:
    _one_grid_point(monkeypatch, length, noise)
    posterior = _process(pool, TRIED).posterior(targets)

    known = pool.settings[TRIED]
    level, energy = _level_and_energy(Matern(length, nu=2.5)(known) + noise * np.eye(5), targets)
    reference = GaussianProcessRegressor(Matern(length, nu=2.5), alpha=noise, optimizer=None)
    mean, std = reference.fit(known, targets - level).predict(pool.settings, return_std=True)
    scale = np.sqrt((energy + PRIOR_WEIGHT) / (4 + PRIOR_WEIGHT))
    np.testing.assert_allclose(posterior.means[0], level + mean, atol=1e-9)
    np.testing.assert_allclose(posterior.stds[0], scale * std, atol=1e-7)
    assert posterior.weights.tolist() == [1.0]


def test_leaving_one_out_is_the_same_as_fitting_without_it(
    pool: CandidateFeatures, targets: npt.NDArray[np.float64], monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_grid_point(monkeypatch, 0.8, 0.02)
    left_out = _process(pool, TRIED).posterior(targets).left_out
    known = pool.settings[TRIED]
    level, _ = _level_and_energy(Matern(0.8, nu=2.5)(known) + 0.02 * np.eye(5), targets)
    for at in range(5):
        others = np.delete(np.arange(5), at)
        reference = GaussianProcessRegressor(Matern(0.8, nu=2.5), alpha=0.02, optimizer=None)
        reference.fit(known[others], targets[others] - level)
        np.testing.assert_allclose(left_out[at], level + reference.predict(known[[at]])[0], atol=1e-9)


def test_grid_points_are_weighted_by_their_marginal_likelihood(
    pool: CandidateFeatures, targets: npt.NDArray[np.float64]
) -> None:
    posterior = _process(pool, TRIED).posterior(targets)
    likelihoods = []
    for length in gaussian_process.LENGTH_SCALES:
        for noise in gaussian_process.NOISES:
            covariance = (Matern(length, nu=2.5) + WhiteKernel(noise))(pool.settings[TRIED])
            # The level integrated out: contrasts of the targets, whose variance has an inverse gamma prior
            contrasts = np.linalg.svd(np.ones((1, 5)))[2][1:]
            shape = contrasts @ covariance @ contrasts.T
            likelihoods.append(multivariate_t(np.zeros(4), shape, df=PRIOR_WEIGHT).pdf(contrasts @ targets))
    expected = np.array(likelihoods) / max(likelihoods)
    expected = expected[expected >= gaussian_process.SMALLEST_LIKELIHOOD]
    np.testing.assert_allclose(posterior.weights, expected / expected.sum(), rtol=1e-6)


def test_moments_are_those_of_the_mixture(pool: CandidateFeatures, targets: npt.NDArray[np.float64]) -> None:
    posterior = _process(pool, TRIED).posterior(targets)
    assert len(posterior.weights) > 1
    mean, std = posterior.moments()
    rng = np.random.default_rng(0)
    component = rng.choice(len(posterior.weights), p=posterior.weights, size=200_000)
    draws = rng.normal(posterior.means[component, 2], posterior.stds[component, 2])
    assert mean[2] == pytest.approx(draws.mean(), abs=0.01)
    assert std[2] == pytest.approx(draws.std(), abs=0.01)


def test_one_observation_and_a_constant_say_what_they_can(pool: CandidateFeatures) -> None:
    mean, std = _process(pool, [4]).posterior(np.zeros(1)).moments()
    np.testing.assert_allclose(mean, 0, atol=1e-12)
    assert std.argmin() == 4
    assert np.isfinite(std).all()


def test_another_structure_is_farther_than_any_setting(targets: npt.NDArray[np.float64]) -> None:
    pool = CandidateFeatures(
        structure=np.array([[0.0], [0.0], [0.0], [1.0]]), settings=np.array([[0.0], [0.1], [1.0], [0.1]])
    )
    _, std = _process(pool, [0, 1]).posterior(np.array([1.0, -1.0])).moments()
    assert std[2] < std[3]


def test_targets_that_do_not_match_are_refused(pool: CandidateFeatures) -> None:
    with pytest.raises(ValueError, match="2 observations need as many targets, at least one; got 1"):
        _process(pool, [1, 2]).posterior(np.zeros(1))
    with pytest.raises(ValueError, match="0 observations"):
        _process(pool, []).posterior(np.zeros(0))


@settings(max_examples=40, deadline=None)
@given(finite, st.floats(0.05, 3), finite)
def test_expected_improvement_is_the_integral(mean: float, std: float, best: float) -> None:
    value = expected_improvement(np.array([mean]), np.array([std]), best)[0]
    integral, _ = quad(
        lambda gain: gain * norm.pdf(best + gain, mean, std), 0, max(mean - best, 0) + 10 * std, points=[std]
    )
    assert value == pytest.approx(integral, abs=1e-6)


def test_expected_improvement_of_what_is_known_is_its_gain() -> None:
    gain = expected_improvement(np.array([0.5, 1.5]), np.zeros(2), 1.0)
    assert gain.tolist() == [0.0, 0.5]


def test_expected_improvement_of_a_rescaled_process(
    pool: CandidateFeatures, targets: npt.NDArray[np.float64]
) -> None:
    posterior = _process(pool, TRIED).posterior(targets)
    plain = posterior.expected_improvement(1.0)
    np.testing.assert_allclose(posterior.expected_improvement(5.0, 3.0, 2.0), 2 * plain, atol=1e-12)
