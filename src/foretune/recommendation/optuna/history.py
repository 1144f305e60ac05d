"""What the trials of a study tell, in the words of a memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from foretune.recommendation.core import Key, LearnerVocabulary, key_of
from foretune.recommendation.optuna.names import StudyNames
from foretune.recommendation.optuna.notes import ReadNotes, given_values
from foretune.spaces import Configuration

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial


INTENDED = "foretune:intended"
# Set by the process that saw a trial fail; a trial that was lost with its process has none
FAILED = "foretune:failed"
# Of one configuration: a second trial that is lost may well be the configuration's own doing
MOST_LOST = 1
# Trials that a search learns from at most: the best ones and the latest ones
MOST_BEST, MOST_RECENT = 100, 100


class TrialReading(NamedTuple):
    """A trial in the memory's words.

    Attributes
    ----------
    learner
        None where it is not one of the memory's.
    values
        Values of the learner's hyperparameters, as the study has them.
    foreign
        Parameters that mean nothing to the memory.
    configuration
        The estimator that was tried; None where nothing is known of it.
    """

    learner: str | None
    values: dict[str, Any]
    foreign: frozenset[str]
    configuration: Configuration | None


@dataclass(frozen=True)
class TrialReader:
    """Reads trials.

    Attributes
    ----------
    names
        Finds what a parameter stands for.
    vocabularies
        By learner.
    learner_parameter
        Parameter that chooses the learner; None where there is one learner only.
    settled
        Constructor arguments that the objective sets itself.
    """

    names: StudyNames
    vocabularies: Mapping[str, LearnerVocabulary]
    learner_parameter: str | None = None
    settled: Mapping[str, Any] = field(default_factory=dict)

    def learner_of(self, params: Mapping[str, Any]) -> str | None:
        """Return the learner of a trial, None if it is foreign or not chosen yet."""
        if self.learner_parameter is None or len(self.vocabularies) == 1:
            only = next(iter(self.vocabularies))
            chosen = params.get(self.learner_parameter or "", only)
            return only if chosen == only else self.names.find_learner(chosen)
        if self.learner_parameter not in params:
            return None
        return self.names.find_learner(params[self.learner_parameter])

    def values_of(self, params: Mapping[str, Any], learner: str) -> dict[str, Any]:
        """Return the values that are a learner's hyperparameters and that its memory can read."""
        vocabulary = self.vocabularies[learner]
        values = {
            name: value
            for name, value in self.settled.items()
            if name in vocabulary.names and vocabulary.knows(name, value)
        }
        # One that comes twice under different names counts as the first says
        for name, value in reversed(list(params.items())):
            place = self.names.find(name)
            if place is not None and place.learner in (None, learner) and vocabulary.knows(place.name, value):
                values[place.name] = value
        return values

    def read(self, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]) -> TrialReading:
        """Read the values of a trial."""
        learner = self.learner_of(params)
        foreign = {
            name for name in params if name != self.learner_parameter and self.names.find(name) is None
        }
        if learner is None:
            return TrialReading(None, {}, frozenset(foreign), None)
        foreign |= {name for name, one in distributions.items() if self.is_unreadable(name, one, learner)}
        values = self.values_of(params, learner)
        searched = values.keys() - self.settled.keys()
        is_known = bool(searched) or self.learner_parameter in params
        if not is_known or self.is_beyond(params, distributions, learner):
            return TrialReading(learner, values, frozenset(foreign), None)
        configuration = self.vocabularies[learner].complete(values)
        return TrialReading(learner, values, frozenset(foreign), configuration)

    def is_beyond(
        self, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution], learner: str
    ) -> bool:
        """Whether a trial has a choice that its memory never saw, among others that it did.

        Nothing is known of such an estimator.
        """
        vocabulary = self.vocabularies[learner]
        for name, value in params.items():
            meant = self._find(name, learner)
            if meant is None or vocabulary.knows(meant, value):
                continue
            if name not in distributions or not self.is_unreadable(name, distributions[name], learner):
                return True
        return False

    def is_unreadable(self, name: str, distribution: BaseDistribution, learner: str) -> bool:
        """Whether a parameter is a learner's, but its memory cannot tell the values from each other.

        Such a parameter is tuned like a foreign one: any value that memory cannot read counts as the default.
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
        """Return the distributions of a learner's hyperparameters that hold something its memory can read."""
        found: dict[str, BaseDistribution] = {}
        for name, distribution in distributions.items():
            meant = self._find(name, learner)
            if meant is None or meant in self.settled or self.is_unreadable(name, distribution, learner):
                continue
            found.setdefault(meant, distribution)
        return found

    def unreadable_of(self, distributions: Mapping[str, BaseDistribution], learner: str) -> frozenset[str]:
        """Return the learner's hyperparameters that are unreadable in a study."""
        unreadable = [name for name, one in distributions.items() if self.is_unreadable(name, one, learner)]
        return frozenset(str(self._find(name, learner)) for name in unreadable)

    def _find(self, name: str, learner: str) -> str | None:
        """Return the hyperparameter of a learner that a parameter stands for, None if it was never seen."""
        place = self.names.find(name)
        if place is None or place.learner not in (None, learner):
            return None
        return place.name if place.name in self.vocabularies[learner].names else None


@dataclass(frozen=True)
class StudyHistory:
    """What the other trials of a study tell one that begins.

    Attributes
    ----------
    told
        Configurations that ended, with their scores, higher is better; NaN where there is none. One whose
        trial was lost with its process is not among them until that happens again.
    running
        Configurations that others are trying, or are to try.
    n_undecided
        Earlier trials that have begun, but not said what they try.
    distributions
        Of every parameter the study has asked for, the latest first.
    closed
        Hyperparameters of each learner that were not asked for where they would have had an effect.
    has_foreign
        Whether there are parameters that mean nothing to the memory.
    """

    told: tuple[tuple[Configuration, float], ...]
    running: tuple[Configuration, ...]
    n_undecided: int
    distributions: dict[str, BaseDistribution]
    closed: dict[str, frozenset[str]]
    has_foreign: bool

    @classmethod
    def read(
        cls, trials: Sequence[FrozenTrial], number: int, sign: float, reader: TrialReader, notes: ReadNotes
    ) -> StudyHistory:
        """Read all trials but the one with ``number``, and the notes on them.

        ``sign`` is -1 where the study minimises.
        """
        from optuna.trial import TrialState

        told: list[tuple[Configuration, float]] = []
        running: list[Configuration] = []
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
                    told.append((reading.configuration, _score(trial, sign)))
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
            elif trial.number < number and trial.state == TrialState.RUNNING and not trial.params:
                undecided += 1
        closed = {learner: frozenset(names - asked[learner]) for learner, names in unasked.items()}
        return cls(_most_telling(told), tuple(running), undecided, distributions, closed, has_foreign)


def pack_intend(configuration: Configuration) -> dict[str, Any]:
    """Return what another worker has to know of a configuration, as JSON can hold it."""
    return {"learner": configuration.learner, "params": configuration.params}


def _attempt(trial: FrozenTrial, reader: TrialReader, notes: Mapping[str, Any]) -> Configuration | None:
    intended = notes.get(INTENDED)
    if intended is not None and intended["learner"] in reader.vocabularies:
        return reader.vocabularies[intended["learner"]].active(intended["params"])
    given = given_values(trial)
    return reader.read(given, trial.distributions).configuration if given else None


def _was_lost(trial: FrozenTrial, notes: Mapping[str, Any]) -> bool:
    """Whether a trial of this sampler was failed from outside, as Optuna does when its heartbeat stops."""
    from optuna.trial import TrialState

    return trial.state == TrialState.FAIL and INTENDED in notes and FAILED not in notes


def _score(trial: FrozenTrial, sign: float) -> float:
    from optuna.trial import TrialState

    if trial.state != TrialState.COMPLETE or trial.value is None or not math.isfinite(trial.value):
        return math.nan
    return sign * trial.value


def _most_telling(told: list[tuple[Configuration, float]]) -> tuple[tuple[Configuration, float], ...]:
    """Return the latest and the best ones, the earliest first; a search's costs grow with their number."""
    if len(told) <= MOST_BEST + MOST_RECENT:
        return tuple(reversed(told))
    rest = sorted(told[MOST_RECENT:], key=lambda one: -one[1] if one[1] == one[1] else math.inf)
    return tuple(reversed([*told[:MOST_RECENT], *rest[:MOST_BEST]]))


def mean_scores(told: Iterable[tuple[Any, float]]) -> dict[Any, float]:
    """Average the scores of what was tried several times; a score counts more than a failure."""
    scores: dict[Any, list[float]] = {}
    for key, score in told:
        scores.setdefault(key, []).append(score)
    means = {}
    for key, values in scores.items():
        finite = [value for value in values if not math.isnan(value)]
        means[key] = sum(finite) / len(finite) if finite else math.nan
    return means
