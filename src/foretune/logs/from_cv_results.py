"""Imports the ``cv_results_`` of scikit-learn's searches."""

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
from foretune.ledger import ImportedTrial, TrialImportError, average_repeats, plain_value
from foretune.spaces import Configuration

PARAM = "param_"
MEAN = "mean_test_"


def trials_from_cv_results(
    cv_results: Mapping[str, Any],
    task_id: str,
    learner: str,
    *,
    metric: str | None = None,
    source: str = "cv_results",
) -> list[ImportedTrial]:
    """Read the results of ``GridSearchCV``, ``RandomizedSearchCV`` or a halving search.

    Parameters
    ----------
    cv_results
        The attribute ``cv_results_`` of a fitted search, or a table of it: values by column.
    task_id
        Name of the task that was tuned.
    learner
        Name of what was tuned.
    metric
        Name of the scorer that counts as the score; needed where there are several.
    source
        Kept with the trials; see :class:`ImportedTrial`.

    Returns
    -------
    list of ImportedTrial
        One per configuration. Of a halving search only what was evaluated with the most resources: scores
        from fewer rows do not compare.

    Raises
    ------
    TrialImportError
        If no metric, or none of this name, was found, or several and none was chosen.
    """
    metric = _choose_metric(cv_results, metric)
    splits = _splits(cv_results)
    trials = []
    for row in _comparable_rows(cv_results, metric):
        configuration = Configuration(learner, _params_at(cv_results, row), "imported")
        score = float(cv_results[MEAN + metric][row])
        is_ok = bool(np.isfinite(score))
        trials.append(
            ImportedTrial(
                source,
                task_id,
                configuration,
                score,
                "" if is_ok else f"the search stored no finite {MEAN}{metric}",
                _seconds_at(cv_results, row, len(splits)),
                [{name: float(cv_results[key][row]) for name, key in fold.items()} for fold in splits]
                if is_ok
                else [],
            )
        )
    return average_repeats(trials)


def read_cv_results(file: Path) -> dict[str, list[Any]]:
    """Read ``pd.DataFrame(search.cv_results_)`` that was written as CSV, Parquet or JSON.

    An empty cell of a ``param_`` column means an inactive hyperparameter; only in CSV the column ``params``
    tells None apart from that.

    Raises
    ------
    TrialImportError
        If the file is missing, of another kind or cannot be read.
    """
    readers: dict[str, Any] = {".csv": _read_csv, ".parquet": pd.read_parquet, ".json": _read_json}
    if file.suffix not in readers:
        # A pickle may run any code when it is loaded
        raise TrialImportError(f"{file} is neither CSV, Parquet nor JSON; write the table as one of them")
    try:
        table = readers[file.suffix](file)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise TrialImportError(f"{file} cannot be read: {reason}") from error
    if file.suffix != ".csv":
        # There all rows have the same keys: what is inactive cannot be told from None
        table = table.drop(columns="params", errors="ignore")
    return {str(name): list(values) for name, values in table.items()}


def _read_csv(file: Path) -> pd.DataFrame:
    table: pd.DataFrame = pd.read_csv(file, **exact_numbers())
    return table


def _read_json(file: Path) -> Any:

    columns = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(columns, dict):
        raise ValueError("it holds no table by columns")
    # pandas itself would guess at dates and numbers
    return pd.DataFrame(
        {
            name: pd.Series(list(cells.values()) if isinstance(cells, dict) else cells, dtype=object)
            for name, cells in columns.items()
        }
    )


def _choose_metric(cv_results: Mapping[str, Any], metric: str | None) -> str:
    found = [name.removeprefix(MEAN) for name in cv_results if name.startswith(MEAN)]
    if not found:
        raise TrialImportError(f"there is no column {MEAN}...: is this the cv_results_ of a search?")
    if metric is None and len(found) > 1:
        raise TrialImportError(f"there are {len(found)} metrics; choose one as the score: {', '.join(found)}")
    if metric is not None and metric not in found:
        raise TrialImportError(f"there is no metric {metric!r}; found: {', '.join(found)}")
    return metric or found[0]


def _splits(cv_results: Mapping[str, Any]) -> list[dict[str, str]]:
    """List by split the column of each metric."""
    splits: dict[int, dict[str, str]] = {}
    for name in cv_results:
        match = re.fullmatch(r"split(\d+)_test_(.+)", name)
        if match:
            splits.setdefault(int(match[1]), {})[match[2]] = name
    return [splits[number] for number in sorted(splits)]


def _comparable_rows(cv_results: Mapping[str, Any], metric: str) -> Sequence[int]:
    if "n_resources" not in cv_results:
        return range(len(cv_results[MEAN + metric]))
    resources = np.asarray(cv_results["n_resources"])
    return np.flatnonzero(resources == resources.max()).tolist()


def _params_at(cv_results: Mapping[str, Any], row: int) -> dict[str, Any]:
    params = _written_params(cv_results, row)
    if params is None:
        cells = {
            name.removeprefix(PARAM): column[row]
            for name, column in cv_results.items()
            if name.startswith(PARAM)
        }
        params = {name: value for name, value in cells.items() if not _is_empty(value)}
    return {str(name): plain_value(value) for name, value in params.items()}


def _written_params(cv_results: Mapping[str, Any], row: int) -> dict[str, Any] | None:
    """Return the cell of the column ``params``; None where a file did not keep it as it was."""
    written = cv_results["params"][row] if "params" in cv_results else None
    if isinstance(written, str):
        try:
            written = ast.literal_eval(written)
        except (SyntaxError, ValueError):  # the text of an estimator is no literal
            return None
    return written if isinstance(written, dict) else None


def _is_empty(value: Any) -> bool:
    return value is None or value is np.ma.masked or (isinstance(value, float) and np.isnan(value))


def _seconds_at(cv_results: Mapping[str, Any], row: int, n_splits: int) -> float | None:
    names = ("mean_fit_time", "mean_score_time")
    if any(name not in cv_results for name in names):
        return None
    return n_splits * sum(float(cv_results[name][row]) for name in names)
