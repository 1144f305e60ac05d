"""The search with its guard, on priors that nothing had to be trained for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.meta_model.priors import make_prior

from foretune.meta_model.guard import FEWEST_SCORES, SCALE_DEVIATION, GuardedSearch
from foretune.meta_model.parameters import Guard, PolicyParameters
from foretune.meta_model.policy import Policy
from foretune.meta_model.policy_mixture import PolicyMixture
from foretune.meta_model.prior import SurfacePrior
from search_overhead import replay_policy

N = 30
DEFAULTS = (4, 9, 17)
NAN = float("nan")


def _search(prior: SurfacePrior, guard: Guard | None = None, seed: int = 0, **options: Any) -> GuardedSearch:
    arguments = {"defaults": DEFAULTS, **options}
    rng = np.random.default_rng(seed)
    return GuardedSearch(prior, PolicyParameters(), guard or Guard(), rng=rng, **arguments)


def _run(search: GuardedSearch, scores: npt.NDArray[np.float64], n_trials: int) -> list[int]:
    order = []
    for _ in range(n_trials):
        order.append(search.ask())
        search.tell(order[-1], scores[order[-1]])
    return order


def _expected(prior: SurfacePrior) -> npt.NDArray[np.float64]:
    return np.asarray(prior.relative_surfaces().mean(axis=0))


def _scores(prior: SurfacePrior, seed: int) -> npt.NDArray[np.float64]:
    return np.asarray(0.7 + np.exp(-2) * prior.surfaces[seed % len(prior.surfaces)])


def test_every_candidate_comes_once_and_the_best_default_among_the_first_three() -> None:
    prior = make_prior(N)
    search = _search(prior)
    asked = [search.ask() for _ in range(N)]
    assert sorted(asked) == list(range(N))
    assert search.default == max(DEFAULTS, key=lambda at: _expected(prior)[at])
    assert search.default in asked[:3]
    assert search.n_left == 0
    with pytest.raises(IndexError, match="every candidate was tried"):
        search.ask()


def test_the_default_comes_first_where_it_must() -> None:
    prior = make_prior(N)
    usual = _search(prior, Guard(max_risk=1, default_within=2))
    assert usual.ask() == np.argmax(_expected(prior)) != usual.default
    assert usual.ask() == usual.default
    for search in (
        _search(prior, Guard(max_risk=1e-9)),
        _search(prior, Guard(max_risk=1), default_first=True),
    ):
        assert search.ask() == search.default


@pytest.mark.parametrize("below", [True, False])
def test_the_default_comes_first_where_the_best_is_worse_with_too_high_a_probability(below: bool) -> None:
    prior = make_prior(N)
    relative, default = prior.relative_surfaces(), _search(prior).default
    risk = float((relative[:, _expected(prior).argmax()] < relative[:, default]).mean())
    assert 0 < risk < 1
    search = _search(prior, Guard(max_risk=risk - 1e-6 if below else risk))
    assert (search.ask() == default) == below


@pytest.mark.parametrize("default_within", [1, 2, 4, 7])
def test_the_default_comes_within_so_many_trials(default_within: int) -> None:
    prior = make_prior(N)
    worst = int(_expected(prior).argmin())
    search = _search(prior, Guard(max_risk=1, default_within=default_within), defaults=[worst])
    # At the first turn it would leave no room for a recommendation
    assert [search.ask() for _ in range(8)].index(worst) == max(1, default_within - 1)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000), st.lists(st.booleans(), min_size=N, max_size=N))
def test_without_a_default_it_is_the_policy_alone(seed: int, fails: list[bool]) -> None:
    prior = make_prior(N, seed=seed % 7)
    scores = np.where(fails, NAN, _scores(prior, seed))
    search = _search(prior, seed=seed, defaults=(), default_first=True)
    assert search.default is None
    policy = PolicyMixture(prior, PolicyParameters(), np.random.default_rng(seed))
    order = []
    for _ in range(12):
        order.append(policy.best_free())
        policy.observe(order[-1], scores[order[-1]])
    assert _run(search, scores, 12) == order


def test_a_failed_trial_is_not_repeated() -> None:
    prior = make_prior(N)
    search, other = _search(prior), _search(prior)
    first = search.ask()
    search.tell(first, NAN)
    assert other.ask() == first
    assert np.isfinite(search.expected_gains()).all()
    assert first not in [search.ask() for _ in range(5)]
    with pytest.raises(ValueError, match=f"candidate {first} was told before"):
        search.tell(first, 0.5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100), st.sampled_from([-1e3, -1e6, -1e155, -1e308]), st.booleans())
def test_repeated_penalties_end_up_as_failures(seed: int, penalty: float, knows_metric: bool) -> None:
    prior = make_prior(N, seed=seed % 5)
    scores = 0.9 + 0.05 * _scores(prior, seed)
    order = np.random.default_rng(seed).permutation(N)[:20].tolist()
    given_up, failed = (_search(prior, knows_metric=knows_metric) for _ in range(2))
    for number, at in enumerate(order):
        is_bad = number % 2 == 0
        given_up.tell(at, penalty if is_bad else scores[at])
        failed.tell(at, NAN if is_bad else scores[at])
    np.testing.assert_allclose(given_up.expected_gains(), failed.expected_gains(), rtol=1e-6, atol=1e-9)
    assert given_up.ask() == failed.ask()


def test_what_somebody_else_tries_is_not_asked_for_and_counts_as_asked() -> None:
    prior = make_prior(N)
    search = _search(prior, Guard(max_risk=1, default_within=2))
    favourite = int(_expected(prior).argmax())
    search.reserve(favourite)
    search.reserve(favourite)
    assert search.n_left == N - 1
    assert search.ask() == search.default
    assert favourite not in [search.ask() for _ in range(N - 2)]


def test_a_plan_is_what_is_asked_for_without_feedback() -> None:
    search, other = _search(make_prior(N)), _search(make_prior(N))
    plan = search.plan(5)
    assert plan == [other.ask() for _ in range(5)]
    assert search.plan(3) == plan[:3]
    assert len(search.plan(2 * N)) == N


@settings(max_examples=25, deadline=None)
@given(st.floats(0.01, 1_000), st.floats(-1_000, 1_000), st.integers(0, 100))
def test_the_unit_of_an_unknown_metric_does_not_matter(scale: float, shift: float, seed: int) -> None:
    prior, scores = make_prior(N, seed=seed % 5), np.random.default_rng(seed).random(N)
    one, other = (
        _run(_search(prior, knows_metric=False), values, 9) for values in (scores, scale * scores + shift)
    )
    assert one == other


def _with_level_read_off(prior: SurfacePrior, scores: dict[int, float]) -> SurfacePrior:
    """The prior that a metric has of which only these scores are known."""
    at, values = list(scores), np.array(list(scores.values()))
    spread = np.sqrt(np.var(prior.mean[at]) + np.diag(prior.basis[at] @ prior.basis[at].T).mean())
    scale = max(values.std() / spread, 1e-12)
    location = values.mean() - scale * prior.mean[at].mean()
    n = len(prior.locations)
    errors = np.random.default_rng(0).permutation(np.linspace(-1, 1, n))
    errors /= errors.std()
    first, *others = (
        replace(
            one,
            level=(location, np.log(scale)),
            locations=location + scale * errors,
            log_scales=np.log(scale) + SCALE_DEVIATION * errors,
        )
        for one in (prior, *prior.alternatives)
    )
    return replace(first, alternatives=tuple(others))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1_000),
    st.lists(st.sampled_from(["ask", "tell", "tell", "fail", "reserve"]), min_size=5, max_size=50),
    st.booleans(),
)
def test_the_policy_that_lives_says_what_one_says_that_is_told_everything_anew(
    seed: int, steps: list[str], knows_metric: bool
) -> None:
    """Whatever is asked, tried by others, told late or failed in between."""
    prior, rng = make_prior(N, seed=seed % 5), np.random.default_rng(seed)
    truth = _scores(prior, seed) if knows_metric else 50 - 300 * _scores(prior, seed)
    search = _search(prior, knows_metric=knows_metric)
    # The scale of an unknown metric is read off three scores
    parameters = PolicyParameters() if knows_metric else PolicyParameters(n_planned=FEWEST_SCORES)
    trials: dict[int, float | None] = {}
    for step in steps:
        open_trials = [at for at, score in trials.items() if score is None]
        free = [at for at in range(N) if at not in trials]
        if step in ("tell", "fail") and open_trials:
            at = int(rng.choice(open_trials))
            trials[at] = NAN if step == "fail" else truth[at]
            search.tell(at, truth[at] if step == "tell" else NAN)
        elif step == "reserve" and free:
            at = int(rng.choice(free))
            trials[at] = None
            search.reserve(at)
        elif free:
            trials[search.ask()] = None
        known = {at: score for at, score in trials.items() if score is not None and np.isfinite(score)}
        of_scores = prior
        if not knows_metric and len(known) >= FEWEST_SCORES:
            of_scores = _with_level_read_off(prior, known)
        policy = replay_policy(of_scores, parameters, np.random.default_rng(0), list(trials.items()))
        np.testing.assert_allclose(search.expected_gains(), policy.expected_gains(), rtol=1e-6, atol=1e-9)


def test_the_same_policies_live_as_long_as_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Policy] = []
    observed: list[int] = []
    make, observe = Policy.__init__, Policy.observe

    def count(self: Policy, *arguments: Any, **options: Any) -> None:
        made.append(self)
        make(self, *arguments, **options)

    def count_score(self: Policy, candidate: int, score: float) -> None:
        observed.append(candidate)
        observe(self, candidate, score)

    monkeypatch.setattr(Policy, "__init__", count)
    monkeypatch.setattr(Policy, "observe", count_score)
    prior = make_prior(N)
    search = _search(prior)
    order = []
    for _ in range(20):
        search.expected_gains()
        order += _run(search, _scores(prior, 1), 1)
    # One for each prior
    assert len(made) == 2
    assert observed == np.repeat(order, 2).tolist()


@pytest.mark.parametrize(
    ("n_rows", "has_few"), [(99, True), (99.5, True), (100, False), (1e6, False), (NAN, False)]
)
def test_few_rows(n_rows: float, has_few: bool) -> None:
    assert Guard().has_few_rows(n_rows) == has_few
    assert Guard(min_rows=10**7).has_few_rows(n_rows) == np.isfinite(n_rows)


def test_out_of_distribution_is_farther_than_any_known_task_times_a_factor() -> None:
    guard = Guard(max_distance=2)
    assert not guard.is_out_of_distribution(2.0, 1.0)
    assert guard.is_out_of_distribution(2.1, 1.0)
    # Where no known task can be compared with, nothing says that this one is strange
    assert not guard.is_out_of_distribution(np.inf, np.inf)


def test_gain_is_weighed_against_seconds_and_against_the_time_spent() -> None:
    prior = make_prior(N)
    expected = _expected(prior)
    best, good = np.argsort(-expected)[:2]
    seconds = np.full(N, 1e6)
    seconds[best], seconds[good] = 1.0, 0.5
    assert 0.5 < expected[good] / expected[best] < 1
    assert _search(prior, defaults=()).ask() == best
    assert _search(prior, defaults=()).ask(seconds) == good
    # After an hour both seconds are cheap, and one is still twice as cheap
    assert _search(prior, defaults=()).ask(seconds, spent=3_600.0) == good
    # Of two that take a million times as long as all before, the better one comes
    assert _search(prior, defaults=()).ask(seconds, spent=1e-300) == best


def test_what_is_cheap_is_on_the_shortlist_even_if_it_promises_less() -> None:
    prior = make_prior(N)
    parameters = PolicyParameters(n_candidates=1)
    search, other = (
        GuardedSearch(prior, parameters, Guard(), (), np.random.default_rng(0)) for _ in range(2)
    )
    scores = _scores(prior, 3)
    for one in (search, other):
        for at in range(3):
            one.tell(at, scores[at])
    favourite = other.ask()
    seconds = np.ones(N)
    seconds[favourite] = 1e6
    assert search.ask(seconds, spent=1.0) != favourite
    assert search.ask(np.ones(N)) == favourite


def test_with_the_time_spent_the_default_is_the_best_for_its_seconds() -> None:
    prior = make_prior(N)
    dear = _search(prior).default
    assert dear is not None
    cheap = next(at for at in DEFAULTS if at != dear)
    seconds = np.ones(N)
    seconds[list(DEFAULTS)] = 1e4
    seconds[cheap] = 2.0
    rules = Guard(max_risk=1, default_within=2)
    in_time, until_deadline = (_search(prior, rules) for _ in range(2))
    order = [in_time.ask(seconds, spent) for spent in (0.0, 1.0)]
    assert order[1] == in_time.default == cheap
    # Once it was asked for, it stays
    in_time.ask(np.where(seconds > 100, 1e-3, seconds), 3.0)
    assert in_time.default == cheap
    assert dear in [until_deadline.ask(seconds) for _ in range(2)]


def test_a_default_that_is_not_allowed_is_no_default_in_time_either() -> None:
    search = _search(make_prior(N), Guard(max_risk=1))
    allowed = ~np.isin(np.arange(N), DEFAULTS)
    search.restrict(allowed)
    asked = [search.ask(np.ones(N), spent) for spent in (0.0, 1.0, 2.0)]
    assert search.default is None
    assert allowed[asked].all()
