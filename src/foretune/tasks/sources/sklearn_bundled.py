"""Reader of the datasets bundled with scikit-learn."""

from __future__ import annotations

import pandas as pd

from foretune.tasks.task_source import TaskSource


def read_sklearn_dataset(source: TaskSource) -> pd.DataFrame:
    """Read a bundled dataset, with class names instead of class numbers.

    Parameters
    ----------
    source
        ``location`` is the name of the loader, such as ``load_iris``.

    Returns
    -------
    pandas.DataFrame
        Features and the column ``target``.
    """
    from sklearn import datasets

    bunch = getattr(datasets, source.location)(as_frame=True)
    frame: pd.DataFrame = bunch.frame
    if source.task_type == "classification":
        names = dict(enumerate(map(str, bunch.target_names)))
        frame = frame.assign(target=frame["target"].map(names))
    return frame
