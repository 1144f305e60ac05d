"""Search that learns from its own trials alone, for estimators of which there is no memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import qmc, rankdata

from foretune.base import one_thread
from foretune.meta_model import GaussianProcess
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.own_space import MIDDLE, NOMINAL, OwnSpace
from foretune.recommendation.search_cv.quantile_space import QuantileBranch
from foretune.spaces import DEFAULT

# First trials that fill the space: this many and one for each parameter, up to a limit
FIRST, MOST_FIRST = 3, 10
# Points that are looked at before each trial: spread over the space, and around the best so far
N_SPREAD, N_AROUND, N_CENTRES = 512, 96, 4
# Standard deviations of a step around one of the best, as a share of a range
STEPS = (0.2, 0.05, 0.01)
# Spaces with no more points are looked at as a whole
MOST_POINTS = 2_000
# Points that are drawn to find one that was not tried
MOST_DRAWS = 32
# Share of the normal scores in what is learnt from, the rest are the scores as they are
RANKED = 0.5
# Differences that are ties in ranks, as a share of the distance from the middle to the best
TIED = 0.02
# Lowest standardised score: failures of a method are outliers
LOWEST = -3.0
# Scores from which anything is learnt
FEWEST = 2
STRATEGY = "own"
Floats = npt.NDArray[np.float64]
_Key = tuple[int, bytes]


class _Point(NamedTuple):
    """Point of a branch as a row of quantiles."""

    branch: int
    row: Floats

    @property
    def key(self) -> _Key:
        return self.branch, self.row.tobytes()


class LearningSearch:
    """Search by a Gaussian process over the parameters, from nothing but the scores of its own trials.

    The first trials are the estimator as it is, if it is in the space, and points that fill the space. After
    that each has the largest expected improvement under the process.

    Parameters
    ----------
    space
        What is searched.
    current
        Values of the estimator's parameters.
    learner
        Name of the estimator.
    rng
        Random generator of everything.

    Attributes
    ----------
    configurations
        Points that were proposed so far, and the next one.
    """

    def __init__(
        self, space: OwnSpace, current: Mapping[str, Any], learner: str, rng: np.random.Generator
    ) -> None:
        self._learner, self._rng = learner, rng
        self._branches = [QuantileBranch(branch) for branch in space.branches]
        self.configurations: list[OwnConfiguration] = []
        self._points: list[_Point] = []
        self._seen: set[_Key] = set()
        self._scores: dict[int, float] = {}
        self._asked: set[int] = set()
        self._gain = np.inf
        self._process: GaussianProcess | None = None
        self._all: list[_Point] | None = None
        if space.n_points <= MOST_POINTS:
            self._all = [_Point(at, row) for at, branch in enumerate(self._branches) for row in branch.all()]
        self.n_first = min(FIRST + len(space.names), MOST_FIRST)
        self._start = self._fill(self.n_first)
        self.default: int | None = None
        if (at := space.branch_of(current)) is not None:
            own = {name: current[name] for name in space.branches[at].parameters if name in current}
            active = {name: value for name, value in own.items() if space.branches[at].is_active(name, own)}
            self._add(
                _Point(at, self._branches[at].find(active)),
                OwnConfiguration(learner, active, DEFAULT, branch=at),
            )
            self.default = 0

    @property
    def n_left(self) -> int:
        """Number of points that were not proposed; one at least in a space without end."""
        if self._all is None:
            return 1
        return len({one.key for one in self._all} - {self._points[at].key for at in self._asked})

    def ask(self) -> int:
        """Return the position of the configuration to try next; it is not returned again."""
        at = self._next()
        self._asked.add(at)
        return at

    def tell(self, candidate: int, score: float) -> None:
        """Record a score, higher is better; NaN for a failed trial."""
        self._asked.add(candidate)
        self._scores[candidate] = float(score)
        self._drop_next()

    def expected_gains(self) -> Floats:
        """Return the expected gain of what is next, as a share of the range of the scores; -1 for others."""
        at = self._next() if self.n_left else None
        gains = np.full(len(self.configurations), -1.0)
        if at is not None:
            gains[at] = self._gain
        return gains

    def _add(self, point: _Point, configuration: OwnConfiguration | None = None) -> int:
        if configuration is None:
            params = self._branches[point.branch].branch.at(point.row)
            configuration = OwnConfiguration(self._learner, params, STRATEGY, branch=point.branch)
        self.configurations.append(configuration)
        self._points.append(point)
        self._seen.add(point.key)
        return len(self.configurations) - 1

    def _place(self, points: Sequence[_Point]) -> Floats:
        """Return coordinates, in which every branch has axes of its own, shape (n_points, n_axes)."""
        several = len(self._branches) > 1
        blocks = []
        branches = np.array([one.branch for one in points])
        for at, branch in enumerate(self._branches):
            rows = np.array([one.row for one in points if one.branch == at], dtype=np.float64)
            placed = branch.coordinates(rows.reshape(len(rows), len(branch.branch.parameters)))
            block = np.full((len(points), placed.shape[1]), MIDDLE)
            block[branches == at] = placed
            blocks.append(block)
            if several:
                blocks.append(NOMINAL * (branches == at)[:, None])
        return np.hstack(blocks)

    def _drop_next(self) -> None:
        """Forget what was to be next: a new score changes it."""
        at = len(self.configurations) - 1
        if at >= 0 and at not in self._asked and at != self.default:
            self._seen.discard(self._points.pop().key)
            self.configurations.pop()

    def _next(self) -> int:
        """Return the position of the configuration that is next, which is added if it is new."""
        at = len(self.configurations) - 1
        if at >= 0 and at not in self._asked:
            return at
        n_known = sum(np.isfinite(score) for score in self._scores.values())
        self._gain = np.inf
        while self._start and (len(self._asked) < self.n_first or n_known < FEWEST):
            one = self._start.pop(0)
            if one.key not in self._seen:
                return self._add(one)
        # Hundreds of small matrices, for which threads would wait for each other
        with one_thread():
            return self._add(self._draw_new() if n_known < FEWEST else self._best_new())

    def _best_new(self) -> _Point:
        """Return the point with the largest expected improvement."""
        points = self._list_points()
        told = np.array(sorted(self._scores))
        coordinates = self._place(self._points)
        targets, width = _targets(np.array([self._scores[at] for at in told]))
        process = GaussianProcess.fit(coordinates[told], targets, self._process)
        self._process = process
        if pending := sorted(self._asked - set(self._scores)):
            # What is being tried counts with the score that is expected
            expected, _ = process.predict(coordinates[pending])
            both = np.append(told, pending)
            process = GaussianProcess.of(
                coordinates[both], np.append(targets, expected), process.length_scales, process.noise
            )
        # By the process, since a high score may be one of luck
        best = float(process.predict(coordinates[told])[0].max())
        places = self._place(points)
        gains = process.expected_improvement(places, best)
        at = int(np.argmax(gains * process.share_to_learn(places)))
        self._gain = float(gains[at]) / width
        return points[at]

    def _list_points(self) -> list[_Point]:
        """List points that were not proposed: all, or some of the whole space and some around the best."""
        if self._all is not None:
            return [one for one in self._all if one.key not in self._seen] or [self._draw_new()]
        order = sorted(self._scores, key=lambda at: -np.nan_to_num(self._scores[at], nan=-np.inf))
        near = [one for at in order[:N_CENTRES] for one in self._around(self._points[at])]
        points = {one.key: one for one in [*self._fill(N_SPREAD), *near]}
        return [one for key, one in points.items() if key not in self._seen] or [self._draw_new()]

    def _around(self, centre: _Point) -> list[_Point]:
        """Draw neighbours of a point: half of its parameters are changed, or about two if there are many."""
        branch = self._branches[centre.branch]
        parameters = list(branch.branch.parameters.values())
        shape = (N_AROUND, len(parameters))
        is_changed = self._rng.random(shape) < max(0.25, min(0.5, 2 / max(len(parameters), 1)))
        steps = np.resize(STEPS, N_AROUND)[:, None] * self._rng.standard_normal(shape)
        drawn = self._rng.random(shape)
        is_ordered = np.array([one.is_ordered for one in parameters], dtype=bool)
        moved = np.where(is_ordered, _reflected(centre.row + steps), drawn)
        rows = branch.snap(np.where(is_changed, moved, centre.row))
        return [_Point(centre.branch, row) for row in rows]

    def _fill(self, n: int) -> list[_Point]:
        """Return points that fill the space, of all branches in turn."""
        each = -(-n // len(self._branches))
        columns = [
            [_Point(at, row) for row in branch.snap(_sobol(len(branch.branch.parameters), each, self._rng))]
            for at, branch in enumerate(self._branches)
        ]
        return [one for row in zip(*columns, strict=True) for one in row]

    def _draw_new(self) -> _Point:
        left = [one for one in self._all or [] if one.key not in self._seen]
        drawn = left or [one for one in self._fill(MOST_DRAWS) if one.key not in self._seen]
        # In a space without end a point may come twice
        return drawn[0] if drawn else self._fill(1)[0]


def _sobol(n_axes: int, n: int, rng: np.random.Generator) -> Floats:
    if n_axes == 0:
        return np.zeros((n, 0))
    sampler = qmc.Sobol(n_axes, rng=rng)
    return np.asarray(sampler.random(2 ** int(np.ceil(np.log2(max(n, 1)))))[:n], dtype=np.float64)


def _reflected(places: Floats) -> Floats:
    """Return places in [0, 1] as far from the ends as they were beyond them."""
    places = np.abs(places)
    return np.asarray(np.clip(np.where(places > 1, 2 - places, places), 0.0, 1.0), dtype=np.float64)


def _targets(scores: Floats) -> tuple[Floats, float]:
    """Return what is learnt from scores, and its range: partly their ranks, so that no outlier rules.

    A failed trial counts as the worst.
    """
    finite = np.isfinite(scores)
    filled = np.where(finite, scores, scores[finite].min())
    middle, spread = np.median(filled), max(float(np.std(filled)), 1e-12)
    upper = max(float(filled.max() - middle), 1e-12)
    # In the distance from the middle to the best, which low outliers do not change
    values = np.maximum((filled - middle) / min(upper, spread * 3), LOWEST)
    values = (values - values.mean()) / max(float(values.std()), 1e-12)
    # Many trials at one place have nearly one score: ranks would make a wide surface of their differences
    ranks = ndtri((rankdata(np.round((filled - middle) / (TIED * upper))) - 0.5) / len(filled))
    ranks = ranks / max(float(ranks.std()), 1e-12)
    targets = RANKED * ranks + (1 - RANKED) * values
    targets = (targets - targets.mean()) / max(float(targets.std()), 1e-12)
    return targets, max(float(np.ptp(targets)), 1e-12)
