"""Tables drawn from scikit-learn's generators."""

from __future__ import annotations

import pandas as pd

from foretune.tasks.task_source import TaskSource


def read_synthetic(source: TaskSource) -> pd.DataFrame:
    """Return a generated table.

    Parameters
    ----------
    source
        ``location`` names the generator, ``make_friedman1`` for example, ``options`` are its arguments.

    Returns
    -------
    pandas.DataFrame
        Features ``x0``, ``x1``, ... and the column ``target``.
    """
    from sklearn import datasets

    X, y = getattr(datasets, source.location)(**source.options)
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])]).assign(target=y)
