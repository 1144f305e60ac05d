"""Results of a search in the format of scikit-learn's ``cv_results_``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from foretune.base import TEXT, is_number
from foretune.learners import axis_of_rounds, get_learner, known_learners
from foretune.logs import cell_of
from foretune.recommendation.search_cv.scoring import SCORE, TEST, TRAIN, mean_and_std
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial
from foretune.spaces import DEFAULT, PARAM_PREFIX, Configuration
from foretune.tables import one_type

RANK = f"rank_{TEST}"


def tabulate_results(
    configurations: Sequence[Configuration],
    trials: Sequence[ScoredTrial],
    predicted: npt.NDArray[np.float64],
    error_score: float = np.nan,
    names: Sequence[str] = (),
) -> dict[str, Any]:
    """Convert trials to the columns of ``GridSearchCV.cv_results_`` and additional ones.

    Parameters
    ----------
    configurations, trials, predicted
        Configuration, outcome and predicted score of each trial.
    error_score
        Score of failed trials.
    names
        Names of several scores, in the order of their columns; empty if there is one.

    Returns
    -------
    dict
        ``mean_fit_time, std_fit_time, mean_score_time, std_score_time`` (seconds of a fold; predictions
        count for the score), ``param_*`` (masked where not active), ``params``, ``split*_test_score,
        mean_test_score, std_test_score, rank_test_score``, with the name of each instead of ``score`` if
        there are several, and ``split*_train_score, mean_train_score, std_train_score`` if trials have
        them; and ``learner, is_default, status, error, predicted_score``.
    """
    if not trials:
        none: npt.NDArray[np.object_] = np.array([], dtype=object)
        return {**describe_configurations(configurations, predicted), "status": none, "error": none.copy()}
    columns = {TEST + SCORE: np.array([trial.fold_scores for trial in trials])}
    if names:
        columns = {TEST + name: _stack(trials, TEST + name) for name in names}
    trained = dict.fromkeys(name for trial in trials for name in trial.further if not name.startswith(TEST))
    columns |= {name: _stack(trials, name) for name in trained}
    for scores in columns.values():
        scores[[trial.has_failed for trial in trials]] = error_score
    return {
        **_describe_seconds("fit", [trial.fit_seconds for trial in trials]),
        **_describe_seconds("score", [trial.score_seconds for trial in trials]),
        **describe_configurations(configurations, predicted),
        **{key: column for name, scores in columns.items() for key, column in _describe(name, scores)},
        "status": np.array([trial.status for trial in trials], dtype=object),
        "error": np.array([trial.error for trial in trials], dtype=object),
    }


def _stack(trials: Sequence[ScoredTrial], name: str) -> npt.NDArray[np.float64]:
    """Return a score of all trials on all folds, NaN where a trial has none."""
    return np.array([trial.further.get(name, np.full(len(trial.fold_scores), np.nan)) for trial in trials])


def _describe(name: str, scores: npt.NDArray[np.float64]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield the columns of one score; those on test parts have ranks."""
    mean, std = np.array([mean_and_std(one) for one in scores]).T
    yield from ((f"split{fold}_{name}", scores[:, fold]) for fold in range(scores.shape[1]))
    yield f"mean_{name}", mean
    yield f"std_{name}", std
    if name.startswith(TEST):
        yield f"rank_{name}", rank_scores(mean)


def results_frame(results: Mapping[str, Any], lead: str | None = None) -> pd.DataFrame:
    """Convert ``cv_results_`` to a tidy table, one row per trial.

    Parameters
    ----------
    results
        Result of :func:`tabulate_results` or :func:`describe_configurations`.
    lead
        Name of the score that leads the search, if there are several; the first if None.

    Returns
    -------
    pandas.DataFrame
        ``trial`` (from 1), ``learner, is_default, param_*, score, score_std, predicted_score, n_folds``
        (that have a score), ``n_rounds`` (of boosting, chosen or given; missing for what does not boost),
        ``fit_seconds, score_seconds`` (of a fold on average), ``status, error``. Columns of hyperparameters
        have the first type that holds their values, of whole numbers (``Int64`` with missing ones), floats,
        truth values and texts; None is the text ``None``, and missing is what is not active. ``score`` is
        the leading one of several; their means, and those of training parts, are columns ``mean_test_*`` and
        ``mean_train_*`` behind it.
    """
    lead = _find_lead(results, lead)
    further = [one for one in results if one.startswith((f"mean_{TEST}", f"mean_{TRAIN}"))]
    further = [one for one in further if one != f"mean_{TEST}{SCORE}"]
    n_rows = len(results["params"])
    nan = np.full(n_rows, np.nan)
    learners = pd.Series(results["learner"], dtype=object)
    params: list[dict[str, Any]] = results["params"]
    names = sorted({name for one in params for name in one})
    columns = {
        f"{PARAM_PREFIX}{name}": one_type(
            pd.Series([cell_of(one[name]) if name in one else None for one in params], dtype=object)
        )
        for name in names
    }
    folds = [name for name in results if re.fullmatch(rf"split\d+_{TEST}{re.escape(lead)}", name)]
    n_folds = sum((np.isfinite(results[name]).astype(int) for name in folds), np.zeros(n_rows, dtype=int))
    rounds = [_rounds_of(str(learner), one) for learner, one in zip(learners, params, strict=True)]
    return pd.DataFrame(
        {
            "trial": np.arange(1, n_rows + 1),
            "learner": learners.astype(TEXT),
            "is_default": np.asarray(results["is_default"], dtype=bool),
            **columns,
            "score": np.asarray(results.get(f"mean_{TEST}{lead}", nan), dtype=np.float64),
            "score_std": np.asarray(results.get(f"std_{TEST}{lead}", nan), dtype=np.float64),
            **{name: np.asarray(results[name], dtype=np.float64) for name in further},
            "predicted_score": np.asarray(results["predicted_score"], dtype=np.float64),
            "n_folds": n_folds,
            "n_rounds": pd.array(rounds, dtype="Int64"),
            "fit_seconds": np.asarray(results.get("mean_fit_time", nan), dtype=np.float64),
            "score_seconds": np.asarray(results.get("mean_score_time", nan), dtype=np.float64),
            "status": pd.Series(list(results.get("status", ["not evaluated"] * n_rows)), dtype=TEXT),
            "error": pd.Series(list(results.get("error", [""] * n_rows)), dtype=TEXT),
        }
    )


def _find_lead(results: Mapping[str, Any], lead: str | None) -> str:
    """Return the score that is meant, or else the first."""
    means = [name.removeprefix(f"mean_{TEST}") for name in results if name.startswith(f"mean_{TEST}")]
    return lead if lead in means else next(iter(means), SCORE)


def _rounds_of(learner: str, params: Mapping[str, Any]) -> int | None:
    """Return the number of boosting rounds; None for what does not boost, or leaves it to the library."""
    axis = axis_of_rounds(get_learner(learner)) if learner in known_learners() else None
    if axis is None:
        return None
    names = (name for name in params if name.rpartition("__")[2] == axis.hyperparameter)
    value = params.get(next(names, ""))
    return int(value) if is_number(value) else None


def with_unevaluated(results: dict[str, Any], configuration: Configuration) -> dict[str, Any]:
    """Add a configuration without a trial as the last row, with the status ``not evaluated``."""
    more: dict[str, Any] = describe_configurations([configuration], np.array([np.nan]))
    n_rows = len(results["params"])
    status = np.array(["not evaluated"], dtype=object)
    more |= {"status": status, "error": np.array([""], dtype=object)}
    joined: dict[str, Any] = {}
    for name in [*results, *(name for name in more if name not in results)]:
        if name == "params":
            joined[name] = [*results[name], *more[name]]
        elif name.startswith("param_"):
            none = _masked([{}] * n_rows, name), _masked([{}], name)
            both = [results.get(name, none[0]), more.get(name, none[1])]
            joined[name] = np.ma.concatenate(both)  # type: ignore[no-untyped-call]
        elif name in results:
            joined[name] = np.concatenate([results[name], more.get(name, np.array([np.nan]))])
    for name in [name for name in joined if name.startswith(RANK)]:
        joined[name] = rank_scores(joined[f"mean_{TEST}{name.removeprefix(RANK)}"])
    return joined


def describe_configurations(
    configurations: Sequence[Configuration], predicted: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """Convert configurations to columns ``learner, is_default, param_*, params, predicted_score``."""
    names = sorted({name for one in configurations for name in one.params})
    return {
        "learner": np.array([one.learner for one in configurations], dtype=object),
        "is_default": np.array([one.strategy == DEFAULT for one in configurations]),
        **{f"param_{name}": _masked([one.params for one in configurations], name) for name in names},
        "params": [dict(one.params) for one in configurations],
        "predicted_score": np.asarray(predicted, dtype=np.float64),
    }


def rank_scores(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Rank scores with 1 as the highest; equal ones share a rank, NaN is last."""
    is_nan = np.isnan(scores)
    ranks = np.full(len(scores), np.count_nonzero(~is_nan) + 1, dtype=np.int32)
    ranks[~is_nan] = rankdata(-scores[~is_nan], method="min")
    return ranks


def _describe_seconds(what: str, seconds: Sequence[npt.NDArray[np.float64]]) -> dict[str, Any]:
    return {
        f"mean_{what}_time": np.array([one.mean() for one in seconds]),
        f"std_{what}_time": np.array([one.std() for one in seconds]),
    }


def _masked(params: Sequence[dict[str, Any]], name: str) -> np.ma.MaskedArray[Any, Any]:
    column = np.ma.MaskedArray(np.empty(len(params), dtype=object), mask=True)
    for at, one in enumerate(params):
        if name in one:
            column[at] = one[name]
    return column
