"""A search as figures show it: trials, axes of the hyperparameters, and the view of the memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from foretune.base import close_matches, counted, quoted
from foretune.plots.axis import MISSING, Axis, Scale, title_of
from foretune.plots.errors import PlotError

OK = "ok"
# How trials are drawn over their hyperparameters
SLICES, PARALLEL = "slices", "parallel"
# Names of learners as they are written
WRITTEN = {
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "catboost": "CatBoost",
    "svm": "SVM",
    "mlp": "MLP",
    "realmlp": "RealMLP",
    "hist_gradient_boosting": "Histogram gradient boosting",
}
# Most names in an error
SHOWN_NAMES = 30
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ShownTrial:
    """A trial as figures show it.

    Attributes
    ----------
    number
        Its number: from 1 for a search, Optuna's own for a study.
    learner
        Name of the learner; empty if the study has none.
    params
        Active hyperparameters.
    score
        In the unit of the user; NaN without a mean over all folds.
    std
        Standard deviation over the folds; NaN if unknown.
    status
        ``ok``, or why there is no score.
    error
        The error, or warnings.
    seconds
        Of all fits and predictions.
    is_default
        Whether it is the library default, or the estimator as it was given.
    predicted
        Score that the memory predicted before the trial; NaN if it did not.
    """

    number: int
    learner: str
    params: Mapping[str, Any]
    score: float
    std: float = math.nan
    status: str = OK
    error: str = ""
    seconds: float = math.nan
    is_default: bool = False
    predicted: float = math.nan

    @property
    def has_score(self) -> bool:
        """Whether it has a finite score."""
        return self.status == OK and math.isfinite(self.score)


class MemoryView(Protocol):
    """What the memory of a search says of configurations."""

    @property
    def score_name(self) -> str:
        """Name of the score that it predicts, in words."""

    @property
    def knows_metric(self) -> bool:
        """Whether that is the score of the search."""

    @property
    def learners(self) -> Sequence[str]:
        """Learners of the search that the memory knows."""

    def predict(
        self, learner: str, configurations: Sequence[Mapping[str, Any]]
    ) -> tuple[Floats, Floats, Floats]:
        """Return predicted scores with the ends of their intervals of 80 %, NaN where it cannot predict."""

    def draw(self, learner: str, n: int, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Draw configurations from the search space, none if it is unknown."""


@dataclass(frozen=True)
class ShownSearch:
    """A search or a study as figures show it.

    Attributes
    ----------
    trials
        In the order in which they were proposed.
    score_name
        Name of the score, in words.
    higher_is_better
        Direction of the score.
    scales
        What the search spaces say of the hyperparameters, by learner and name.
    memory
        What the memory says; None without one.
    why_no_memory
        Why there is none, for an error.
    default_name
        What a default is called in figures.
    """

    trials: tuple[ShownTrial, ...]
    score_name: str
    higher_is_better: bool = True
    scales: Mapping[str, Mapping[str, Scale]] = field(default_factory=dict)
    memory: MemoryView | None = None
    why_no_memory: str = ""
    default_name: str = "Library default"

    @property
    def score_title(self) -> str:
        """Title of an axis of scores."""
        return self.score_name if self.higher_is_better else f"{self.score_name} (lower is better)"

    @cached_property
    def learners(self) -> list[str]:
        """Learners of the search, that of the best trial first, then in the order of their first trials."""
        tried = dict.fromkeys(trial.learner for trial in self.trials)
        best = self.best_of([trial for trial in self.trials if trial.has_score])
        first = [] if best is None else [best.learner]
        others = [] if self.memory is None else self.memory.learners
        return list(dict.fromkeys([*first, *tried, *others]))

    @property
    def scored(self) -> list[ShownTrial]:
        """Trials that have a score."""
        return [trial for trial in self.trials if trial.has_score]

    def best_of(self, trials: Sequence[ShownTrial]) -> ShownTrial | None:
        """Return the best of trials with a score, the earliest of equal ones; None if there is none."""
        sign = 1 if self.higher_is_better else -1
        return max(trials, key=lambda trial: sign * trial.score, default=None)

    def trials_of(self, learner: str) -> list[ShownTrial]:
        """Return the trials of a learner."""
        return [trial for trial in self.trials if trial.learner == learner]

    def axes(self, learner: str) -> dict[str, Axis]:
        """Return the axes of a learner's hyperparameters, those of the space first."""
        own, scales = self.trials_of(learner), self.scales.get(learner, {})
        tried = dict.fromkeys(name for trial in own for name in trial.params)
        return {
            name: Axis.of(name, [trial.params.get(name, MISSING) for trial in own], scales.get(name))
            for name in dict.fromkeys([*scales, *tried])
        }

    def choose_learner(self, learner: Any) -> str:
        """Return the learner that is meant; None is that of the best trial.

        Raises
        ------
        PlotError
            If the search has none of that name.
        """
        if not self.learners:
            raise PlotError("there is no trial yet: nothing can be drawn")
        if learner is None:
            return self.learners[0]
        if learner not in self.learners:
            hint = close_matches(str(learner), self.learners)
            known = quoted(self.learners) if self.learners != [""] else "none, and takes no learner"
            raise PlotError(f"learner = {learner!r} is none of this search{hint}: it has {known}")
        return str(learner)

    def check_names(self, names: Sequence[Any], learners: Sequence[str]) -> None:
        """Refuse names that no hyperparameter of some learners has.

        Raises
        ------
        PlotError
            With those that exist.
        """
        known = list(dict.fromkeys(name for learner in learners for name in self.axes(learner)))
        for name in names:
            if name in known:
                continue
            hint = close_matches(str(name), known)
            owner = " and ".join(map(name_learner, learners)) if learners != [""] else "the study"
            those = f"those of {owner} are {quoted(known, SHOWN_NAMES)}" if known else f"{owner} has none"
            raise PlotError(f"there is no hyperparameter {name!r}{hint}: {those}")


def name_learner(learner: str) -> str:
    """Return the name of a learner as figures write it."""
    if learner in WRITTEN or not learner:
        return WRITTEN.get(learner, "Trials")
    # The class of an estimator of the user's own
    return learner if any(letter.isupper() for letter in learner) else title_of(learner)


def count_scores(n: int) -> str:
    """Return a number of trials with a score in words."""
    return f"{counted(n, 'trial')} with a score"
