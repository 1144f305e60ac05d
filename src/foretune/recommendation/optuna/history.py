"""History of a study: its trials translated to a memory's configurations."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from foretune.logs import CurveEstimator, violated_constraints
from foretune.recommendation.core import Key, LearnerVocabulary, StudyNames, key_of
from foretune.recommendation.optuna.notes import ReadNotes, given_values, own_notes
from foretune.spaces import Configuration

INTENDED = "foretune:intended"
# Set by the process of a failed trial; absent if the process was lost
FAILED = "foretune:failed"
# Lost trials of a configuration that are ignored: a second one may be caused by the configuration
MOST_LOST = 1
# Maximum number of trials that a search learns from: the latest ones, and the best and failed ones before
MOST_BEST, MOST_RECENT, MOST_FAILED = 100, 100, 100


class TrialReading(NamedTuple):
    """A trial translated to the memory.

    Attributes
    ----------
    learner, values
        Learner, None if it is not in the memory, and values of its hyperparameters in the study.
    foreign
        Parameters that are not in the memory.
    configuration
        Evaluated configuration; None if unknown to the memory.
    """

    learner: str | None
    values: dict[str, Any]
    foreign: frozenset[str]
    configuration: Configuration | None


@dataclass(frozen=True)
class TrialReader:
    """Translation of trials to a memory's configurations.

    Attributes
    ----------
    names, vocabularies
        Names of hyperparameters in the study, and vocabularies by learner.
    learner_parameter
        Parameter for the choice of the learner; None with a single learner.
    fixed
        Constructor arguments fixed by the objective.
    """

    names: StudyNames
    vocabularies: Mapping[str, LearnerVocabulary]
    learner_parameter: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def learner_of(self, params: Mapping[str, Any]) -> str | None:
        """Return the learner of a trial; None if it is unknown or not chosen yet."""
        if self.learner_parameter is None or len(self.vocabularies) == 1:
            only = next(iter(self.vocabularies))
            chosen = params.get(self.learner_parameter or "", only)
            return only if chosen == only else self.names.find_learner(chosen)
        if self.learner_parameter not in params:
            return None
        return self.names.find_learner(params[self.learner_parameter])

    def values_of(self, params: Mapping[str, Any], learner: str) -> dict[str, Any]:
        """Return the values of a learner's hyperparameters that are known to the memory."""
        vocabulary = self.vocabularies[learner]
        values = {
            name: value
            for name, value in self.fixed.items()
            if name in vocabulary.names and vocabulary.knows(name, value)
        }
        # The first of several names of a hyperparameter takes precedence
        for name, value in reversed(list(params.items())):
            place = self.names.find(name)
            if place is not None and place.learner in (None, learner) and vocabulary.knows(place.name, value):
                values[place.name] = value
        return values

    def read(self, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]) -> TrialReading:
        """Translate the values of a trial."""
        learner = self.learner_of(params)
        foreign = {
            name for name in params if name != self.learner_parameter and self.names.find(name) is None
        }
        if learner is None:
            return TrialReading(None, {}, frozenset(foreign), None)
        foreign |= {name for name, one in distributions.items() if self.is_unreadable(name, one, learner)}
        values = self.values_of(params, learner)
        searched = values.keys() - self.fixed.keys()
        is_known = bool(searched) or self.learner_parameter in params
        if not is_known or self.is_beyond(params, distributions, learner):
            return TrialReading(learner, values, frozenset(foreign), None)
        configuration = self.vocabularies[learner].complete(values)
        return TrialReading(learner, values, frozenset(foreign), configuration)

    def is_beyond(
        self, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution], learner: str
    ) -> bool:
        """Whether a trial has a choice unknown to the memory, among known ones."""
        vocabulary = self.vocabularies[learner]
        for name, value in params.items():
            meant = self._find(name, learner)
            if meant is None or vocabulary.knows(meant, value):
                continue
            if name not in distributions or not self.is_unreadable(name, distributions[name], learner):
                return True
        return False

    def is_unreadable(self, name: str, distribution: BaseDistribution, learner: str) -> bool:
        """Whether a learner's parameter has fewer than two values known to the memory.

        Such a parameter is tuned as a foreign one, and its unknown values count as the default.
        """
        meant = self._find(name, learner)
        if meant is None:
            return False
        vocabulary = self.vocabularies[learner]
        choices = getattr(distribution, "choices", None)
        if choices is None:
            return meant not in vocabulary.numeric
        return sum(vocabulary.knows(meant, choice) for choice in choices) < min(2, len(choices))

    def distributions_of(
        self, distributions: Mapping[str, BaseDistribution], learner: str
    ) -> dict[str, BaseDistribution]:
        """Return the distributions of a learner's hyperparameters with values known to the memory."""
        found: dict[str, BaseDistribution] = {}
        for name, distribution in distributions.items():
            meant = self._find(name, learner)
            if meant is None or meant in self.fixed or self.is_unreadable(name, distribution, learner):
                continue
            found.setdefault(meant, distribution)
        return found

    def unreadable_of(self, distributions: Mapping[str, BaseDistribution], learner: str) -> frozenset[str]:
        """Return the learner's hyperparameters whose values in the study are unknown to the memory."""
        unreadable = [name for name, one in distributions.items() if self.is_unreadable(name, one, learner)]
        return frozenset(str(self._find(name, learner)) for name in unreadable)

    def _find(self, name: str, learner: str) -> str | None:
        """Return the learner's hyperparameter of a parameter; None if it is not in the memory."""
        place = self.names.find(name)
        if place is None or place.learner not in (None, learner):
            return None
        return place.name if place.name in self.vocabularies[learner].names else None


@dataclass(frozen=True)
class StudyHistory:
    """Other trials of a study, as needed to choose the next one.

    Attributes
    ----------
    told
        Finished configurations with scores, higher is better, NaN if failed, if pruned without a value or if
        a constraint is violated; without those whose trial was lost with its process for the first time.
    estimated
        Configurations that were pruned, with estimates of their scores from their intermediate values.
    running
        Configurations that are running or enqueued.
    numbers
        Numbers of their trials.
    n_undecided
        Number of earlier trials that have begun without a known configuration.
    distributions
        Latest distribution of every parameter of the study.
    closed
        Active hyperparameters of each learner that the study does not suggest.
    has_foreign
        Whether there are parameters that are not in the memory.
    """

    told: tuple[tuple[Configuration, float], ...]
    estimated: tuple[tuple[Configuration, float], ...]
    running: tuple[Configuration, ...]
    numbers: tuple[int, ...]
    n_undecided: int
    distributions: dict[str, BaseDistribution]
    closed: dict[str, frozenset[str]]
    has_foreign: bool

    @classmethod
    def read(
        cls,
        trials: Sequence[FrozenTrial],
        number: int,
        sign: float,
        reader: TrialReader,
        notes: ReadNotes = own_notes,
    ) -> StudyHistory:
        """Translate all trials except ``number``, and their notes; ``sign`` is -1 if the study minimises."""
        told: list[tuple[Configuration, float]] = []
        estimated: list[tuple[Configuration, float]] = []
        curves = CurveEstimator.fit(trials, sign)
        running: list[Configuration] = []
        numbers: list[int] = []
        undecided = 0
        distributions: dict[str, BaseDistribution] = {}
        asked: dict[str, set[str]] = {}
        unasked: dict[str, set[str]] = {}
        has_foreign = False
        lost: Counter[Key] = Counter()
        for trial in reversed(trials):
            if trial.number == number:
                continue
            distributions = {**trial.distributions, **distributions}
            if trial.state.is_finished():
                reading = reader.read(trial.params, trial.distributions)
                has_foreign = has_foreign or bool(reading.foreign)
                if reading.configuration and _was_lost(trial, notes(trial)):
                    lost[key_of(reading.configuration)] += 1
                    if lost[key_of(reading.configuration)] <= MOST_LOST:
                        continue
                if reading.learner and reading.configuration:
                    score, is_estimate = _score(trial, sign, curves)
                    (estimated if is_estimate else told).append((reading.configuration, score))
                    vocabulary = reader.vocabularies[reading.learner]
                    asked.setdefault(reading.learner, set()).update(reading.values)
                    unasked.setdefault(reading.learner, set()).update(
                        name
                        for name in vocabulary.names - reading.values.keys()
                        if vocabulary.can_have(name, reading.configuration.params) or not vocabulary.space
                    )
                continue
            attempt = _attempt(trial, reader, notes(trial))
            if attempt is not None:
                running.append(attempt)
                numbers.append(trial.number)
            elif trial.number < number and trial.state == TrialState.RUNNING and not trial.params:
                undecided += 1
        closed = {learner: frozenset(names - asked[learner]) for learner, names in unasked.items()}
        return cls(
            _most_telling(told),
            _most_telling(estimated),
            tuple(running),
            tuple(numbers),
            undecided,
            distributions,
            closed,
            has_foreign,
        )

    def scores(self) -> dict[Key, float]:
        """Return the score of each tried configuration; what is estimated counts only where it has none."""
        means = mean_scores((key_of(one), score) for one, score in self.told)
        estimates = mean_scores((key_of(one), score) for one, score in self.estimated)
        return estimates | {
            key: score for key, score in means.items() if not math.isnan(score) or key not in estimates
        }

    def tried(self) -> set[Key]:
        """Return the configurations of finished trials."""
        return {key_of(one) for one, _ in [*self.told, *self.estimated]}

    def holders_of(self, configuration: Configuration) -> list[int]:
        """Return the numbers of the trials in which a configuration is running or enqueued."""
        wanted = key_of(configuration)
        return [
            number for one, number in zip(self.running, self.numbers, strict=True) if key_of(one) == wanted
        ]

    def best(self) -> Configuration | None:
        """Return the configuration with the best score that is no estimate; None without any."""
        means = mean_scores((key_of(one), score) for one, score in self.told)
        finite = [key for key, score in means.items() if math.isfinite(score)]
        known = {key_of(one): one for one, _ in self.told}
        return known[max(finite, key=lambda key: means[key])] if finite else None


def pack_intend(configuration: Configuration) -> dict[str, Any]:
    """Convert a configuration to a JSON-compatible trial attribute for other workers."""
    return {"learner": configuration.learner, "params": configuration.params}


def _attempt(trial: FrozenTrial, reader: TrialReader, notes: Mapping[str, Any]) -> Configuration | None:
    intended = notes.get(INTENDED)
    if intended is not None and intended["learner"] in reader.vocabularies:
        return reader.vocabularies[intended["learner"]].active(intended["params"])
    given = given_values(trial)
    return reader.read(given, trial.distributions).configuration if given else None


def _was_lost(trial: FrozenTrial, notes: Mapping[str, Any]) -> bool:
    """Whether a trial of this sampler was failed from outside, as by Optuna's heartbeat."""
    return trial.state == TrialState.FAIL and INTENDED in notes and FAILED not in notes


def _score(trial: FrozenTrial, sign: float, curves: CurveEstimator) -> tuple[float, bool]:
    """Return the score of a finished trial, and whether it is an estimate."""
    if violated_constraints(trial):
        return math.nan, False
    if trial.state == TrialState.PRUNED:
        estimate = curves.estimate(trial, sign)
        return estimate, not math.isnan(estimate)
    if trial.state != TrialState.COMPLETE or trial.value is None or not math.isfinite(trial.value):
        return math.nan, False
    return sign * trial.value, False


def _most_telling(told: list[tuple[Configuration, float]]) -> tuple[tuple[Configuration, float], ...]:
    """Return the latest, the best and some failed trials, earliest first, to limit the cost of a search."""
    if len(told) <= MOST_BEST + MOST_RECENT:
        return tuple(reversed(told))
    rest = told[MOST_RECENT:]
    best = sorted((one for one in rest if not math.isnan(one[1])), key=lambda one: -one[1])
    failed = [one for one in rest if math.isnan(one[1])]
    return tuple(reversed([*told[:MOST_RECENT], *best[:MOST_BEST], *failed[:MOST_FAILED]]))


def mean_scores(told: Iterable[tuple[Any, float]]) -> dict[Any, float]:
    """Average the scores of repeated trials; failures count only without any score."""
    scores: dict[Any, list[float]] = {}
    for key, score in told:
        scores.setdefault(key, []).append(score)
    means = {}
    for key, values in scores.items():
        finite = [value for value in values if not math.isnan(value)]
        total = sum(finite)
        if math.isinf(total):
            # Of scores near the largest double
            means[key] = sum(value / len(finite) for value in finite)
        else:
            means[key] = total / len(finite) if finite else math.nan
    return means
