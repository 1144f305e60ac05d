"""What the trials of a search depend on, and the address of the ledger that keeps them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foretune.base import TaskType, shortened
from foretune.learners import EarlyStopping
from foretune.ledger import address_of
from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.folds import GivenData, Splits
from foretune.recommendation.search_cv.scoring import ONE_SCORE, SCORE, TEST, TRAIN, SeveralScores

NO_SEED = (
    "random_state is None, so each fit has other folds and seeds, of which the ledger knows no trial: give a "
    "number to go on where an earlier search was"
)


def ledger_url(ledger: Any) -> str:
    """Return the URL of a ledger that is given by a URL or as a file of SQLite.

    Raises
    ------
    SearchError
        If it is neither.
    """
    if not isinstance(ledger, (str, os.PathLike)) or isinstance(os.fspath(ledger), bytes) or not str(ledger):
        raise SearchError(
            f"ledger = {shortened(repr(ledger))} must be a file such as 'search.sqlite', a URL such as "
            f"'postgresql://user:password@host/database', or None"
        )
    text = os.fspath(ledger)
    if text == ":memory:":
        return f"sqlite:///{text}"
    return address_of(text)


@dataclass(frozen=True)
class SearchedTable:
    """Everything that the trials of a search depend on, beside configuration and folds.

    Attributes
    ----------
    data, splits
        The table, and its splits.
    task_type
        Its task type.
    name
        Name of the target, by which people find the table in the ledger.
    scoring
        The leading score: its name, or a function.
    seed
        Seed of the learners; of an estimator that has its own, 0.
    preparation
        What is done to the table before a fit: preprocessing, or the user's own estimator and what its fits
        and scores get.
    early_stopping
        How the number of boosting rounds is chosen; None if it is not.
    weighs
        Whether the score is weighted, too.
    own_learner
        Name for the user's own estimator; None for learners by name.
    several
        Further scores.
    """

    data: GivenData
    splits: Splits
    task_type: TaskType
    name: str
    scoring: Any
    seed: int
    preparation: Mapping[str, Any]
    early_stopping: EarlyStopping | None = None
    weighs: bool = False
    own_learner: str | None = None
    several: SeveralScores = ONE_SCORE

    @property
    def metric(self) -> str:
        """Name of the leading score in the ledger: its own, that of scikit-learn, or ``score``."""
        if self.several.scorers and self.several.lead is not None:
            return self.several.lead
        return self.scoring if isinstance(self.scoring, str) else SCORE

    @property
    def scores(self) -> dict[str, Any]:
        """Everything that the scores of a trial depend on."""
        several, told = self.several, {"scoring": self.scoring}
        if several.scorers or not isinstance(self.scoring, str):
            told |= {"scorers": dict(several.scorers), "lead": several.lead, "weighed": several.weighed}
        if several.on_training:
            told |= {"on_training": True}
        if several.scorers or several.on_training:
            told |= {"error_score": several.error_score}
        return told

    def as_stored(self, measured: Mapping[str, float]) -> dict[str, float]:
        """Return the scores on a fold by their names in the ledger, of training parts as ``train_*``."""
        if not any(name.startswith(TEST) for name in measured):
            return {self.metric if name == SCORE else name: one for name, one in measured.items()}
        return {_short_name(name): one for name, one in measured.items() if name != SCORE}

    def as_measured(self, stored: Mapping[str, float]) -> dict[str, float]:
        """Return the scores on a fold as a trial has them, of which the leading one is ``score``."""
        on_test = [name for name in stored if not name.startswith(TRAIN)]
        if on_test == [self.metric] and (not self.several.scorers or self.metric == SCORE):
            return {SCORE if name == self.metric else name: one for name, one in stored.items()}
        named = {_long_name(name): one for name, one in stored.items()}
        lead = f"{TEST}{self.several.lead}"
        return {SCORE: named[lead if lead in named else _long_name(on_test[0])], **named}


def _short_name(name: str) -> str:
    """Return the name of a column without ``test_``, unless it would be taken for that of another."""
    short = name.removeprefix(TEST)
    return name if short.startswith((TEST, TRAIN)) else short


def _long_name(name: str) -> str:
    return name if name.startswith((TEST, TRAIN)) else TEST + name
