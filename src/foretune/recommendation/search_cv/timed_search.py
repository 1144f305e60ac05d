"""Proposals of a search that end in time: gain per second, without what takes too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from foretune.learners import FEWEST_AT_ONCE, with_rounds
from foretune.meta_model import GuardedSearch
from foretune.recommendation.search_cv.time_limit import GROWING, MachineCosts, TimeLimit, kind_of
from foretune.spaces import DEFAULT, Configuration

# Shares of max_time: up to the first, cheaper is no better; beyond the second, a trial takes too much of it
CHEAP_SHARE, MOST_SHARE = 0.02, 0.25
MOST_SHARE_OF_LAST = 0.5
# In seconds, but never more than a tenth of max_time
CHEAP_SECONDS, MOST_CHEAP_SHARE = 0.5, 0.1
# Seconds of what comes before all others
AT_ONCE = 1e-9
# Of the expected seconds, to end in time more often than not
MARGIN = 1.3
# A booster that would grow for longer than it may is worth a trial if it may for this share of the time, or,
# where nothing else is left, for the other one
WORTH_GROWING, LEAST_GROWING = 0.4, 0.1
# What takes little time keeps what takes much of it out while it promises this share of the gain
WORTH_OF_SMALL = 0.05
# As long as expected, for what is short
TWICE = 2.0
# Before the first fit: this machine may be faster than that of the ledger
MARGIN_AT_FIRST = 0.5


def most_to_grow(left: float, max_time: float, last_per_trial: float) -> float:
    """Return the seconds that a booster may grow in a trial, so that its last fit has time, too."""
    return min(MOST_SHARE * max_time, max(left, 0.0) / (1 + last_per_trial))


def seconds_of_first_rounds(
    costs: MachineCosts, configurations: Sequence[Configuration], n_rows: int
) -> npt.NDArray[np.float64]:
    """Predict the seconds, by the ledger's machine, of the rounds before which growing cannot end."""
    first = [
        replace(with_rounds(one, FEWEST_AT_ONCE), strategy=GROWING) if one.strategy == GROWING else one
        for one in configurations
    ]
    return TWICE * costs.predict_all(first, n_rows)


class TimedSearch:
    """Search that proposes the candidate with the largest expected gain per second, if it can end in time.

    A candidate can end in time if its trial, and after it the last fit of the best, are expected to. One that
    takes more than a quarter of ``max_time``, or half of it in the last fit, is left out where there are
    others that promise a twentieth of its gain. A booster that early stopping ends may be cut short, and
    counts as long as it may grow.

    Parameters
    ----------
    search
        Proposes candidates by gain.
    configurations
        Candidates.
    costs, limit
        Seconds of fits, and the time that is left.
    n_rows, n_fits
        Rows of a fit in a trial, and fits one after the other.
    n_rows_of_last_fit
        Rows of the last fit; 0 without one.
    other_seconds
        Seconds of the last fit before the learner's.
    last_per_trial
        Seconds of a booster's last fit, as a share of those of its trial.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        search: GuardedSearch,
        configurations: Sequence[Configuration],
        costs: MachineCosts,
        limit: TimeLimit,
        n_rows: int,
        n_fits: int,
        n_rows_of_last_fit: int,
        other_seconds: float = 0.0,
        last_per_trial: float = 0.0,
    ) -> None:
        self._search = search
        self._configurations = configurations
        self._costs, self._limit = costs, limit
        self._seconds = costs.predict_all(configurations, n_rows) * n_fits
        last = costs.predict_all(configurations, n_rows_of_last_fit) if n_rows_of_last_fit else 0.0
        self._last = np.broadcast_to(np.asarray(last, dtype=np.float64), self._seconds.shape)
        self._learners = np.array([one.learner for one in configurations], dtype=object).astype(str)
        self._kinds, self._kind_at = np.unique(
            np.array([kind_of(one) for one in configurations], dtype=object).astype(str), return_inverse=True
        )
        # How long early stopping takes is uncertain: the default comes first, the least that a search gives
        self._grows = np.array([one.strategy == GROWING for one in configurations], dtype=bool)
        self._last_per_trial = last_per_trial
        self._first_rounds = seconds_of_first_rounds(costs, configurations, n_rows) * n_fits
        any_grows = bool(self._grows.any())
        defaults = [at for at, one in enumerate(configurations) if any_grows and one.strategy == DEFAULT]
        self._first = min(defaults, key=lambda at: self._seconds[at], default=None)
        self._asked = np.zeros(len(configurations), dtype=bool)
        self._other_seconds = other_seconds
        self._dropped = np.zeros(len(configurations), dtype=bool)
        self._left_out = self._dropped
        self._best: tuple[float, int] | None = None

    @property
    def default(self) -> int | None:
        """Library default that is evaluated in any case, if one can end in time."""
        return self._search.default

    @property
    def n_left(self) -> int:
        """Number of candidates that were not proposed yet and can end in time."""
        self._drop_late()
        return self._search.n_left

    @property
    def n_dropped(self) -> int:
        """Number of candidates that were left out for lack of time while there were others."""
        return int(self._left_out.sum())

    def dropped_learners(self) -> list[str]:
        """List the learners of which candidates were left out, most candidates first."""
        names, counts = np.unique(self._learners[self._left_out], return_counts=True)
        return [str(names[at]) for at in np.argsort(-counts, kind="stable")]

    @property
    def seconds_of_last_fit(self) -> float:
        """Seconds to keep for the last fit of the best so far, or else of the cheapest candidate."""
        last = self._last * self._factors()
        of_best = last.min(initial=np.inf) if self._best is None else last[self._best[1]]
        return (MARGIN * float(of_best) if np.isfinite(of_best) else 0.0) + self._other_seconds

    def ask(self) -> int:
        """Return the candidate to try next; it is not returned again.

        What can end in time is decided by :attr:`n_left`, which has to be asked before.

        Raises
        ------
        IndexError
            If none is left.
        """
        self._left_out = self._dropped.copy()
        most = self._limit.max_time
        cheap = max(CHEAP_SHARE * most, min(CHEAP_SECONDS, MOST_CHEAP_SHARE * most))
        expected = self._seconds * self._factors()
        seconds = np.maximum(np.where(self._grows, np.minimum(expected, MOST_SHARE * most), expected), cheap)
        if self._first is not None and not self._dropped[self._first]:
            seconds[self._first] = AT_ONCE
            self._first = None
        candidate = self._search.ask(seconds)
        self._asked[candidate] = True
        return candidate

    def tell(self, candidate: int, score: float) -> None:
        """Record a score, higher is better; NaN for a failed trial."""
        self._search.tell(candidate, score)
        if np.isfinite(score) and (self._best is None or score > self._best[0]):
            self._best = score, candidate

    def expected_gains(self) -> npt.NDArray[np.float64]:
        """Return each candidate's expected gain over the best so far, -1 if it cannot end in time."""
        return np.where(self._dropped, -1.0, self._search.expected_gains())

    def _are_worth_it(self, small: npt.NDArray[np.bool_], all_left: npt.NDArray[np.bool_]) -> bool:
        """Whether what takes little of the time promises a part of what all do that can end in time."""
        if not small.any():
            return False
        gains = self._search.expected_gains()
        return bool(gains[small].max() >= WORTH_OF_SMALL * gains[all_left].max())

    def _factors(self) -> npt.NDArray[np.float64]:
        """Return how many times as slow the fits of each candidate are here."""
        return np.array([self._costs.factor(kind) for kind in self._kinds])[self._kind_at]

    def _drop_late(self) -> None:
        margin = MARGIN if self._costs.is_calibrated else MARGIN_AT_FIRST
        factors = margin * self._factors()
        trial, last = self._seconds * factors, self._last * factors
        kept_for_best = 0.0 if self._best is None else last[self._best[1]]
        most = self._limit.max_time
        may_grow = most_to_grow(
            self._limit.left - kept_for_best - self._other_seconds, most, self._last_per_trial
        )
        is_cut = self._grows & (trial > may_grow) & (may_grow >= LEAST_GROWING * trial / margin)
        is_cut &= may_grow >= self._first_rounds * self._factors()
        is_short = is_cut & (may_grow < WORTH_GROWING * trial / margin)
        trial = np.where(is_cut, may_grow, trial)
        last = np.where(self._grows, np.minimum(last, self._last_per_trial * trial), last)
        needed = np.where(is_cut, 0.0, trial + np.maximum(last, kept_for_best) + self._other_seconds)
        late = needed > self._limit.left
        large = (
            is_short | (trial > MOST_SHARE * most) | (last + self._other_seconds > MOST_SHARE_OF_LAST * most)
        )
        for default in (self.default, self._first):
            # What is chosen should have been compared with it
            if default is not None:
                large[default] = False
        if self._are_worth_it(~(large | late | self._asked), ~(late | self._asked)):
            late |= large
        self._dropped = late
        self._search.restrict(~late)
