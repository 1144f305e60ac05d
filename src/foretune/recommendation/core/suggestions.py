"""Suggestion of configurations for a table without trials."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from foretune.base import RecommendationWarning, TaskType, check_seed
from foretune.meta_model import Guard
from foretune.recommendation.core.errors import check_whole
from foretune.recommendation.core.learner_names import AUTO
from foretune.recommendation.core.memory import MemorySource
from foretune.recommendation.core.recommender import Recommender
from foretune.recommendation.core.scorers import check_asked_score
from foretune.recommendation.core.suggestion_frame import SuggestionFrame
from foretune.tables import ColumnType

__all__ = ["RecommendationWarning", "notes_to_show", "suggest"]


def suggest(  # noqa: PLR0913
    X: pd.DataFrame | ArrayLike,
    y: pd.Series | ArrayLike,
    learner: Any = AUTO,
    k: int = 5,
    *,
    task_type: TaskType | None = None,
    memory: MemorySource = None,
    exclude_families: str | Collection[str] | None = None,
    metafeatures: pd.Series | Mapping[str, float] | None = None,
    guard: Guard | None = None,
    column_types: Mapping[str, ColumnType] | None = None,
    random_state: int = 0,
    scoring: str | None = None,
) -> pd.DataFrame:
    """Suggest configurations to try first on a table.

    Parameters
    ----------
    X, y
        Features, shape (n_rows, n_features), a frame with any columns or an array; target, shape (n_rows,).
    learner
        ``"xgboost"``, ``["xgboost", "svm"]``, or ``"auto"`` for all learners of the memory. Common names and
        classes are understood (``"rf"``, ``SVC``), and estimators, without their own settings.
    k
        Number of suggestions. The library default is among the first three.
    task_type
        ``"classification"`` or ``"regression"``; inferred from the target if None, and from ``scoring``:
        numbers with an error of values, such as RMSE, are values, however few differ.
    memory
        Memory or folder of memories, ``data/06_models/surrogates`` after ``kedro run``; None for the shipped
        reference memory. A list, such as ``["reference", "data/06_models/surrogates"]``, is merged once.
    exclude_families
        Families of known tasks to leave out, by name, such as ``["wine"]``: the recommendation is as if they
        had never been seen. ``foretune memory tasks`` lists them.
    metafeatures
        Metafeatures of the table by name, for a memory of logs with custom metafeatures.
    guard
        Parameters of the safeguards; those of the memory if None.
    column_types
        What columns are, by name, instead of what their values say: ``"number"``, ``"time"``, ``"nominal"``
        or ``"ignored"``, such as ``{"zip": "nominal"}``.
    random_state
        Random seed.
    scoring
        Score to predict and to rank by, such as ``"neg_log_loss"``, if the memory knows it; otherwise the
        nearest that it knows, named in ``attrs["score"]``. None for balanced accuracy or R2.

    Returns
    -------
    pandas.DataFrame
        Table of :meth:`.Recommender.rank`, shown with whole cells; ``attrs["notes"]`` lists what was
        changed, clipped or guarded, ``attrs["score"]`` is the name of the predicted score, a mean over
        ``attrs["n_folds"]`` folds of tables prepared with ``attrs["preprocessing"]``; None if unknown.

    Raises
    ------
    UserError
        If the table, the learner, ``k`` or the memory cannot be used; the message gives the reason.

    Warns
    -----
    RecommendationWarning
        If the table was sampled or is out of distribution, or settings of an estimator are not kept.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> import foretune
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> suggestions = foretune.suggest(X, y, learner="random_forest", k=3)
    >>> list(suggestions["rank"])
    [1, 2, 3]
    """
    check_whole("k", k, 1)
    check_seed("random_state", random_state)
    check_asked_score("scoring", scoring)
    recommender = Recommender.for_table(
        X,
        y,
        learner,
        task_type=task_type,
        memory=memory,
        exclude_families=exclude_families,
        metafeatures=metafeatures,
        guard=guard,
        seed=random_state,
        column_types=column_types,
        scoring=scoring,
    )
    warn_of(recommender, stacklevel=3)
    table, provenance = SuggestionFrame(recommender.rank(k)), recommender.provenance
    table.attrs |= {
        "task_type": recommender.new_task.task_type,
        "score": provenance.score,
        "n_folds": provenance.n_folds,
        "preprocessing": provenance.preprocessing and provenance.preprocessing.model_dump(),
        "notes": recommender.notes(),
    }
    return table


def warn_of(recommender: Recommender, stacklevel: int = 2) -> None:
    """Issue the warnings of a recommendation with less evidence than usual."""
    for note in notes_to_show(recommender):
        warnings.warn(note, RecommendationWarning, stacklevel=stacklevel)


def notes_to_show(recommender: Recommender) -> list[str]:
    """Return the notes to show as warnings: on table and learner, and that it is out of distribution."""
    shown = [*recommender.new_task.notes, *recommender.lost_settings]
    return [*shown, recommender.describe_distance()] if recommender.is_out_of_distribution else shown
