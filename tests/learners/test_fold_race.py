from __future__ import annotations

import numpy as np
import pytest

from foretune.learners.fold_race import LOOK_Z, FoldRace, Z, describe_stop

# A complete trial, and one that is better by .02 on average with a spread of .01
BEST = np.array([0.80, 0.82, 0.78, 0.81, 0.79])
SECOND = BEST - [0.01, 0.03, 0.02, 0.01, 0.03]


def make_race(*complete: np.ndarray) -> FoldRace:
    race = FoldRace(5)
    for scores in complete:
        race.record(scores)
    return race


@pytest.mark.parametrize(("n_folds", "looks"), [(1, ()), (2, (1,)), (3, (1, 2)), (5, (1, 2)), (10, (1, 2))])
def test_trials_are_compared_before_the_last_fold(n_folds: int, looks: tuple[int, ...]) -> None:
    assert FoldRace(n_folds).looks == looks


def test_nothing_is_stopped_before_anything_shows_the_spread() -> None:
    alone = np.array([[0.9], [0.1]])
    assert not FoldRace(5).find_hopeless(alone).any()
    # A single complete trial has no differences
    assert not make_race(BEST).find_hopeless(alone).any()


def test_a_trial_is_stopped_beyond_the_standard_deviations_of_the_rest() -> None:
    race = make_race(BEST, SECOND)
    spread = np.std(BEST - SECOND, ddof=1)
    limit = Z * spread * np.sqrt(1 / 1 - 1 / 5)
    just = np.array([[BEST[0] - limit * 0.99], [BEST[0] - limit * 1.01], [BEST[0] + 1.0]])
    # The reference is the best on the fold: compared without the last, the complete one
    assert race.find_hopeless(just[:2]).tolist() == [False, True]
    assert race.find_hopeless(just).tolist() == [True, True, False]


def test_folds_that_are_hard_for_all_stop_nobody() -> None:
    hard_first = BEST - [0.3, 0.0, 0.0, 0.0, 0.0]
    race = make_race(hard_first, hard_first - (BEST - SECOND))
    assert not race.find_hopeless(np.array([hard_first[:1]])).any()


def test_a_trial_whose_differences_vary_goes_on() -> None:
    race = make_race(BEST, SECOND)
    steady = BEST[:2] - 0.02
    varying = BEST[:2] - [-0.28, 0.32]
    assert race.find_hopeless(np.array([steady, varying])).tolist() == [True, False]


def test_trials_of_one_batch_are_compared_with_each_other() -> None:
    scores = np.array([[0.80, 0.82], [0.82, 0.79], [0.40, 0.45]])
    assert FoldRace(5).find_hopeless(scores).tolist() == [False, False, True]


def test_equal_trials_go_on() -> None:
    race = make_race(BEST, BEST.copy())
    assert not race.find_hopeless(np.array([BEST[:1]])).any()


def test_a_stopped_trial_is_estimated_by_its_differences() -> None:
    assert FoldRace(5).estimate(np.array([0.5, 0.6])) == pytest.approx(0.55)
    race = make_race(SECOND, BEST)
    assert race.estimate(BEST[:2] - 0.1) == pytest.approx(BEST.mean() - 0.1)


def test_the_better_of_many_pairs_is_rarely_stopped() -> None:
    """Among pairs whose better one wins in the end by noise only, at most a sixth is stopped at each look."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(400):
        folds = rng.normal(0, 0.05, 5)
        best, other, new = (folds + rng.normal(0, 0.01, 5) for _ in range(3))
        race = make_race(best, other)
        ahead = new.mean() > max(best.mean(), other.mean())
        wrong += ahead and bool(race.find_hopeless(new[None, :1])[0])
    assert wrong / 400 < 0.08


def test_first_looks_stop_only_beyond_what_they_have_been_wrong_by() -> None:
    race = FoldRace(5, takes_looks=True)
    means = [0.80, 0.78, 0.76]
    for mean, look in zip(means, (0.70, 0.69, 0.67), strict=True):
        race.record(np.full(5, mean), look)
        assert not race.find_hopeless_looks(np.array([0.0])).any()
    # Without a look it tells nothing of looks
    race.record(np.full(5, 0.9))
    race.record(np.full(5, 0.74), float("nan"))
    assert not race.find_hopeless_looks(np.array([0.0])).any()
    race.record(np.full(5, 0.74), 0.62)
    # Differences of the looks to the best's are 0, -.01, -.03, -.08, those of the means 0, -.02, -.04, -.06
    error = np.sqrt(np.mean(np.square([0.0, 0.01, 0.01, 0.02])))
    limit = 0.70 - LOOK_Z * error
    looks = np.array([limit + 1e-6, limit - 1e-6, np.nan])
    assert race.find_hopeless_looks(looks).tolist() == [False, True, False]
    assert race.estimate_look(0.6) == pytest.approx(0.80 + 0.60 - 0.70)


def test_a_metric_is_a_score_in_its_own_direction() -> None:
    race = FoldRace(5, metric="loss", higher_is_better=False)
    for scores in (BEST, SECOND):
        race.record(scores)
    better, worse = ([{"loss": -score - shift, "other": 9.0} for score in BEST] for shift in (0.1, -0.5))
    np.testing.assert_array_equal(race.scores_of(better), BEST + 0.1)
    assert not race.is_hopeless(better[:2])
    assert race.is_hopeless(worse[:2])


def test_the_first_look_at_which_a_trial_is_behind_stops_it() -> None:
    race = make_race(BEST, SECOND)
    folds = [{"score": score} for score in BEST - [0.0, 0.5, 0.5, 0.5, 0.5]]
    assert race.find_stop(folds) == 2
    assert race.find_stop(folds[:1]) is None
    assert race.find_stop([{"score": 0.0}, *folds[1:]]) == 1
    # Later folds are not looked at
    assert race.find_stop([{"score": score} for score in BEST * [1, 1, 0, 0, 0]]) is None
    assert race.find_stop([{"score": np.nan}, *folds[:1]]) is None
    assert describe_stop(1, 5) == "behind the best on 1 fold of 5"
    assert describe_stop(2, 5) == "behind the best on 2 folds of 5"
