"""Time that a search may take, and the seconds of its fits on this machine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence

import numpy as np
import numpy.typing as npt

from foretune.learners import Learner, get_learner
from foretune.meta_model import CostModel
from foretune.spaces import Configuration

# Share of max_time, and seconds, by which the whole call may be late
LATE_SHARE, LATE_SECONDS = 0.1, 2.0
# Of these the call uses at most: what remains is for the return from a process that was killed
LATE_IN_USE = 0.7
# Rows of the search for each second: with little time, more configurations on fewer rows
ROWS_PER_SECOND, FEWEST_ROWS = 1_000, 2_000
# Where even the fastest last fit takes a larger share of what is left, it is to a sample
MOST_OF_LAST = 0.5
# How much slower or faster than the machine of the ledger another one is
MACHINE_SPREAD = 0.5
# One fit of a learner says so much, in fits, about the next of the same or of another learner
WEIGHT_OF_PRIOR = 0.3
# Of the spread of a learner's seconds, what is left when fits to the same table are known
LEAST_SPREAD = 0.25
# Deviations that a fit hardly ever takes more
SAFE_DEVIATIONS = 2.0
# A fit that was ended would have taken at least so many times as long
CENSORED = 2.0
SHORTEST = 1e-3
# Shorter fits tell of what surrounds them more than of the machine
SHORTEST_OF_MACHINE = 0.03
# Strategy of configurations whose rounds early stopping chooses: their fits are long in another way
GROWING = "growing"
# They also take longer than what the hyperparameters let expect, by so many seconds and then so many times:
# every round is scored, and the patience comes on top. Seen on tables of 4,000 to 15,000 rows
LONGER_GROWING, SECONDS_GROWING = 4.0, 0.1
OWN = Learner.__module__.rpartition(".")[0]


def kind_of(configuration: Configuration) -> str:
    """Return the kind of a configuration's fits: its learner, apart where early stopping ends them."""
    is_growing = configuration.strategy == GROWING
    return f"{configuration.learner} {GROWING}" if is_growing else configuration.learner


def is_own(learner: str) -> bool:
    """Whether a learner is one of Foretune's, not registered from outside."""
    return get_learner(learner).build.__module__.startswith(f"{OWN}.")


class TimeLimit:
    """Clock of one call of ``fit``.

    Parameters
    ----------
    max_time
        Seconds that the call should take.
    clock
        Returns the present time in seconds.
    """

    def __init__(self, max_time: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self.max_time = float(max_time)
        self.clock = clock
        self.start = clock()

    @property
    def deadline(self) -> float:
        """Point in time at which the call should have ended."""
        return self.start + self.max_time

    @property
    def left(self) -> float:
        """Seconds to the deadline; negative after it."""
        return self.deadline - self.clock()

    @property
    def last_deadline(self) -> float:
        """Point in time at which whatever still runs is ended."""
        return self.deadline + self.late_seconds

    @property
    def late_seconds(self) -> float:
        """Seconds between the two deadlines."""
        return LATE_IN_USE * (LATE_SHARE * self.max_time + LATE_SECONDS)

    def rows_in_time(self, max_rows: int) -> int:
        """Return the number of rows to search on: 1,000 for each second, at least 2,000 of ``max_rows``."""
        return min(max_rows, max(FEWEST_ROWS, int(ROWS_PER_SECOND * self.max_time)))


class MachineCosts:
    """Seconds of fits to one table on this machine: a cost model that the first fits calibrate.

    Parameters
    ----------
    model
        Seconds on the machine of the ledger.
    n_columns, n_classes
        Size of the table; 1 class for regression.
    grown
        Learners whose fits in the ledger early stopping had ended: those here take no longer than they did.
    """

    def __init__(self, model: CostModel, n_columns: int, n_classes: int, grown: Collection[str] = ()) -> None:
        self._model = model
        self._grown = frozenset(grown)
        self._size = n_columns, n_classes
        # Fits with a fixed number of rounds, and those that early stopping ends, have ratios of their own
        self._log_ratios: dict[str, list[float]] = {}
        self._of_machine: dict[str, list[float]] = {}
        # Learners of which a fit was ended: these never run where they cannot be ended
        self.ended: set[str] = set()
        self._ended_kinds: set[str] = set()
        self._seen: set[str] = set()

    @property
    def is_calibrated(self) -> bool:
        """Whether a fit was observed."""
        return bool(self._log_ratios)

    def knows(self, learner: str) -> bool:
        """Whether fits of a learner were seen, here or by the model, and none had to be ended.

        A learner from outside may have changed since: only what was seen here counts.
        """
        is_known = self._model.knows(learner) and is_own(learner)
        return learner not in self.ended and (is_known or learner in self._seen)

    def predict(self, configuration: Configuration, n_rows: int) -> float:
        """Predict the seconds of one fit to so many rows."""
        return self._expect(configuration, n_rows) * self.factor(kind_of(configuration))

    def predict_all(self, configurations: Sequence[Configuration], n_rows: int) -> npt.NDArray[np.float64]:
        """Predict the seconds of fits on the machine of the ledger, shape (n_configurations,)."""
        return np.array([self._expect(one, n_rows) for one in configurations])

    def factor(self, kind: str) -> float:
        """Return how many times as slow fits of a kind are here (:func:`kind_of`)."""
        return math.exp(self._log_factor(kind))

    def largest(self, configuration: Configuration, n_rows: int) -> float:
        """Return seconds that one fit hardly ever exceeds."""
        deviations = SAFE_DEVIATIONS * self._spread(configuration)
        return self.predict(configuration, n_rows) * math.exp(deviations)

    def observe(
        self,
        configuration: Configuration,
        n_rows: int,
        seconds: float,
        *,
        was_ended: bool = False,
        fitted: Configuration | None = None,
    ) -> None:
        """Learn from one fit.

        Parameters
        ----------
        configuration
            Configuration for which the seconds were expected.
        n_rows
            Rows of the fit.
        seconds
            Seconds that it took.
        was_ended
            Whether it did not come to its end in these seconds.
        fitted
            What was fitted, with the number of rounds that early stopping has found.
        """
        kind = kind_of(configuration)
        expected = self._expect(configuration, n_rows)
        ratio = _log_ratio(seconds, expected, SHORTEST)
        self._seen.add(configuration.learner)
        if was_ended:
            ratio = max(ratio + math.log(CENSORED), self._log_factor(kind))
            self.ended.add(configuration.learner)
            self._ended_kinds.add(kind)
        else:
            # More rounds than expected say nothing of the machine
            known = configuration if configuration.learner in self._grown else fitted or configuration
            work = self._model.predict(known, n_rows, *self._size)
            of_machine = _log_ratio(seconds, work, SHORTEST_OF_MACHINE)
            self._of_machine.setdefault(kind, []).append(of_machine)
        self._log_ratios.setdefault(kind, []).append(ratio)

    def _expect(self, configuration: Configuration, n_rows: int) -> float:
        seconds = self._model.predict(configuration, n_rows, *self._size)
        is_longer = configuration.strategy == GROWING and configuration.learner not in self._grown
        return seconds + SECONDS_GROWING if is_longer else seconds

    def _log_factor(self, kind: str) -> float:
        # What had to be ended says nothing of the machine
        others = [
            float(np.median(of)) for name, of in self._of_machine.items() if name not in self._ended_kinds
        ]
        machine = sum(others) / (len(others) + WEIGHT_OF_PRIOR)
        learner, _, growing = kind.rpartition(f" {GROWING}")
        if learner and not growing and learner not in self._grown:
            machine += math.log(LONGER_GROWING)
        own = self._log_ratios.get(kind, [])
        if own and kind in self._ended_kinds:
            return max(own)
        return (len(own) * float(np.median(own or [0.0])) + WEIGHT_OF_PRIOR * machine) / (
            len(own) + WEIGHT_OF_PRIOR
        )

    def _spread(self, configuration: Configuration) -> float:
        spread = self._model.cost_of(configuration.learner).spread
        n_own, n_all = len(self._log_ratios.get(kind_of(configuration), [])), len(self._log_ratios)
        if not n_own:
            return math.hypot(spread, 0.0 if n_all else MACHINE_SPREAD)
        return max(spread / math.sqrt(1 + n_own), LEAST_SPREAD)


def _log_ratio(seconds: float, expected: float, shortest: float) -> float:
    return math.log(max(seconds, shortest) / max(expected, shortest))
