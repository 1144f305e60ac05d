"""Sources of trials: what a source is, and the logs in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from foretune.base import (
    PATH,
    TASK_TYPES,
    ArgumentError,
    first_line,
    list_missing,
    missing_extra,
    shortened,
)
from foretune.learners import known_learners
from foretune.logs import (
    LEDGER_TABLES,
    FoundLog,
    LogError,
    ScoreChoice,
    check_is_there,
    is_mlflow_folder,
    is_result_table,
    load_studies,
    read_cv_results,
    read_ledger,
    read_log,
    read_mlflow,
    read_result_table,
    read_study,
    trials_from_cv_results,
    value_for,
)
from foretune.recommendation.core import find_known_part, find_learner
from foretune.recommendation.learning.learner_of_log import recognised_names

MEAN = "mean_test_"
FORMS = (
    "the URL of a database or server, a file of SQLite, a folder of MLflow, a CSV or Parquet file, a study "
    "of Optuna, a fitted search or its cv_results_, or a table"
)
TABLES = (".csv", ".csv.gz", ".parquet", ".pq", ".json")
# With which every file of SQLite begins
SQLITE_HEADER = b"SQLite format 3\0"
OPTUNA_TABLES, MLFLOW_TABLES = {"studies", "trials"}, {"experiments", "runs"}


@dataclass(frozen=True)
class SourceReader:
    """Reader of sources of any kind.

    Attributes
    ----------
    choice
        Which metric is the score.
    pattern
        Of the names of studies and experiments.
    learner
        Name of the learner, by patterns of tasks if they differ.
    names
        Hyperparameters by their names in the sources.
    on_read
        Called with the name of each study or experiment that is read.
    """

    choice: ScoreChoice
    pattern: str
    learner: str | Mapping[str, str] | None
    names: Mapping[str, str]
    on_read: Callable[[str], None]

    def read(self, source: Any, name: str) -> list[FoundLog]:
        """Read the logs of a source.

        Parameters
        ----------
        source
            See :data:`FORMS`.
        name
            Of a table, a search or its results, which have none.

        Raises
        ------
        LogError
            If it cannot be read.
        ArgumentError
            If it is something else.
        """
        if _is_study(source):
            log = read_study(source, self.choice, f"the study '{source.study_name}'")
            return [] if log is None else [log]
        if isinstance(source, PATH):
            return self._read_place(str(source).strip() if isinstance(source, str) else str(Path(source)))
        if isinstance(source, pd.DataFrame):
            return self._read_table(source, name, name)
        if hasattr(source, "cv_results_"):
            return [_read_search(source, name, self.choice)]
        if isinstance(source, Mapping) and any(str(key).startswith(MEAN) for key in source):
            return [self._read_results(source, name, name)]
        if hasattr(source, "fit") and hasattr(source, "get_params"):
            raise LogError(f"{name}: {type(source).__name__} is not fitted, and has no cv_results_ yet")
        raise ArgumentError(f"sources: {shortened(repr(source))} must be {FORMS}")

    def _read_place(self, place: str) -> list[FoundLog]:
        scheme = place.partition("://")[0] if "://" in place else ""
        if scheme in ("http", "https"):
            return read_mlflow(place, self.choice, self.pattern, self.on_read)
        path = Path(place.removeprefix("file://")).expanduser()
        if not scheme or scheme == "file":
            if path.is_dir():
                return self._read_folder(path)
            if not path.exists():
                raise LogError(f"there is no file or folder {place}")
            if path.name.lower().endswith(TABLES):
                return self._read_file(path)
            if not _is_sqlite(path):
                raise LogError(
                    f"{place} is neither CSV, Parquet, JSON nor a file of SQLite; of another database give "
                    "its URL"
                )
            place = f"sqlite:///{path}"
        return self._read_database(place)

    def _read_database(self, url: str) -> list[FoundLog]:
        """Read what a database has, told from its tables."""
        tables = _tables_in(url)
        if tables >= MLFLOW_TABLES:
            return read_mlflow(url, self.choice, self.pattern, self.on_read)
        studies = self._read_studies(url) if tables >= OPTUNA_TABLES else []
        if tables >= LEDGER_TABLES:
            return [*studies, *read_ledger(url, self.choice, self.pattern, self.on_read)]
        if not tables >= OPTUNA_TABLES:
            raise LogError(
                f"{_hidden(url)} has neither studies of Optuna, runs of MLflow nor the ledger of a search"
            )
        return studies

    def _read_folder(self, folder: Path) -> list[FoundLog]:
        if not is_mlflow_folder(folder):
            raise LogError(
                f"{folder} has no experiments of MLflow; newer versions keep them in a database beside it: "
                f"give sqlite:///mlflow.db. Tables are named one by one"
            )
        return read_mlflow(str(folder.resolve()), self.choice, self.pattern, self.on_read)

    def _read_studies(self, url: str) -> list[FoundLog]:
        found = []
        for study in load_studies(url, self.pattern):
            self.on_read(study.study_name)
            if (log := read_study(study, self.choice, _hidden(url))) is not None:
                found.append(log)
        if not found:
            raise LogError(f"{_hidden(url)}: no study has a complete trial")
        return found

    def _read_file(self, path: Path) -> list[FoundLog]:
        name = path.name.partition(".")[0]
        if path.suffix == ".json":
            return [self._read_results(read_cv_results(path), name, path.name)]
        table = read_log(path)
        if any(str(column).startswith(MEAN) for column in table.columns):
            return [self._read_results(read_cv_results(path), name, path.name)]
        return self._read_table(table, name, path.name)

    def _read_results(self, results: Any, name: str, source: str) -> FoundLog:
        return FoundLog(_with_metric(results, name, self.choice, source), source)

    def _read_table(self, table: pd.DataFrame, name: str, source: str) -> list[FoundLog]:
        columns = [str(column) for column in table.columns]
        if any(column.startswith(MEAN) for column in columns):
            return [self._read_results(table, name, source)]
        if {"task_id", "score"} <= set(columns) and not is_result_table(columns):
            # The log's own form: a higher score is better unless the caller says otherwise
            log = table.assign(score=-table["score"]) if self.choice.minimize else table
            return [FoundLog(log, source, parameters_are_sure=False)]
        learner = value_for(self.learner, name)
        official = None if learner is None else find_learner(learner, known_learners())
        recognised = recognised_names(columns, official)
        return read_result_table(table, name, source, self.choice, self.names, recognised)


def _read_search(search: Any, name: str, choice: ScoreChoice) -> FoundLog:
    """Read a fitted search, whose estimator says the learner and the prefix of its parameters."""
    estimator, learners = getattr(search, "estimator", None), known_learners()
    parts = (find_known_part(estimator, learners, kind) for kind in TASK_TYPES)
    part = next((one for one in parts if one is not None), None)
    log = _with_metric(search.cv_results_, name, choice, name)
    return FoundLog(log, name) if part is None else FoundLog(log, name, part.learner, part.prefix)


def _with_metric(results: Any, name: str, choice: ScoreChoice, source: str) -> pd.DataFrame:
    metrics = [str(column).removeprefix(MEAN) for column in results if str(column).startswith(MEAN)]
    wanted = choice.name_of(name)
    # A single one is called score, whatever it is
    metric = wanted if wanted in metrics else None if len(metrics) == 1 else wanted
    if metric is None and len(metrics) > 1:
        metric, _ = ScoreChoice(None, minimize=False).choose(name, metrics, source)
    return trials_from_cv_results(results, name, metric=metric)


def _is_study(source: Any) -> bool:
    # Who has a study has imported Optuna
    optuna = sys.modules.get("optuna")
    return optuna is not None and isinstance(source, optuna.Study)


def _tables_in(url: str) -> set[str]:
    # Databases are those of Optuna, or of MLflow, whose extra brings the same
    if list_missing("sqlalchemy"):
        raise missing_extra("a database of trials", "sqlalchemy", "optuna")
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        parsed = make_url(url)
        check_is_there(parsed)
        engine = create_engine(parsed)
        try:
            return set(inspect(engine).get_table_names())
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        reason = first_line(getattr(error, "orig", None) or error)
        raise LogError(f"{_hidden(url)} cannot be read: {reason}") from error


def _hidden(url: str) -> str:
    """Return a URL without its password."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError as UrlError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except UrlError:
        return url


def _is_sqlite(path: Path) -> bool:
    """Whether a file is a database of SQLite, whose name says nothing."""
    with path.open("rb") as file:
        return file.read(len(SQLITE_HEADER)) == SQLITE_HEADER
