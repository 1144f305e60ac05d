"""Last fit of the user's own estimator in the time that is left: to all rows, or to as many as it allows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from foretune.recommendation.search_cv.time_limit import TimeLimit

# A fit may take so many times as long as expected
SAFE = 1.25
# Of what is left, for a fit to a sample; one to a larger sample follows if it has so many times the rows
SHARE_OF_SAMPLE, WORTH_MORE = 0.7, 1.5
FEWEST_ROWS = 500
# Fits to these rows are not much longer than those of the trials, and time was kept for one
WORTH_A_SAMPLE = 2
# Power of the rows by which the seconds of a fit grow, as long as only one fit was seen
UNKNOWN, WORST = None, 2.0
# A fit to few rows says little about one to more than so many times as many: one in between is tried
FIRST_GROWTH, MOST_GROWTH = 4, 20


class OwnFitted(NamedTuple):
    """A fitted estimator, the number of its rows, and the seconds that a fit to all rows would take."""

    estimator: Any
    n_rows: int
    seconds_of_all: float


@dataclass
class TimedOwnRefit:
    """Last fit of the user's own estimator, of which nothing is known but what its fits took.

    Nothing ends a fit that runs. One to all rows is begun if it is expected to end in time; otherwise one to
    a sample, and what that takes decides on a larger one.

    Attributes
    ----------
    fit
        Fits to a number of rows.
    n_rows
        Number of all rows.
    limit
        The time that is left.
    takes_samples
        Whether some of the rows are a smaller table; otherwise all are fitted, whatever time it takes.
    """

    fit: Callable[[int], Any]
    n_rows: int
    limit: TimeLimit
    takes_samples: bool = True

    def run(self, n_known: int, seconds: float) -> OwnFitted:
        """Fit to all rows, or to as many as there is time for.

        Parameters
        ----------
        n_known, seconds
            Rows of an earlier fit, and what it took; 0 rows if there was none. Where all rows are not many
            more, they are fitted in any case.
        """
        if not self.takes_samples or self.n_rows <= WORTH_A_SAMPLE * n_known:
            return OwnFitted(self.fit(self.n_rows), self.n_rows, math.nan)
        estimator, n_fitted, power = None, 0, UNKNOWN
        if not n_known:
            n_known = n_fitted = min(FEWEST_ROWS, self.n_rows)
            estimator, seconds = self._time(n_known)
        while n_fitted < self.n_rows:
            n_next = self._next_rows(n_known, seconds, power)
            if estimator is None:
                # Whatever the time: there is always a result, and one fit more of a trial is short
                n_next = max(n_next, min(n_known, self.n_rows))
            elif n_next < WORTH_MORE * n_fitted and n_next < self.n_rows:
                break
            estimator, taken = self._time(n_next)
            if n_next > n_known and taken > 0 and seconds > 0:
                power = max(1.0, math.log(taken / seconds) / math.log(n_next / n_known))
            n_known, seconds, n_fitted = n_next, taken, n_next
        return OwnFitted(estimator, n_fitted, seconds * (self.n_rows / n_known) ** (power or 1.0))

    def _next_rows(self, n_known: int, seconds: float, power: float | None) -> int:
        """Return the rows of the next fit, by what a fit to ``n_known`` rows took.

        Seconds grow with a power of the rows. As long as it is not seen they may grow with their square, and
        in part that they do on more rows than were seen.
        """
        left = self.limit.last_deadline - self.limit.clock()
        careful = WORST if power is UNKNOWN else max(power, (power + WORST) / 2)
        all_rows = seconds * (self.n_rows / n_known) ** careful
        if SAFE * all_rows <= left:
            return min(self.n_rows, n_known * MOST_GROWTH)
        in_time = int(self.n_rows * (max(SHARE_OF_SAMPLE * left, 0.0) / all_rows) ** (1 / careful))
        return min(in_time, n_known * (FIRST_GROWTH if power is UNKNOWN else MOST_GROWTH))

    def _time(self, n_rows: int) -> tuple[Any, float]:
        start = self.limit.clock()
        fitted = self.fit(n_rows)
        return fitted, self.limit.clock() - start
