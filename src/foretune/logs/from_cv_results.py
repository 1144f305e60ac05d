"""Logs from the ``cv_results_`` of scikit-learn's searches."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import exact_numbers
from foretune.logs.errors import LogError
from foretune.logs.log_frame import EvaluatedTrial, make_log
from foretune.spaces import PARAM_PREFIX

MEAN = "mean_test_"


def trials_from_cv_results(
    cv_results: Mapping[str, Any] | pd.DataFrame,
    task_id: str,
    learner: str | None = None,
    *,
    metric: str | None = None,
) -> pd.DataFrame:
    """Convert the results of ``GridSearchCV``, ``RandomizedSearchCV`` or a halving search to a log.

    Parameters
    ----------
    cv_results
        The attribute ``cv_results_`` of a fitted search, or a table of it: values by column.
    task_id, learner
        Names of the task and the learner that were tuned; learner None if all logs are of the same one.
    metric
        Name of the scorer that counts as the score; needed where there are several.

    Returns
    -------
    pandas.DataFrame
        One row per configuration: ``task_id, learner, score, fit_seconds, param_*``, as
        :func:`foretune.import_logs` takes it. Of a halving search only what was evaluated with the most
        resources: scores from fewer rows do not compare.

    Raises
    ------
    LogError
        If there is no row, no metric or none of this name, or there are several and none was chosen.
    """
    cv_results = {str(name): list(values) for name, values in cv_results.items()}
    scores = cv_results[MEAN + _choose_metric(cv_results, metric)]
    trials = (
        EvaluatedTrial(_params_at(cv_results, row), float(scores[row]), _seconds_at(cv_results, row))
        for row in _comparable_rows(cv_results, len(scores))
    )
    return make_log(trials, task_id, learner)


def read_cv_results(file: Path) -> pd.DataFrame:
    """Read a table of ``cv_results_``, ``pd.DataFrame(search.cv_results_)``, from CSV, Parquet or JSON.

    An empty cell of a ``param_`` column means an inactive hyperparameter; only in CSV the column ``params``
    distinguishes it from None.

    Raises
    ------
    LogError
        If the file is missing, of another kind or cannot be read.
    """
    readers: dict[str, Any] = {".csv": _read_csv, ".parquet": pd.read_parquet, ".json": _read_json}
    if file.suffix not in readers:
        # Loading a pickle may run any code
        raise LogError(f"{file} is neither CSV, Parquet nor JSON; write the table as one of them")
    try:
        table: pd.DataFrame = readers[file.suffix](file)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise LogError(f"{file} cannot be read: {reason}") from error
    if file.suffix != ".csv":
        # There all rows have the same keys, so inactive hyperparameters cannot be distinguished from None
        table = table.drop(columns="params", errors="ignore")
    return table


def _read_csv(file: Path) -> pd.DataFrame:
    table: pd.DataFrame = pd.read_csv(file, **exact_numbers())
    return table


def _read_json(file: Path) -> pd.DataFrame:
    columns = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(columns, dict):
        raise ValueError("it holds no table by columns")
    # pandas would guess dates and numbers
    return pd.DataFrame(
        {
            name: pd.Series(list(cells.values()) if isinstance(cells, dict) else cells, dtype=object)
            for name, cells in columns.items()
        }
    )


def _choose_metric(cv_results: Mapping[str, Any], metric: str | None) -> str:
    found = [name.removeprefix(MEAN) for name in cv_results if name.startswith(MEAN)]
    if not found:
        raise LogError(f"there is no column {MEAN}...: is this the cv_results_ of a search?")
    if metric is None and len(found) > 1:
        raise LogError(f"there are {len(found)} metrics; choose one as the score: {', '.join(found)}")
    if metric is not None and metric not in found:
        raise LogError(f"there is no metric {metric!r}; found: {', '.join(found)}")
    return metric or found[0]


def _comparable_rows(cv_results: Mapping[str, Any], n_rows: int) -> Sequence[int]:
    if "n_resources" not in cv_results:
        return range(n_rows)
    resources = np.asarray(cv_results["n_resources"])
    return np.flatnonzero(resources == resources.max()).tolist()


def _params_at(cv_results: Mapping[str, Any], row: int) -> dict[str, Any]:
    params = _written_params(cv_results, row)
    if params is not None:
        return params
    cells = {
        name.removeprefix(PARAM_PREFIX): column[row]
        for name, column in cv_results.items()
        if name.startswith(PARAM_PREFIX)
    }
    return {name: value for name, value in cells.items() if not _is_empty(value)}


def _written_params(cv_results: Mapping[str, Any], row: int) -> dict[str, Any] | None:
    """Return the cell of the column ``params``; None if the file did not preserve it."""
    written = cv_results["params"][row] if "params" in cv_results else None
    if isinstance(written, str):
        try:
            written = ast.literal_eval(written)
        except (SyntaxError, ValueError):  # the text of an estimator is no literal
            return None
    return written if isinstance(written, dict) else None


def _is_empty(value: Any) -> bool:
    return value is None or value is np.ma.masked or (isinstance(value, float) and np.isnan(value))


def _seconds_at(cv_results: Mapping[str, Any], row: int) -> float | None:
    """Return the total wall time on all splits, if stored."""
    names = ("mean_fit_time", "mean_score_time")
    if any(name not in cv_results for name in names):
        return None
    splits = {match[1] for name in cv_results if (match := re.match(r"split(\d+)_test_", name))}
    return len(splits) * sum(float(cv_results[name][row]) for name in names)
