"""Back-test of the guard: first suggestions against the library default on held-out families."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from foretune.meta_model.guard import GuardedSearch
from foretune.meta_model.parameters import Guard
from foretune.recommendation.core.familiarity import look_around
from foretune.recommendation.core.recommender import provenance_of
from foretune.spaces.configuration import DEFAULT, Configuration

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from foretune.meta_model.memory import Memory


def audit_suggestions(
    memory: Memory,
    scores: pd.DataFrame,
    n_first: int = 3,
    guard: Guard | None = None,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Compare the first suggestions for every known task and learner with the library default.

    Each family is forgotten before its tasks are asked about, see :meth:`Memory.without`.

    Parameters
    ----------
    memory
        The memory.
    scores
        As :func:`measured_scores` makes them.
    n_first
        How many suggestions to look at.
    guard
        What keeps a suggestion from doing harm.
    seed
        Seed of everything random.
    on_progress
        Called with the number of families done and their total.

    Returns
    -------
    pandas.DataFrame
        ``task_id, family, learner, is_out_of_distribution, default_score, first_score`` (the first
        suggestion alone), ``best_score`` (the best of the first ones) and ``best_other_score`` (the best of
        those that are not the default). A suggestion that failed, or was not evaluated, counts as missing.
        Tasks without a score
        of the default are left out.
    """
    import pandas as pd

    guard = guard or Guard()
    provenance = provenance_of(memory)
    config_ids = list(memory.training_set.config_ids)
    configurations = [provenance.configurations[config_id] for config_id in config_ids]
    encoded = memory.encode(configurations)
    table = scores.pivot_table(index="task_id", columns="config_id", values="score")
    table = table.reindex(columns=config_ids)
    learners = np.array([one.learner for one in configurations])
    is_default = np.array([one.strategy == DEFAULT for one in configurations])
    families = np.array(memory.training_set.families)
    tasks = np.array(list(memory.task_hashes))
    rows: list[dict[str, Any]] = []
    distinct = sorted(set(families))
    for number, family in enumerate(distinct, 1):
        reduced = memory.without([family])
        for at in np.flatnonzero(families == family):
            described = pd.Series(
                memory.training_set.metafeatures[at].astype(np.float64), list(memory.metafeatures)
            )
            near = look_around(reduced, described)
            is_out_of_distribution = guard.is_out_of_distribution(
                near.nearest_distance, near.largest_distance
            )
            prior = reduced.prior(None if is_out_of_distribution else described, encoded, seed)
            truth = table.loc[tasks[at]].to_numpy(dtype=np.float64)
            for learner in provenance.learners:
                of_learner = np.flatnonzero(learners == learner)
                search = GuardedSearch(
                    prior.select(of_learner),
                    memory.policy,
                    guard,
                    np.flatnonzero(is_default[of_learner]).tolist(),
                    np.random.default_rng(seed),
                )
                row = _compare(truth[of_learner], search, n_first)
                if row is not None:
                    rows.append(
                        {
                            "task_id": tasks[at],
                            "family": family,
                            "learner": learner,
                            "is_out_of_distribution": is_out_of_distribution,
                            **row,
                        }
                    )
        if on_progress is not None:
            on_progress(number, len(distinct))
    return pd.DataFrame(rows)


def default_errors(stored_trials: pd.DataFrame, memory: Memory) -> pd.DataFrame:
    """Compute the standard error of each library default's score over the folds.

    Parameters
    ----------
    stored_trials
        A ledger's trials, as ``foretune ledger backup`` writes them.
    memory
        Its tasks, as they were cut, and its score.

    Returns
    -------
    pandas.DataFrame
        ``task_id, learner, standard_error``.
    """
    done = _done_trials(stored_trials, memory)
    done = done[done["strategy"] == DEFAULT]
    errors = [float(np.std(one) / np.sqrt(len(one))) for one in _fold_scores(done, memory)]
    return done[["task_id", "learner"]].assign(standard_error=errors)


def measured_scores(stored_trials: pd.DataFrame, memory: Memory) -> pd.DataFrame:
    """Read the scores of a memory's tasks off a ledger's trials; arguments as for :func:`default_errors`.

    Returns
    -------
    pandas.DataFrame
        ``task_id, config_id, score``.
    """
    done = _done_trials(stored_trials, memory)
    ids = [
        Configuration(learner, json.loads(text)).config_id
        for learner, text in zip(done["learner"], done["params"], strict=True)
    ]
    scores = [float(np.mean(one)) for one in _fold_scores(done, memory)]
    return done[["task_id"]].assign(config_id=ids, score=scores)


def _done_trials(stored_trials: pd.DataFrame, memory: Memory) -> pd.DataFrame:
    """Trials of the memory's tasks, as they were cut, that have a score."""
    is_known = stored_trials["task_hash"] == stored_trials["task_id"].map(memory.task_hashes)
    is_whole = stored_trials["fidelity"] == 1
    done: pd.DataFrame = stored_trials[is_known & is_whole & (stored_trials["status"] == "ok")]
    return done


def _fold_scores(done: pd.DataFrame, memory: Memory) -> list[list[float]]:
    return [json.loads(text)[provenance_of(memory).score] for text in done["fold_metrics"]]


def count_harm(audit: pd.DataFrame, errors: pd.DataFrame) -> pd.Series:
    """Say how often suggestions are worse than the default by more than a standard error, or fail.

    Parameters
    ----------
    audit
        As :func:`audit_suggestions` makes it.
    errors
        As :func:`default_errors` makes it.

    Returns
    -------
    pandas.Series
        Share of tasks and learners, for ``first_score``, ``best_score`` and ``best_other_score``.
    """
    known = audit.merge(errors, on=["task_id", "learner"], validate="one_to_one")
    limit = known["default_score"] - known["standard_error"]
    scores = known[["first_score", "best_score", "best_other_score"]]
    return (scores.lt(limit, axis=0) | scores.isna()).mean()


def _compare(truth: npt.NDArray[np.float64], search: GuardedSearch, n_first: int) -> dict[str, float] | None:
    chosen = search.plan(n_first)
    if search.default is None or not np.isfinite(truth[search.default]):
        return None
    others = [at for at in chosen if at != search.default]
    return {
        "default_score": float(truth[search.default]),
        "first_score": float(truth[chosen[0]]),
        "best_score": _best(truth[chosen]),
        "best_other_score": _best(truth[others]),
    }


def _best(scores: npt.NDArray[np.float64]) -> float:
    known = scores[np.isfinite(scores)]
    return float(known.max()) if len(known) else float("nan")
