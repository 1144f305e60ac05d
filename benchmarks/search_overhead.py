"""What a search costs beside its fits: milliseconds a trial after 5, 50 and 200 trials.

Every trial asks for the next candidate and for what is still to be gained, as ``MetaSearchCV`` does, and
tells a score that costs nothing. Beside it stands a search that builds its policy anew at each question and
tells it all scores again, as a multiple, and the same search if trials fail by chance. Run it by
``make bench``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_breast_cancer

from foretune.meta_model import GuardedSearch, PolicyMixture, SurfacePrior
from foretune.meta_model.parameters import PolicyParameters
from foretune.recommendation import Recommender

# Trials around a number of trials whose costs are averaged
WINDOW = 5
CANDIDATES_PER_TRIAL = 4
# Share of the trials that fail by chance, the costliest for the model of failures
SHARE_OF_FAILURES = 0.3


def replay_policy(
    prior: SurfacePrior,
    parameters: PolicyParameters,
    rng: np.random.Generator,
    trials: Sequence[tuple[int, float | None]],
) -> PolicyMixture:
    """Build a policy and tell it all trials in the order of their proposals; None for a score to come."""
    policy = PolicyMixture(prior, parameters, rng)
    for candidate, score in trials:
        if score is None:
            policy.reserve(candidate)
        else:
            policy.observe(candidate, score)
    return policy


def search_living(recommender: Recommender, scores: npt.NDArray[np.float64], n_trials: int) -> list[float]:
    """Search; return the seconds of each trial."""
    search: GuardedSearch = recommender.start_search()

    def run_trial() -> None:
        search.expected_gains()
        candidate = search.ask()
        search.tell(candidate, scores[candidate])

    return [_measure(run_trial) for _ in range(n_trials)]


def search_replaying(recommender: Recommender, scores: npt.NDArray[np.float64], n_trials: int) -> list[float]:
    """Search with a new policy at each of the two questions; return the seconds of each trial."""
    trials: list[tuple[int, float | None]] = []
    prior, parameters = recommender.prior, recommender.memory.policy

    def run_trial() -> None:
        replay_policy(prior, parameters, np.random.default_rng(0), trials).expected_gains()
        candidate = replay_policy(prior, parameters, np.random.default_rng(0), trials).best_free()
        trials.append((candidate, scores[candidate]))

    return [_measure(run_trial) for _ in range(n_trials)]


def _measure(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[5, 50, 200])
    options = parser.parse_args()
    n_trials = max(options.trials)
    X, y = load_breast_cancer(return_X_y=True)
    n_more = CANDIDATES_PER_TRIAL * n_trials // 7
    recommender = Recommender.for_table(X, y, n_more=n_more)
    scores = recommender.prior.score_surfaces()[0]
    print(f"{len(scores)} candidates; load of the machine before the start {os.getloadavg()[0]:.1f}")
    living = search_living(recommender, scores, n_trials)
    fails = np.random.default_rng(0).random(len(scores)) < SHARE_OF_FAILURES
    failing = search_living(recommender, np.where(fails, np.nan, scores), n_trials)
    replaying = search_replaying(recommender, scores, n_trials)
    for n in options.trials:
        ours, failed, theirs = (
            float(np.mean(one[max(n - WINDOW, 0) : n])) for one in (living, failing, replaying)
        )
        print(
            f"after {n:3d} trials: {1000 * ours:6.2f} ms a trial, replaying {theirs / ours:6.1f} times that; "
            f"{1000 * failed:6.2f} ms where some fail"
        )
    print(f"{n_trials} trials: {sum(living):.2f} s, replaying {sum(replaying):.2f} s")


if __name__ == "__main__":
    main()
