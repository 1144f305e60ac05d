from __future__ import annotations

import numpy as np
import pytest

from foretune.meta_model.trial_seconds import TrialSeconds


def _known(n_tasks: int = 60) -> np.ndarray:
    """Two learners of three candidates; tasks differ in size, and in how it matters to the second learner."""
    rng = np.random.default_rng(0)
    size = rng.normal(0, 1, (n_tasks, 1))
    own = rng.normal(0, 1, (n_tasks, 1))
    first = np.exp(size + np.array([0, 1, 2]) + rng.normal(0, 0.05, (n_tasks, 3)))
    second = np.exp(size + own + np.array([0, 1, 2]) + rng.normal(0, 0.05, (n_tasks, 3)))
    return np.hstack([first, second])


def test_before_any_trial_it_is_what_the_known_tasks_took() -> None:
    known = _known(400)
    np.testing.assert_allclose(TrialSeconds(known).expected(), known.mean(axis=0), rtol=0.3)


def test_a_trial_says_how_slow_the_others_are() -> None:
    seconds = TrialSeconds(_known())
    before = seconds.expected()
    seconds.tell(0, 20.0)
    after = seconds.expected()
    # Twenty times as slow as the typical task
    np.testing.assert_allclose(after[:3], [20, 20 * np.e, 20 * np.e**2], rtol=0.35)
    assert (after > 3 * before).all()
    seconds.tell(3, 2.0)
    # The second learner is fast here, and the first one about as slow as it was
    last = seconds.expected()
    assert last[3] == pytest.approx(2, rel=0.2)
    assert (last[3:] < 0.3 * after[3:]).all()
    assert (last[1:3] > 0.7 * after[1:3]).all()


def test_every_trial_brings_it_nearer() -> None:
    known = _known()
    errors: list[list[float]] = []
    for task in range(20):
        seconds = TrialSeconds(np.delete(known, task, axis=0))
        errors.append([])
        for candidate in (1, 4, 0, 3):
            errors[-1].append(np.abs(np.log(seconds.expected() / known[task]))[[2, 5]].mean())
            seconds.tell(candidate, known[task, candidate])
    means = np.mean(errors, axis=0)
    assert means[2] < 0.4 * means[0]
    assert means[3] < 1.2 * means[2]


@pytest.mark.parametrize("known", [np.ones((1, 3)), np.ones((4, 3)), np.zeros((2, 3))])
def test_equal_or_no_times_are_no_special_case(known: np.ndarray) -> None:
    seconds = TrialSeconds(known)
    for candidate in range(3):
        seconds.tell(candidate, 0.0)
    assert np.isfinite(seconds.expected()).all()
    assert (seconds.expected() > 0).all()
