from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from tests.meta_model.priors import KERNEL, make_prior

from foretune.meta_model.failure_model import FailureModel
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset
from foretune.meta_model.parameters import MetaTrainingParameters, PolicyParameters
from foretune.meta_model.policy import FIRST_ROWS, Policy, maximise_expected_best
from foretune.meta_model.prior import Expectation, RelativeShapes, SurfacePrior, build_prior
from foretune.meta_model.training import train_memory

NOISE = 1e-3


def _linear_shapes(limit: float, n_tasks: int) -> RelativeShapes:
    values = np.tile(np.linspace(0, 1, 41), (n_tasks, 1))
    return RelativeShapes(-limit, limit, values, np.tile([-limit, 2 * limit], (n_tasks, 1)))


def _gaussian_prior(
    mean: np.ndarray, basis: np.ndarray, n_surfaces: int, location_deviation: float = 0.0
) -> SurfacePrior:
    """Surfaces are exactly Gaussian, relative score is linear, and the scale is known to be 1."""
    rng = np.random.default_rng(1)
    locations = 5 + location_deviation * rng.standard_normal(n_surfaces)
    surfaces = mean + rng.standard_normal((n_surfaces, basis.shape[1])) @ basis.T
    return SurfacePrior(
        mean=mean,
        basis=basis,
        known=surfaces,
        surfaces=surfaces,
        shapes=_linear_shapes(20.0, n_surfaces),
        level=(5.0, 0.0),
        locations=locations,
        log_scales=np.zeros(n_surfaces),
        coordinates=basis,
    )


def _run(policy: Policy, scores: np.ndarray, n_trials: int) -> list[int]:
    order = []
    for _ in range(n_trials):
        order.append(policy.propose())
        policy.observe(order[-1], scores[order[-1]])
    return order


def _policy(prior: SurfacePrior, seed: int = 0, **settings: float) -> Policy:
    # One planned trial, so that the first score counts
    parameters = PolicyParameters(**{"n_planned": 1, **settings})
    return Policy(prior, parameters, np.random.default_rng(seed))


def test_the_first_has_the_highest_expected_relative_score() -> None:
    prior = make_prior()
    expected = prior.relative_surfaces().mean(axis=0)
    policy = _policy(prior)
    np.testing.assert_allclose(policy.expected_gains(), expected)
    assert policy.propose() == np.argmax(expected)
    # As long as nothing is known, what is best where the first is not
    relative = prior.relative_surfaces()
    gains = np.maximum(relative - relative[:, [np.argmax(expected)]], 0.0).mean(axis=0)
    assert policy.propose() == np.argmax(gains)


@pytest.mark.parametrize("location_deviation", [0.0, 1.5])
def test_gains_are_those_of_gaussian_process_regression(location_deviation: float) -> None:
    """Expected improvement of the exact posterior, written down with the formulas of the books."""
    rng = np.random.default_rng(0)
    n, n_surfaces = 8, 6_000
    mean, basis = rng.normal(size=n), rng.normal(size=(n, 5))
    prior = _gaussian_prior(mean, basis, n_surfaces, location_deviation)
    policy = _policy(prior, n_surfaces=n_surfaces, n_candidates=n, noise=NOISE)
    observed, scores = [1, 4], np.array([5.3, 4.1])
    for candidate, score in zip(observed, scores, strict=True):
        policy.observe(candidate, score)
    gains = policy.expected_gains()

    # Joint prior of the surface and the location, then the posterior given two noisy sums of both
    spread = np.sqrt(np.mean((prior.locations - 5) ** 2))
    covariance = np.zeros((n + 1, n + 1))
    covariance[:n, :n], covariance[n, n] = basis @ basis.T, spread**2
    pick = np.zeros((2, n + 1))
    pick[[0, 1], observed] = 1
    pick[:, n] = 1
    gain_matrix = covariance @ pick.T @ np.linalg.inv(pick @ covariance @ pick.T + NOISE * np.eye(2))
    prior_mean = np.append(mean, 5.0)
    posterior_mean = prior_mean + gain_matrix @ (scores - pick @ prior_mean)
    posterior = covariance - gain_matrix @ pick @ covariance
    # The best seen, in units of the surface, is the score minus the location
    contrast = np.hstack([np.eye(n), np.ones((n, 1))])
    lead = contrast @ posterior_mean - scores.max()
    deviation = np.sqrt(np.maximum(np.diag(contrast @ posterior @ contrast.T), 1e-12))
    improvement = lead * norm.cdf(lead / deviation) + deviation * norm.pdf(lead / deviation)
    free = np.setdiff1d(np.arange(n), observed)
    # The relative score rises by 1/40 per unit
    np.testing.assert_allclose(gains[free], improvement[free] / 40, atol=0.1 * improvement.max() / 40)
    assert (gains[observed] == -1).all()
    assert policy.propose() == free[np.argmax(improvement[free])]


def test_an_observed_score_is_believed() -> None:
    """Candidates are copies of one another in pairs: a score tells about its twin, and about no other."""
    n_surfaces = 2_000
    basis = np.kron(np.eye(3), np.ones((2, 1)))
    prior = _gaussian_prior(np.zeros(6), basis, n_surfaces)
    policy = _policy(prior, n_surfaces=n_surfaces)
    policy.observe(0, 5.5)
    policy.observe(2, 4.0)
    gains = policy.expected_gains()
    # The twin of a good one is as good, but no better; the twin of a bad one is bad; the third pair is open
    assert gains[4] > gains[1] > gains[3]
    assert gains[3] < 1e-5
    policy.observe(4, 4.0)
    assert policy.propose() == 1


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-100, 100),
    st.floats(1e-3, 1e3),
    st.integers(0, 1_000),
    st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_the_unit_of_the_score_changes_nothing(
    shift: float, factor: float, seed: int, fails: list[bool]
) -> None:
    prior = make_prior(seed=seed % 5)
    scores = 0.7 + np.exp(-2) * prior.surfaces[seed % len(prior.surfaces)]
    scores = np.where(np.array(fails) & (np.arange(12) % 3 == 0), np.nan, scores)
    other = replace(
        prior,
        level=(shift + factor * prior.level[0], prior.level[1] + float(np.log(factor))),
        locations=shift + factor * prior.locations,
        log_scales=prior.log_scales + np.log(factor),
    )
    assert _run(_policy(prior, seed), scores, 8) == _run(_policy(other, seed), shift + factor * scores, 8)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 15),
    st.integers(1, 6),
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=15, max_size=15),
    st.integers(0, 2**32),
    st.sampled_from([0.0, 0.3, 3.0]),
)
def test_every_candidate_is_proposed_once_whatever_the_scores(
    n_candidates: int, n_tasks: int, scores: list[float], seed: int, level_errors: float
) -> None:
    prior = make_prior(n_candidates, n_tasks, level_errors=level_errors)
    policy = _policy(prior, seed, n_candidates=3)
    order = _run(policy, np.array(scores[:n_candidates]), n_candidates)
    assert sorted(order) == list(range(n_candidates))
    with pytest.raises(IndexError, match="every candidate was proposed"):
        policy.propose()


@pytest.mark.parametrize("unit", [1e6, 1.0, 1e-6])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_scores_of_any_size(unit: float, offset: float) -> None:
    """Where known tasks differ widely in their units, those of the new one are read off its scores."""
    prior, taken = make_prior(30, level_errors=np.array([1e6, 8.0])), []
    for surface in range(8):
        scores = offset + unit * prior.surfaces[surface]
        taken.append(_run(_policy(prior), scores, 30).index(int(np.argmax(scores))))
    # By chance the best of 30 comes after 14.5 others
    assert np.mean(taken) < 7


@pytest.mark.parametrize("unit", [1e6, 1e-6])
@pytest.mark.parametrize("offset", [-1e9, 0.0, 1e6])
def test_scores_that_no_known_task_could_have_do_no_harm(unit: float, offset: float) -> None:
    prior = make_prior(30)
    order = _run(_policy(prior), offset + unit * prior.surfaces[0], 30)
    assert sorted(order) == list(range(30))


def test_a_failed_trial_is_not_repeated_and_lowers_what_is_near_it() -> None:
    prior = make_prior()
    policy = _policy(prior)
    first = policy.propose()
    policy.observe(first, float("nan"))
    expected = prior.relative_surfaces().mean(axis=0)
    share = policy.expected_gains() / expected
    assert (share < 1).all()
    near, far = np.abs(np.arange(12) - first) <= 1, np.abs(np.arange(12) - first) >= 5
    assert share[near].max() < share[far].min()
    assert policy.propose() != first


def _with_two_learners(n: int) -> SurfacePrior:
    """Candidates of the first half are one learner, promised to be better than the second half."""
    prior = make_prior(n)
    is_first = np.arange(n) < n // 2
    shift = np.where(is_first, 1.5, 0.0)
    return replace(
        prior,
        mean=prior.mean + shift,
        surfaces=prior.surfaces + shift,
        coordinates=np.stack([is_first, ~is_first, np.linspace(0, 1, n)], axis=1).astype(float),
    )


@pytest.mark.parametrize("penalty", [float("nan"), -1e3, -1e6, -1e155, -1e308])
def test_a_learner_that_always_fails_is_left_after_few_trials(penalty: float) -> None:
    prior = _with_two_learners(60)
    scores = 0.7 + np.exp(-2) * prior.surfaces[3]
    scores[:30] = penalty
    order = _run(_policy(prior), scores, 20)
    assert 1 <= sum(at < 30 for at in order) <= 6


@pytest.mark.parametrize("knows_level", [True, False])
def test_failures_and_penalties_are_the_same(knows_level: bool) -> None:
    prior = _with_two_learners(60)
    scores = 0.7 + np.exp(-2) * prior.surfaces[3]
    orders = []
    for penalty in (float("nan"), -1e120, -1e308):
        scores[:30] = penalty
        policy = Policy(prior, PolicyParameters(), np.random.default_rng(0), knows_level=knows_level)
        orders.append(_run(policy, scores, 20))
    assert orders[0] == orders[1] == orders[2]


def test_a_score_that_turns_out_to_be_a_penalty_is_no_observation_any_more() -> None:
    prior, tried = make_prior(30), [3, 25, 11, 18, 7]
    scores = {at: float(5e3 + 40 * prior.surfaces[2][at]) for at in tried} | {25: -1e6}
    late, early = (
        Policy(prior, PolicyParameters(), np.random.default_rng(0), knows_level=False) for _ in range(2)
    )
    for at in tried:
        late.observe(at, scores[at])
        late.expected_gains()
        early.observe(at, scores[at] if at != 25 else float("nan"))
    assert late.regular_scores() == {at: scores[at] for at in tried if at != 25}
    np.testing.assert_allclose(late.expected_gains(), early.expected_gains(), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from([0.5, 0.9, -1e6, 1e6, 1e155, -1e155, 1e308, -1e308, 1e-308, np.nan, np.inf, -np.inf]),
        min_size=15,
        max_size=15,
    ),
    st.booleans(),
)
def test_no_score_overflows(scores: list[float], knows_level: bool) -> None:
    policy = Policy(make_prior(15), PolicyParameters(), np.random.default_rng(0), knows_level=knows_level)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for score in scores:
            proposed = policy.propose()
            policy.observe(proposed, score)
            assert np.isfinite(policy.expected_gains()).all()


def test_without_failures_the_proposals_are_those_of_expected_improvement_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The orders are written down, so that learning from failures changes no search without any."""

    def refuse(self: FailureModel, *_: object) -> None:
        raise AssertionError("a search without failures has no use for a model of them")

    monkeypatch.setattr(FailureModel, "__init__", refuse)
    before = {
        (0, 3): [6, 26, 35, 13, 4, 8, 9, 12, 23, 7, 22, 16],
        (1, 17): [26, 5, 36, 39, 35, 1, 0, 2, 3, 38, 30, 29],
        (2, 8): [15, 32, 5, 1, 8, 14, 6, 11, 12, 7, 39, 2],
    }
    for (seed, surface), order in before.items():
        prior = make_prior(40, seed=seed)
        scores = 0.7 + np.exp(-2) * prior.surfaces[surface]
        policy = Policy(prior, PolicyParameters(n_planned=3), np.random.default_rng(seed))
        assert _run(policy, scores, 12) == order


def test_what_somebody_else_has_tried_counts() -> None:
    prior = make_prior()
    policy = _policy(prior)
    favourite = _policy(prior).propose()
    policy.observe(favourite, 0.7)
    assert favourite not in _run(policy, np.linspace(0.6, 0.8, 12), 11)


def test_equal_candidates_are_told_apart_by_the_seed_only() -> None:
    n = 10
    prior = _gaussian_prior(np.zeros(n), np.tile([[1.0]], (n, 1)), 64)
    firsts = {_policy(prior, seed).propose() for seed in range(40)}
    assert len(firsts) > 5
    order = _run(_policy(prior), np.full(n, 5.0), n)
    assert sorted(order) == list(range(n))


def test_one_candidate() -> None:
    prior = make_prior(1, 3)
    policy = _policy(prior)
    assert policy.propose() == 0
    policy.observe(0, 0.5)
    with pytest.raises(IndexError):
        policy.propose()


def test_the_seed_decides() -> None:
    prior = make_prior(40, 100)
    scores = 0.7 + np.exp(-2) * prior.surfaces[5]
    one, again = (_run(_policy(prior, 3, n_surfaces=16), scores, 15) for _ in range(2))
    assert one == again
    others = [_run(_policy(prior, seed, n_surfaces=16), scores, 15) for seed in range(6)]
    assert any(other != one for other in others)


def test_scores_overrule_a_wrong_prediction() -> None:
    """The prior is sure of a surface that is upside down: a few scores are enough to leave it."""
    rng = np.random.default_rng(0)
    at = np.linspace(0, 1, 60)
    surfaces = np.sin(2 * np.pi * (at + rng.uniform(size=(80, 1))))
    truth = -np.cos(2 * np.pi * at)
    prior = build_prior(
        [Expectation(np.cos(2 * np.pi * at), surfaces, 1.0)],
        np.array([0.0, 0.0]),
        np.zeros((80, 2)),
        _linear_shapes(2.0, 80),
        PolicyParameters(),
        kernel=KERNEL,
        coordinates=at[:, None],
        interpolated=0.0,
        rng=rng,
    )
    order = _run(_policy(prior), truth, 8)
    assert truth[order[0]] < -0.9
    assert truth[order].max() > 0.98


def test_a_list_is_greedy_on_the_expected_best() -> None:
    surfaces = np.random.default_rng(0).uniform(size=(7, 9))
    chosen = maximise_expected_best(surfaces, 4)
    assert chosen[0] == np.argmax(surfaces.mean(axis=0))
    for position in range(1, 4):
        best = surfaces[:, chosen[:position]].max(axis=1, keepdims=True)
        gain = np.maximum(surfaces, best).mean(axis=0)
        assert gain[chosen[position]] == pytest.approx(gain.max())
    everything = maximise_expected_best(surfaces, 99)
    assert sorted(everything) == list(range(9))
    np.testing.assert_array_equal(everything[:4], chosen)


def _score(described: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """One peak, whose place in x is told by a metafeature and in y is not."""
    return np.asarray(
        0.6 + 0.3 * np.exp(-8 * (x - described[0]) ** 2 - 8 * (y - described[2]) ** 2) + 0.05 * described[1]
    )


def test_between_the_configurations_that_were_tried(quick: MetaTrainingParameters) -> None:
    """Known tasks share no configuration; on new ones any point of the square may be proposed."""
    rng = np.random.default_rng(0)
    rows, described = [], []
    for number in range(25):
        hidden = rng.uniform(0.1, 0.9, 3)
        described.append({"task_id": f"t{number:02d}", "made.place": hidden[0], "made.level": hidden[1]})
        for trial, (x, y) in enumerate(rng.uniform(size=(25, 2))):
            rows.append((f"t{number:02d}", "svm", f"{number:02d}-{trial:02d}", x, y, _score(hidden, x, y)))
    trials = pd.DataFrame(rows, columns=["task_id", "learner", "config_id", "param_x", "param_y", "score"])
    metafeatures = pd.DataFrame(described)
    catalogue = metafeatures[["task_id"]].assign(
        task_type="classification", family=metafeatures["task_id"], provenance="real", content_hash="0"
    )
    table = build_meta_dataset(trials.assign(strategy="random"), metafeatures, catalogue, "copula")
    few = quick.surrogate.model_copy(update={"n_rounds": 40})
    parameters = quick.model_copy(update={"target": "copula", "surrogate": few})
    memory = train_memory(MetaDataset.from_table(table), parameters, seed=0)

    n_trials, n_candidates, ours, by_chance = 5, 200, [], []
    for seed in range(8):
        hidden = rng.uniform(0.1, 0.9, 3)
        square = rng.uniform(size=(n_candidates, 2))
        truth = _score(hidden, *square.T)
        candidates = pd.DataFrame({"learner": "svm", "param_x": square[:, 0], "param_y": square[:, 1]})
        encoded = memory.surrogate.encoder.encode(candidates)
        new_task = pd.Series({"made.place": hidden[0], "made.level": hidden[1]})
        policy = Policy(memory.prior(new_task, encoded, seed), memory.policy, np.random.default_rng(seed))
        order = _run(policy, truth, n_trials)
        spread = np.ptp(truth)
        ours.append((truth.max() - truth[order].max()) / spread)
        drawn = truth[rng.integers(n_candidates, size=(300, n_trials))].max(axis=1)
        by_chance.append((truth.max() - drawn.mean()) / spread)
    assert np.mean(ours) < 0.25 * np.mean(by_chance)
    assert np.mean(np.array(ours) < by_chance) >= 0.75


def test_the_first_trials_are_planned_together_whatever_their_scores() -> None:
    prior = make_prior()
    relative = prior.relative_surfaces()
    policy = _policy(prior, n_planned=3)
    tried: list[int] = []
    for score in (0.9, 0.1, 0.5):
        best = relative[:, tried].max(axis=1, initial=0.0)
        gains = np.maximum(relative - best[:, None], 0.0).mean(axis=0)
        proposed = policy.propose()
        assert gains[proposed] == pytest.approx(gains.max())
        policy.observe(proposed, score)
        tried.append(proposed)
    conditioned = _policy(prior)
    for candidate, score in zip(tried, (0.9, 0.1, 0.5), strict=True):
        conditioned.observe(candidate, score)
    assert policy.propose() == conditioned.propose()


def test_a_reserved_candidate_counts_for_the_plan_and_is_not_proposed() -> None:
    prior = make_prior()
    policy, other = _policy(prior, n_planned=3), _policy(prior, n_planned=3)
    first = policy.propose()
    other.reserve(first)
    np.testing.assert_array_equal(policy.expected_gains(), other.expected_gains())
    assert other.propose() != first


def test_scores_may_come_in_any_order() -> None:
    """What runs side by side ends in no certain order: the order of the proposals counts."""
    prior = make_prior(40)
    scores = 0.7 + np.exp(-2) * prior.surfaces[2]
    tried, later, failed = [3, 30, 11, 25, 7, 18], [18, 3, 25, 7, 30, 11], 11
    in_order, as_they_come = _policy(prior), _policy(prior)
    for candidate in tried:
        in_order.reserve(candidate)
        as_they_come.reserve(candidate)
    for policy, order in ((in_order, tried), (as_they_come, later)):
        for candidate in order:
            policy.observe(candidate, np.nan if candidate == failed else scores[candidate])
    np.testing.assert_allclose(as_they_come.expected_gains(), in_order.expected_gains(), atol=1e-9)
    assert in_order.propose() == as_they_come.propose()


def test_looking_at_the_next_reserves_nothing() -> None:
    policy = _policy(make_prior())
    assert policy.best_free() == policy.best_free() == policy.propose()
    assert policy.n_free == 11


def test_more_scores_than_rows_that_are_allocated_at_first() -> None:
    prior = make_prior(3 * FIRST_ROWS)
    order = _run(_policy(prior), 0.7 + np.exp(-2) * prior.surfaces[1], 3 * FIRST_ROWS)
    assert sorted(order) == list(range(3 * FIRST_ROWS))
