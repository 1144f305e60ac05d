"""Model of one learner's scores on the table: the memory's prediction, corrected by the trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.base import one_thread
from foretune.meta_model import GaussianProcess
from foretune.plots.axis import MISSING, Axis, in_sentence
from foretune.plots.errors import PlotError
from foretune.plots.shown_search import MemoryView, ShownSearch, ShownTrial, count_scores, name_learner

# Trials from which a Gaussian process is fitted, and the most that it learns from
FEWEST_TRIALS, MOST_TRIALS = 3, 200
# Trials from which it tells more than a memory of another score
FEWEST_ALONE = 8
SMALLEST_SPREAD = 1e-12
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoreModel:
    """Expected score of configurations of one learner.

    Attributes
    ----------
    learner, axes
        The learner, and the axes of its hyperparameters.
    memory
        Predicts, and is corrected by the trials; None if the trials are all there is.
    trials
        Trials that correct the prediction; none if there are too few, or their score is not the memory's.
    score_name
        Name of the score, in words.
    source
        What it is, in words, for the figure.
    """

    learner: str
    axes: Mapping[str, Axis]
    memory: MemoryView | None
    trials: Sequence[ShownTrial]
    score_name: str
    source: str

    @classmethod
    def of(cls, search: ShownSearch, learner: str) -> ScoreModel:
        """Choose what is known of a learner.

        Raises
        ------
        PlotError
            If there are too few trials, and no memory.
        """
        axes, memory = search.axes(learner), search.memory
        if memory is not None and learner not in memory.learners:
            memory = None
        trials = _choose(search, [one for one in search.trials_of(learner) if one.has_score])
        if memory is not None and not memory.knows_metric and len(trials) >= FEWEST_ALONE:
            memory = None
        if memory is not None and not memory.knows_metric:
            metric = in_sentence(memory.score_name)
            source = f"the memory's prediction of {metric}, which is not the score of the trials"
            return cls(learner, axes, memory, (), memory.score_name, source)
        if memory is None and len(trials) < FEWEST_TRIALS:
            raise PlotError(
                f"a model of the scores needs at least {count_scores(FEWEST_TRIALS)}, and "
                f"{name_learner(learner)} has {len(trials)}"
            )
        if len(trials) < FEWEST_TRIALS:
            return cls(learner, axes, memory, (), search.score_name, "the memory's prediction")
        source = f"a Gaussian process of {count_scores(len(trials))}"
        if memory is not None:
            source = f"the memory's prediction, corrected by {source}"
        return cls(learner, axes, memory, trials, search.score_name, source)

    def predict(self, configurations: Sequence[Mapping[str, Any]]) -> Floats:
        """Return the expected score of configurations, NaN where the memory cannot predict."""
        tried, n_tried = [trial.params for trial in self.trials], len(self.trials)
        everything = [*tried, *configurations]
        # At once: a memory's prediction depends a little on what else it is asked
        expected = np.zeros(len(everything))
        if self.memory is not None:
            expected = self.memory.predict(self.learner, everything)[0]
        differences = np.array([trial.score for trial in self.trials]) - expected[:n_tried]
        is_known = np.isfinite(differences)
        asked = expected[n_tried:]
        if is_known.sum() < FEWEST_TRIALS:
            return asked
        location, spread = float(differences[is_known].mean()), float(differences[is_known].std())
        if spread <= SMALLEST_SPREAD * max(abs(location), 1.0):
            return asked + location
        coordinates = self.place(everything)
        with one_thread():
            process = GaussianProcess.fit(
                coordinates[:n_tried][is_known], (differences[is_known] - location) / spread
            )
            correction, _ = process.predict(coordinates[n_tried:])
        return np.asarray(asked + location + spread * correction, dtype=np.float64)

    def place(self, configurations: Sequence[Mapping[str, Any]]) -> Floats:
        """Return the coordinates of configurations, shape (n_configurations, n_columns)."""
        columns = [
            axis.unit([one.get(name, MISSING) for one in configurations]) for name, axis in self.axes.items()
        ]
        return np.hstack([np.zeros((len(configurations), 1)), *columns])


def _choose(search: ShownSearch, trials: list[ShownTrial]) -> list[ShownTrial]:
    """Return all trials, or of many the best half and some of the others, spread over the time."""
    if len(trials) <= MOST_TRIALS:
        return trials
    sign = -1 if search.higher_is_better else 1
    ordered = sorted(trials, key=lambda one: sign * one.score)
    n_best = MOST_TRIALS // 2
    rest = sorted(ordered[n_best:], key=lambda one: one.number)
    step = math.ceil(len(rest) / (MOST_TRIALS - n_best))
    return [*ordered[:n_best], *rest[::step]]
