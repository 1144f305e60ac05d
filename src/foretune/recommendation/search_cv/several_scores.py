"""Several scores of one search: which of them leads, and the forms in which they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from foretune.base import TaskType, quoted, shortened
from foretune.recommendation.core import SearchError, is_of_classes, is_of_ranks, is_whole, task_type_by_score
from foretune.recommendation.search_cv.scoring import (
    SCORE,
    TEST,
    Scoring,
    ScoringError,
    SeveralScores,
    pick_scorer,
    takes_weights,
)
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial

MEAN = f"mean_{TEST}"


def are_several(scoring: Any) -> bool:
    """Whether the argument ``scoring`` names several scores; a function may also return several."""
    return not (scoring is None or isinstance(scoring, str) or callable(scoring))


def named_scorers(scoring: Any) -> dict[str, Any]:
    """Return scorers by the names of their columns.

    Parameters
    ----------
    scoring
        Unique names of scorers, or names with a scorer or its name each.

    Raises
    ------
    ScoringError
        If it has another form, or is empty.
    """
    shown = f"scoring = {shortened(repr(scoring))}"
    if isinstance(scoring, Mapping):
        found = dict(scoring)
    elif isinstance(scoring, list | tuple | set | frozenset):
        if not all(isinstance(one, str) for one in scoring):
            raise ScoringError(
                f"{shown}: a list has names of scorers; give functions in a dictionary, by a name for each"
            )
        names = sorted(scoring) if isinstance(scoring, set | frozenset) else list(scoring)
        if len(set(names)) < len(names):
            raise ScoringError(f"{shown} has the same name more than once")
        found = {name: name for name in names}
    else:
        raise ScoringError(
            f"{shown} must be the name of a scorer, a function scorer(estimator, X, y), or several: a list "
            f"of names, or a dictionary of names and scorers"
        )
    if not found:
        raise ScoringError(f"{shown} has no scorer: leave it out for the usual score")
    if not all(isinstance(name, str) for name in found):
        raise ScoringError(f"{shown}: the keys of scores must be texts")
    return found


def check_refit(refit: Any, names: Mapping[str, Any]) -> None:
    """Refuse a ``refit`` that does not say which of several scores chooses.

    Raises
    ------
    ScoringError
        If it is neither the name of one, nor a function, nor False.
    """
    if (
        callable(refit)
        or (isinstance(refit, str) and refit in names)
        or (not isinstance(refit, str) and not refit)
    ):
        return
    raise ScoringError(
        f"refit = {refit!r}: with several scores it must be the name of the one that chooses "
        f"({quoted(list(names))}), a function of cv_results_, or False"
    )


def leading_name(refit: Any, names: Mapping[str, Any]) -> str:
    """Return the score that guides the search: that of ``refit``, or else the first."""
    return refit if isinstance(refit, str) and refit in names else next(iter(names))


def leading_scoring(scoring: Any, refit: Any) -> Any:
    """Return the score that guides the search in the form of a single one.

    Raises
    ------
    ScoringError
        If several are given that cannot be used.
    """
    if not are_several(scoring):
        return scoring
    names = named_scorers(scoring)
    check_refit(refit, names)
    return names[leading_name(refit, names)]


def task_type_by_scores(scoring: Any, y: Any) -> TaskType | None:
    """Return regression for a target of numbers if a score compares values, and none is of classes.

    Parameters
    ----------
    scoring
        The argument of the search: one score or several.
    y
        Target, shape (n_rows,).

    Raises
    ------
    ScoringError
        If several scores are given that cannot be used.
    """
    scorings = list(named_scorers(scoring).values()) if are_several(scoring) else [scoring]
    if any(is_of_classes(one) or is_of_ranks(one) for one in scorings):
        return None
    return next(filter(None, (task_type_by_score(one, y) for one in scorings)), None)


def choose_scorings(scoring: Any, refit: Any, choose: Callable[[Any], Scoring]) -> Scoring:
    """Resolve the arguments ``scoring`` and ``refit`` to one or several scorers.

    Parameters
    ----------
    scoring, refit
        The arguments of the search.
    choose
        Resolves the score that leads.

    Raises
    ------
    ScoringError
        If a scorer is unknown, or ``refit`` does not say which of several chooses.
    """
    if not are_several(scoring):
        return replace(choose(scoring), lead=refit if isinstance(refit, str) else None)
    names = named_scorers(scoring)
    check_refit(refit, names)
    lead = leading_name(refit, names)
    return choose(names[lead]).among({name: pick_scorer(one) for name, one in names.items()}, lead)


def given_scorers(scoring: Any) -> dict[str, Any]:
    """Return the scorers that are given by their names, a single one as ``score``; none for the usual one."""
    if scoring is None:
        return {}
    named = named_scorers(scoring) if are_several(scoring) else {SCORE: scoring}
    return {name: pick_scorer(one) for name, one in named.items()}


def further_scores(
    scoring: Scoring, *, has_weights: bool, on_training: bool, error_score: float | str
) -> SeveralScores:
    """Return how the scores beside the leading one are computed.

    Parameters
    ----------
    scoring
        Scorers of the search.
    has_weights
        Whether rows have weights, which scorers get that ask for them.
    on_training
        Whether trials are also scored on their training part.
    error_score
        Argument of the search.
    """
    weighed = frozenset(name for name, one in scoring.scorers.items() if has_weights and takes_weights(one))
    score = None if isinstance(error_score, str) else float(error_score)
    return SeveralScores(scoring.lead, scoring.scorers, weighed, on_training, score)


def score_names(trials: Iterable[ScoredTrial]) -> list[str]:
    """Return the names of several scores that trials have; an empty list if they have one."""
    names = dict.fromkeys(name for trial in trials for name in trial.further if name.startswith(TEST))
    return [name.removeprefix(TEST) for name in names]


def pick_leading(scores: Mapping[str, float], refit: Any) -> float:
    """Return the score that leads the search among those of :func:`.call_scorer`."""
    return scores[leading_name(refit, scores)]


def leading_column(refit: Any, results: Mapping[str, Any]) -> str | None:
    """Return the column of the mean of the leading score in ``cv_results_``; None without any score."""
    names = [name.removeprefix(MEAN) for name in results if name.startswith(MEAN)]
    return MEAN + leading_name(refit, dict.fromkeys(names)) if names else None


def choose_trial(refit: Any, results: Mapping[str, Any], trials: Sequence[ScoredTrial]) -> int:
    """Return the position of the chosen trial: that of the best score, or of a function of the results.

    Parameters
    ----------
    refit
        Argument of the search.
    results
        Its ``cv_results_``.
    trials
        The trials, of which one at least is ok.

    Raises
    ------
    SearchError
        If the function returns no position of a trial that has scores.
    """
    if not callable(refit):
        return int(np.nanargmax(np.array([trial.score for trial in trials])))
    at = refit(results)
    if not is_whole(at):
        raise SearchError(
            f"refit returned {shortened(repr(at))}: best_index_ returned is not an integer; return the row "
            f"of cv_results_ to refit"
        )
    if not 0 <= int(at) < len(trials):
        raise SearchError(
            f"refit returned {at}: best_index_ index out of range; the last row of cv_results_ is "
            f"{len(trials) - 1}"
        )
    if trials[int(at)].has_failed:
        raise SearchError(f"refit returned {at}, a trial that failed: {trials[int(at)].error}")
    return int(at)
