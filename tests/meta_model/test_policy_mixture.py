from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.meta_model.priors import make_prior

from foretune.meta_model.parameters import PolicyParameters
from foretune.meta_model.policy import Policy
from foretune.meta_model.policy_mixture import PolicyMixture
from foretune.meta_model.prior import SurfacePrior

N = 30


def _mixture(prior: SurfacePrior, seed: int = 0, n_planned: int = 1) -> PolicyMixture:
    return PolicyMixture(prior, PolicyParameters(n_planned=n_planned), np.random.default_rng(seed))


def _flipped(prior: SurfacePrior) -> SurfacePrior:
    """The prior of the opposite belief."""
    return replace(prior, mean=-3 * prior.mean, surfaces=prior.surfaces - 4 * prior.mean, alternatives=())


def test_without_alternatives_it_is_the_policy() -> None:
    prior = replace(make_prior(N), alternatives=())
    mixture = _mixture(prior)
    policy = Policy(prior, PolicyParameters(n_planned=1), np.random.default_rng(0))
    scores = 0.7 + np.exp(-2) * prior.surfaces[3]
    for _ in range(12):
        np.testing.assert_array_equal(mixture.expected_gains(), policy.expected_gains())
        chosen = mixture.propose()
        assert chosen == policy.propose()
        mixture.observe(chosen, scores[chosen])
        policy.observe(chosen, scores[chosen])
    np.testing.assert_array_equal(mixture.weights(), [1.0])


def test_the_prior_that_explains_the_scores_takes_over() -> None:
    prior = replace(make_prior(N), alternatives=())
    other = _flipped(prior)
    mixture = _mixture(replace(prior, alternatives=(other,)))
    np.testing.assert_allclose(mixture.weights(), [0.5, 0.5])
    scores = 0.7 + np.exp(-2) * other.surfaces[5]
    for candidate in range(0, N, 3):
        mixture.observe(candidate, scores[candidate])
    assert mixture.weights()[1] > 0.99
    alone = _mixture(other, 1)
    for candidate in range(0, N, 3):
        alone.observe(candidate, scores[candidate])
    likely = alone.expected_gains() > 0
    assert likely[mixture.propose()]


def test_trials_are_planned_by_the_first_prior_alone() -> None:
    prior = make_prior(N)
    mixture, policy = (
        _mixture(replace(prior, alternatives=alternatives), n_planned=3)
        for alternatives in ((_flipped(prior),), ())
    )
    for _ in range(3):
        chosen = mixture.propose()
        assert chosen == policy.propose()
        mixture.observe(chosen, 0.1 * chosen)
        policy.observe(chosen, 0.1 * chosen)
    assert (mixture.expected_gains() != policy.expected_gains()).any()


def test_gains_are_averaged_by_the_weights() -> None:
    prior = make_prior(N)
    mixture = _mixture(prior)
    scores = 0.7 + np.exp(-2) * prior.surfaces[2]
    for candidate in (3, 11, 20):
        mixture.observe(candidate, scores[candidate])
    weights = mixture.weights()
    assert weights.shape == (2,)
    assert weights.sum() == pytest.approx(1)
    single = np.array([policy.expected_gains() for policy in mixture._policies])
    gains = mixture.expected_gains()
    np.testing.assert_allclose(gains[gains >= 0], (weights @ np.maximum(single, 0))[gains >= 0])
    assert ((gains == -1) == (single < 0).all(axis=0)).all()
    assert (gains[[3, 11, 20]] == -1).all()


def test_the_unit_of_the_score_changes_no_weight() -> None:
    prior = make_prior(N, level=(0.0, 0.0), level_errors=0.3)
    scaled = make_prior(N, level=(50.0, np.log(10.0)), level_errors=np.array([10.0, 1.0]) * 0.3)
    scores = prior.surfaces[4]
    one, other = _mixture(prior), _mixture(scaled)
    for candidate in (1, 8, 15, 22, 29):
        one.observe(candidate, scores[candidate])
        other.observe(candidate, 50 + 10 * scores[candidate])
    np.testing.assert_allclose(one.weights(), other.weights(), rtol=1e-6)


def test_what_is_not_allowed_is_not_proposed() -> None:
    mixture = _mixture(make_prior(N))
    allowed = np.zeros(N, dtype=bool)
    allowed[[4, 9]] = True
    mixture.restrict(allowed)
    assert mixture.n_free == 2
    assert {mixture.propose(), mixture.propose()} == {4, 9}
    with pytest.raises(IndexError):
        mixture.propose()


def test_what_is_dear_is_left_off_the_shortlists_of_all() -> None:
    prior = replace(make_prior(N), alternatives=())
    mixture = PolicyMixture(
        replace(prior, alternatives=(_flipped(prior),)),
        PolicyParameters(n_planned=1, n_candidates=3),
        np.random.default_rng(0),
    )
    mixture.observe(0, 0.7)
    usual = mixture.expected_gains()
    np.testing.assert_array_equal(mixture.gains_for(np.full(N, 7.0)), usual)
    listed = usual >= 0
    of_cheap = mixture.gains_for(np.where(listed, 1e9, 1.0))
    assert (of_cheap[listed] == -1).all()
    assert (of_cheap >= 0).any()
