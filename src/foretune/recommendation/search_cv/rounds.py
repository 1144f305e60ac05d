"""Numbers of boosting rounds in a search: their choice by early stopping, and that of the last fit."""

from __future__ import annotations

import numpy as np

from foretune.learners import EarlyStopping, RoundChoice, with_rounds
from foretune.recommendation.core import SearchError, open_rounds, scale_to_all_rows
from foretune.recommendation.search_cv.folds import Splits
from foretune.recommendation.search_cv.scoring import SCORE, ScorerMeasure, Scoring
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces import Configuration

# A scorer of scikit-learn takes about a millisecond
ROUNDS_PER_SCORER = 10

NEEDS_PREDICTIONS = (
    "early_stopping needs a score of predictions: give the name of a scorer of scikit-learn, or make_scorer "
    "with one of its metrics, instead of a function of the estimator"
)
NEEDS_NO_TRAINING = "early_stopping scores test parts alone: leave return_train_score out"


def choose_early_stopping(
    given: bool | EarlyStopping | None,
    of_memory: EarlyStopping | None,
    scoring: Scoring,
    *,
    on_training: bool = False,
) -> tuple[EarlyStopping | None, list[str]]:
    """Choose the settings of early stopping of a search, with a note if those of the memory cannot be used.

    Parameters
    ----------
    given
        The argument of the search; None for what the memory says.
    of_memory
        Settings of the trials of the memory.
    scoring
        The scorer of the trials.
    on_training
        Whether trials are also scored on their training part.

    Raises
    ------
    SearchError
        If it is asked for with a scorer that needs a fitted estimator, which a booster that grows is not.
    """
    asked = EarlyStopping() if given is True else given or None
    reason = NEEDS_NO_TRAINING if on_training else NEEDS_PREDICTIONS
    if asked is not None and scoring.needs_estimator:
        raise SearchError(reason)
    if given is not None or of_memory is None:
        return asked, []
    if scoring.needs_estimator:
        return None, [f"boosters have the library's number of rounds: {reason}"]
    return of_memory, []


def choose_rounds_by(
    early_stopping: EarlyStopping | None, scoring: Scoring, *, weighs: bool
) -> RoundChoice | None:
    """Return how a search chooses the number of boosting rounds by its score.

    Every number is looked at if the engine has a metric that equals the scorer up to rounding, otherwise
    every tenth. Scores of trials are those of the scorer in any case.

    Parameters
    ----------
    early_stopping
        Settings of the search.
    scoring
        The scorer of the trials.
    weighs
        Whether the scorer gets sample weights.

    Returns
    -------
    RoundChoice or None
        None without early stopping.
    """
    if early_stopping is None:
        return None
    metric = scoring.curve_metric
    look = ScorerMeasure(scoring.scorer, metric, weighs)
    every = ROUNDS_PER_SCORER if metric is None else 1
    return RoundChoice(early_stopping, SCORE, higher_is_better=True, look=look, every=every)


def with_chosen_rounds(configuration: Configuration, trial: ScoredTrial) -> Configuration:
    """Return what a trial with early stopping evaluated: a failed one has not chosen a number of rounds."""
    opened = open_rounds(configuration)
    return opened if trial.n_rounds is None else with_rounds(opened, trial.n_rounds)


def scale_rounds(n_rounds: int | None, n_rows: int, splits: Splits) -> int | None:
    """Return the number of rounds for a fit to all rows.

    It grows with the rows, so that of five folds a quarter is added. Where a search evaluated on a sample, or
    trained on less than half of the rows, it is doubled at most.

    Parameters
    ----------
    n_rounds
        Number chosen by cross-validation; None if none was.
    n_rows
        Number of all rows.
    splits
        Splits of the search.
    """
    if n_rounds is None:
        return None
    return scale_to_all_rows(n_rounds, float(np.mean([len(train) for train, _ in splits.parts])), n_rows)
