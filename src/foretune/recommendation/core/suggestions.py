"""Good configurations for a table, without a single trial."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from numpy.typing import ArrayLike

from foretune.base import TaskType
from foretune.meta_model import Guard, Memory
from foretune.recommendation.core.candidates import AUTO
from foretune.recommendation.core.recommender import Recommender


class RecommendationWarning(UserWarning):
    """A recommendation rests on less than usual; the message says why."""


def suggest(  # noqa: PLR0913
    X: pd.DataFrame | ArrayLike,
    y: pd.Series | ArrayLike,
    learner: str | Sequence[str] = AUTO,
    k: int = 5,
    *,
    task_type: TaskType | None = None,
    memory: str | Path | Memory | None = None,
    metafeatures: pd.Series | Mapping[str, float] | None = None,
    guard: Guard | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Suggest the configurations to try first on a table.

    Parameters
    ----------
    X
        Features, shape (n_rows, n_features): a frame with any columns, or an array.
    y
        Target, shape (n_rows,).
    learner
        ``"xgboost"``, ``["xgboost", "svm"]``, or ``"auto"`` for all that the memory knows.
    k
        How many. The library default is among the first two.
    task_type
        ``"classification"`` or ``"regression"``; told from the target if None.
    memory
        Folder of your own surrogates, ``data/06_models/surrogates`` after ``kedro run``; None for the
        reference memory that ships with the package.
    metafeatures
        Of the table by name, where the memory learnt from an log whose tasks were described
        elsewhere.
    guard
        What keeps a recommendation from doing harm.
    random_state
        Seed of everything random.

    Returns
    -------
    pandas.DataFrame
        As :meth:`.Recommender.rank` says; ``attrs["notes"]`` lists what
        was changed, clipped or guarded, ``attrs["score"]`` names the score that is predicted.

    Raises
    ------
    UserError
        If the table, the learner, ``k`` or the memory cannot be used; the message says why.

    Warns
    -----
    RecommendationWarning
        If the table was sampled, or is unlike all that is known.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> import foretune
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> suggestions = foretune.suggest(X, y, learner="random_forest", k=3)
    >>> list(suggestions["rank"])
    [1, 2, 3]
    """
    from foretune.recommendation.core.recommender import Recommender

    recommender = Recommender.for_table(
        X,
        y,
        learner,
        task_type=task_type,
        memory=memory,
        metafeatures=metafeatures,
        guard=guard,
        seed=random_state,
    )
    warn_of(recommender, stacklevel=3)
    table = recommender.rank(k)
    table.attrs |= {
        "task_type": recommender.new_task.task.task_type,
        "score": recommender.provenance.score,
        "notes": recommender.notes(),
    }
    return table


def warn_of(recommender: Recommender, stacklevel: int = 2) -> None:
    """Warn where a recommendation rests on less than usual."""
    for note in notes_to_show(recommender):
        warnings.warn(note, RecommendationWarning, stacklevel=stacklevel)


def notes_to_show(recommender: Recommender) -> list[str]:
    """List the notes that a user should see even without asking."""
    if recommender.is_out_of_distribution:
        return recommender.notes()
    return list(recommender.new_task.notes)
