"""Trials of a search in a ledger: looked up before they are evaluated, and kept as they end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from foretune.base import counted
from foretune.learners import LOOK_SHARE, STOPPED, FoldRace, Rounds, Trial, has_open_rounds
from foretune.ledger import EvaluationContext, StoredTrial, trial_key
from foretune.recommendation.core import open_rounds
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.run import Evaluates
from foretune.recommendation.search_cv.scoring import SCORE
from foretune.recommendation.search_cv.searched_table import SearchedTable, ledger_url
from foretune.recommendation.search_cv.stable_texts import (
    describe_stably,
    digest_of,
    hash_rows,
    output_settings,
    plain_value,
)
from foretune.recommendation.search_cv.timed_own import TimedOwnEvaluator
from foretune.recommendation.search_cv.trial_evaluator import (
    ALL_FOLDS,
    FIRST_LOOK,
    ScoredTrial,
    TrialEvaluator,
)
from foretune.spaces import DEFAULT, Configuration

if TYPE_CHECKING:
    from foretune.ledger import Ledger

# What may have been the fault of the machine, or of the time, is evaluated again
RETRIED = ("crashed", "timeout")
IMPORT_ERRORS = ("ImportError: ", "ModuleNotFoundError: ", "MissingExtraError: ")
LONGEST_NAME = 40


class TrialBook:
    """Trials of one search in a ledger.

    Parameters
    ----------
    ledger, table
        The ledger, and what the trials depend on.
    races
        Whether the search has a race.
    """

    def __init__(self, ledger: Ledger, table: SearchedTable, *, races: bool) -> None:
        self._ledger, self._table, self._races = ledger, table, races
        self._context = describe_trials(table)
        stopping = table.early_stopping
        self._growing = replace(
            self._context,
            early_stopping=None if stopping is None else {**asdict(stopping), "metric": table.metric},
        )
        name = re.sub(r"[^\w.-]+", "-", table.name).strip("-.")[:LONGEST_NAME] or "table"
        self._task_id = f"{name}-{self._context.task_hash[:12]}"
        self._known: dict[str, StoredTrial] = {}
        self._kept: set[str] = set()
        self._found: set[str] = set()

    @property
    def notes(self) -> list[str]:
        """What came out of the ledger, as a sentence; none if nothing did."""
        n_found = len(self._found)
        if not n_found:
            return []
        known = counted(n_found, "trial")
        return [f"{known} {'was' if n_found == 1 else 'were'} known to the ledger {self._ledger.place}"]

    def look_up(self, configurations: Sequence[Configuration]) -> None:
        """Read what the ledger knows of configurations."""
        keys = [self._key(one, share) for one in configurations for share in (1.0, LOOK_SHARE)]
        self._known |= self._ledger.lookup(keys, retry=RETRIED)

    def take(
        self,
        groups: Sequence[Sequence[Configuration]],
        left: set[tuple[int, int]],
        race: FoldRace | None,
    ) -> Iterator[tuple[int, int, list[Trial]]]:
        """Yield what is known of groups on folds, and take it from ``left``.

        A race goes on as it would without the ledger: it gets the folds, and decides itself.
        """
        for group_at, place in sorted(left):
            found = [self._find(one, place, race) for one in groups[group_at]]
            if all(found):
                left.remove((group_at, place))
                self._found |= {one.config_id for one in groups[group_at] if place != FIRST_LOOK}
                yield group_at, place, [one for one in found if one is not None]

    def complete(self, configuration: Configuration) -> ScoredTrial | None:
        """Return the complete trial of a configuration; None if there is none."""
        stored = self._known.get(self._key(configuration))
        if stored is None or stored.trial.status != "ok":
            return None
        self._found.add(configuration.config_id)
        trial, n_folds = stored.trial, len(stored.trial.fold_metrics)
        folds = [self._table.as_measured(fold) for fold in trial.fold_metrics]
        further = {name: np.array([fold[name] for fold in folds]) for name in folds[0]}
        scores = further.pop(SCORE)
        seconds = np.full(n_folds, trial.fit_seconds / n_folds)
        n_rounds = None if trial.rounds is None else trial.rounds.chosen
        return ScoredTrial(scores, seconds, np.zeros(n_folds), "ok", trial.error, n_rounds, further=further)

    def keep(self, configuration: Configuration, trial: ScoredTrial) -> None:
        """Store a trial, unless it was not fitted, a library is missing here, or it had too little time.

        A search with more time would grow a booster further.
        """
        if trial.is_cut:
            return
        key = self._key(configuration)
        seen = _measured(trial)
        seconds = float(np.sum(trial.fit_seconds + trial.score_seconds))
        was_fitted = len(seen) > 0 if trial.status in ("ok", STOPPED) else seconds > 0
        if key in self._kept or not was_fitted or trial.error.startswith(IMPORT_ERRORS):
            return
        self._kept.add(key)
        known = self._known.get(key)
        if known is not None and (known.trial.status == "ok" or _says_as_much(known.trial, trial, len(seen))):
            return
        has_scores = trial.status in ("ok", STOPPED)
        metrics = [self._table.as_stored(fold) for fold in seen] if has_scores else []
        if [self._table.as_measured(fold)[SCORE] for fold in metrics] != [fold[SCORE] for fold in seen]:
            # A function that names another score first on each fold
            return
        n_rounds = trial.n_rounds if has_scores and self._grows(configuration) else None
        rounds = None if n_rounds is None else Rounds(int(n_rounds), self._table.metric, int(n_rounds))
        self._record(configuration, Trial(metrics, trial.status, trial.error, seconds, rounds=rounds))

    def keep_looks(self, group: Sequence[Configuration], trials: Sequence[Trial]) -> None:
        """Store first looks, which are trials on a share of the rows."""
        for one, trial in zip(group, trials, strict=True):
            scores = [fold[SCORE] for fold in trial.fold_metrics]
            if trial.status == "ok" and np.isfinite(scores).all():
                metrics = [self._table.as_stored(fold) for fold in trial.fold_metrics]
                self._record(one, Trial(metrics, "ok", trial.error, trial.fit_seconds), LOOK_SHARE)

    def _record(self, configuration: Configuration, trial: Trial, share: float = 1.0) -> None:
        context, described = self._describe(configuration)
        stored = StoredTrial(
            trial_key(context, described, share),
            self._task_id,
            context.task_hash,
            self._table.task_type,
            described,
            trial,
            share,
            context=context.digest,
        )
        self._ledger.record([stored])

    def _find(self, configuration: Configuration, place: int, race: FoldRace | None) -> Trial | None:
        share = LOOK_SHARE if place == FIRST_LOOK else 1.0
        stored = self._known.get(self._key(configuration, share))
        if stored is None:
            return None
        trial, seconds = stored.trial, stored.trial.fit_seconds
        if trial.status == "failed":
            # Before it failed its folds may have stopped others
            return None if self._races else Trial([], "failed", trial.error, seconds / self._context.n_folds)
        metrics = [self._table.as_measured(fold) for fold in trial.fold_metrics]
        is_complete = trial.status == "ok"
        if place == ALL_FOLDS:
            is_stopped = race is not None and race.find_stop(metrics) == len(metrics)
            if not (is_complete or is_stopped):
                return None
            return replace(trial, fold_metrics=metrics, status="ok")
        at = 0 if place == FIRST_LOOK else place
        if at >= len(metrics):
            return None
        return Trial([metrics[at]], "ok", trial.error if is_complete else "", seconds / len(metrics))

    def _key(self, configuration: Configuration, share: float = 1.0) -> str:
        context, described = self._describe(configuration)
        return trial_key(context, described, share)

    def _describe(self, configuration: Configuration) -> tuple[EvaluationContext, Configuration]:
        """Return the context of a configuration, and the configuration as the ledger stores it."""
        grows = self._grows(configuration)
        params = self._without_rounds(configuration) if grows else configuration.params
        plain = {name: plain_value(value, name) for name, value in params.items()}
        learner = self._table.own_learner or configuration.learner
        described = Configuration(learner, plain, configuration.strategy)
        return self._growing if grows else self._context, described

    @staticmethod
    def _without_rounds(configuration: Configuration) -> dict[str, Any]:
        """Return the parameters without the number of rounds, which the trial chooses."""
        if isinstance(configuration, OwnConfiguration):
            return {name: one for name, one in configuration.params.items() if name != configuration.rounds}
        return open_rounds(configuration).params

    def _grows(self, configuration: Configuration) -> bool:
        """Whether early stopping chooses the number of rounds of a configuration."""
        if self._table.early_stopping is None or configuration.strategy == DEFAULT:
            return False
        if isinstance(configuration, OwnConfiguration):
            return configuration.has_open_rounds
        return has_open_rounds(open_rounds(configuration))


def describe_trials(table: SearchedTable) -> EvaluationContext:
    """Return the context of the keys of a search's trials.

    Raises
    ------
    SearchError
        If something has no description that is the same in every process.
    """
    data = table.data
    parts = [hash_rows(data.X, "X"), hash_rows(data.y, "y"), hash_rows(data.weights, "sample_weight")]
    splits = digest_of(repr([[part.tolist() for part in split] for split in table.splits.parts]))
    return EvaluationContext(
        digest_of(repr(parts)),
        f"MetaSearchCV:{splits}",
        len(table.splits.parts),
        0,
        table.seed,
        {
            **{name: describe_stably(one, name) for name, one in table.preparation.items()},
            "task_type": table.task_type,
            "weighs": table.weighs,
            **output_settings(),
        },
        (describe_stably(table.scores, "scoring"),),
    )


def _measured(trial: ScoredTrial) -> list[dict[str, float]]:
    """Return the scores of a trial on each fold that it has run; none of one that failed."""
    ran = np.flatnonzero(np.isfinite(trial.fold_scores))
    columns = {SCORE: trial.fold_scores, **trial.further}
    return [{name: float(one[at]) for name, one in columns.items()} for at in ran]


def _says_as_much(known: Trial, trial: ScoredTrial, n_seen: int) -> bool:
    """Whether the ledger has a trial of the same outcome, or of more folds of one that was stopped."""
    return known.status == trial.status and (trial.status != STOPPED or len(known.fold_metrics) >= n_seen)


@dataclass(frozen=True)
class LedgerEvaluator:
    """Evaluator that keeps trials in a ledger as they end, and evaluates none that is known.

    Attributes
    ----------
    evaluator
        Evaluates what is not known.
    book
        The trials.
    """

    evaluator: Evaluates
    book: TrialBook

    def evaluate(
        self, configurations: Sequence[Configuration], race: FoldRace | None = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Yield each configuration with its outcome."""
        self.book.look_up(configurations)
        if isinstance(self.evaluator, TrialEvaluator):
            for configuration, trial in self.evaluator.evaluate(configurations, race):
                self.book.keep(configuration, trial)
                yield configuration, trial
            return
        # One that ends in time knows nothing of folds in a ledger
        for configuration in configurations:
            if (known := self.book.complete(configuration)) is None:
                for _, trial in self.evaluator.evaluate([configuration], race):
                    self.book.keep(configuration, trial)
                    yield configuration, trial
                continue
            if isinstance(self.evaluator, TimedOwnEvaluator):
                self.evaluator.take_known(known)
            if race is not None:
                race.record(known.fold_scores)
            yield configuration, known


@contextmanager
def keep_trials(
    ledger: Any, evaluator: Evaluates, table: SearchedTable, notes: list[str], *, races: bool
) -> Iterator[Evaluates]:
    """Yield an evaluator that keeps its trials in a ledger while the context lasts; itself without a ledger.

    Parameters
    ----------
    ledger
        File or URL; None for no ledger.
    evaluator
        Evaluates what the ledger does not know.
    table
        What the trials depend on.
    notes
        Gets a note on what was known.
    races
        Whether the search has a race.

    Raises
    ------
    SearchError
        If the trials have no stable key.
    LedgerError
        If the ledger cannot be used.
    """
    if ledger is None:
        yield evaluator
        return
    from foretune.ledger import Ledger

    with Ledger.open(ledger_url(ledger)) as opened:
        book = TrialBook(opened, table, races=races)
        if isinstance(evaluator, TrialEvaluator):
            evaluator = replace(evaluator, book=book)
        yield LedgerEvaluator(evaluator, book)
        notes += book.notes
