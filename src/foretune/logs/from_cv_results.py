"""Logs from the ``cv_results_`` of scikit-learn's searches."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import check_kind, exact_numbers, first_line, quoted, require_package
from foretune.learners import STOPPED
from foretune.logs.errors import LogError
from foretune.logs.log_frame import EvaluatedTrial, check_names, make_log
from foretune.logs.written_values import read_params
from foretune.spaces import LEARNER, PARAM_PREFIX

MEAN = "mean_test_"
# The text of a masked value
MASKED = "--"
HEAD = ("task_id", LEARNER, "score", "is_default", "fit_seconds")


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
        Names of the task and the learner that were tuned; learner None if all logs are of the same one. The
        column ``learner`` of :class:`foretune.MetaSearchCV` comes first.
    metric
        Name of the scorer that counts as the score; needed where there are several.

    Returns
    -------
    pandas.DataFrame
        One row per configuration: ``task_id, learner, score, fit_seconds, param_*``, and ``is_default`` where
        the search says it, as :func:`foretune.import_logs` takes it. Of a halving search only what was
        evaluated with the most resources: scores from fewer rows do not compare.

    Raises
    ------
    LogError
        If there is no row, no metric or none of this name, or there are several and none was chosen.
    """
    check_kind("cv_results", cv_results, (Mapping, pd.DataFrame), "the attribute cv_results_ of a search")
    check_names(task_id, learner)
    check_kind("metric", metric, str, "the name of a scorer", optional=True)
    cv_results = {str(name): list(values) for name, values in cv_results.items()}
    scores = cv_results[MEAN + _choose_metric(cv_results, metric)]
    rows = _comparable_rows(cv_results, len(scores))
    trials = (
        EvaluatedTrial(
            _params_at(cv_results, row), _score_at(cv_results, scores, row), _seconds_at(cv_results, row)
        )
        for row in rows
    )
    log = make_log(trials, task_id, learner)
    if LEARNER in cv_results:
        log = log.assign(**{LEARNER: [str(cv_results[LEARNER][row]) for row in rows]})
    if "is_default" in cv_results:
        log = log.assign(is_default=[str(cv_results["is_default"][row]) == "True" for row in rows])
    params = [name for name in log.columns if name.startswith(PARAM_PREFIX)]
    head = [name for name in HEAD if name in log.columns]
    return log[[*head, *params]]


def read_cv_results(file: Path) -> pd.DataFrame:
    """Read a table of ``cv_results_``, ``pd.DataFrame(search.cv_results_)``, from CSV, Parquet or JSON.

    An empty cell of a ``param_`` column means an inactive hyperparameter; in CSV and JSON the column
    ``params`` distinguishes it from None.

    Raises
    ------
    LogError
        If the file is missing, of another kind or cannot be read, or a Parquet file has both the column
        ``params`` and empty cells in it: they may be None or inactive.
    """
    readers: dict[str, Any] = {".csv": _read_csv, ".parquet": pd.read_parquet, ".json": _read_json}
    if file.suffix not in readers:
        # Loading a pickle may run any code
        raise LogError(f"{file} is neither CSV, Parquet nor JSON; write the table as one of them")
    if file.suffix == ".parquet":
        require_package("a Parquet file", "pyarrow")
    try:
        table: pd.DataFrame = readers[file.suffix](file)
    except (OSError, ValueError) as error:
        reason = first_line(error)
        raise LogError(f"{file} cannot be read: {reason}") from error
    return _without_structs(table, file) if file.suffix == ".parquet" else table


def _without_structs(table: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Drop the column ``params`` of a Parquet file, in which all rows have the same keys."""
    if "params" not in table:
        return table
    params = [one for one in table["params"] if isinstance(one, dict)]
    if empty := sorted({name for one in params for name, value in one.items() if value is None}):
        raise LogError(
            f"{file}: Parquet does not tell None from inactive, and {quoted(empty)} may be either: write the "
            "table as CSV or JSON, or without the column params if it is inactive"
        )
    return table.drop(columns="params")


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
    """Return the rows with the most resources, without trials that a race stopped on their first folds."""
    is_comparable = np.ones(n_rows, dtype=bool)
    if "n_resources" in cv_results:
        resources = np.asarray(cv_results["n_resources"])
        is_comparable &= resources == resources.max()
    if "status" in cv_results:
        is_comparable &= [status != STOPPED for status in cv_results["status"]]
    return np.flatnonzero(is_comparable).tolist()


def _params_at(cv_results: Mapping[str, Any], row: int) -> Mapping[str, Any]:
    params = _written_params(cv_results, row)
    if params is not None:
        return params
    cells = {
        name.removeprefix(PARAM_PREFIX): column[row]
        for name, column in cv_results.items()
        if name.startswith(PARAM_PREFIX)
    }
    return {name: value for name, value in cells.items() if not _is_empty(value)}


def _written_params(cv_results: Mapping[str, Any], row: int) -> Mapping[str, Any] | None:
    """Return the cell of the column ``params``; None if the file did not preserve it."""
    written = cv_results["params"][row] if "params" in cv_results else None
    if isinstance(written, str):
        return read_params(written)
    return written if isinstance(written, Mapping) else None


def _is_empty(value: Any) -> bool:
    is_missing = value is None or value is np.ma.masked or (isinstance(value, float) and np.isnan(value))
    return is_missing or (isinstance(value, str) and value == MASKED)


def _score_at(cv_results: Mapping[str, Any], scores: Sequence[Any], row: int) -> float:
    """Return the score; NaN where the search says that the trial failed, whatever its ``error_score``."""
    failed = "status" in cv_results and cv_results["status"][row] != "ok"
    return float("nan") if failed else float(scores[row])


def _seconds_at(cv_results: Mapping[str, Any], row: int) -> float | None:
    """Return the total wall time on all splits, if stored."""
    names = ("mean_fit_time", "mean_score_time")
    if any(name not in cv_results for name in names):
        return None
    splits = {match[1] for name in cv_results if (match := re.match(r"split(\d+)_test_", name))}
    return len(splits) * sum(float(cv_results[name][row]) for name in names)
