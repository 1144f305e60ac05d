"""Example programs that fit a recommended configuration with scikit-learn, or continue the search."""

from __future__ import annotations

import inspect
from importlib import import_module
from itertools import takewhile
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from sklearn.svm import SVC

from foretune.base import TaskType
from foretune.learners import get_learner
from foretune.recommendation.core import SCORERS, USUAL_SCORES, why_not_constructible
from foretune.recommendation.table.user_table import UserTable
from foretune.spaces import Configuration
from foretune.tables import ColumnFormat, TableFormat

# Arguments that do not change predictions, or do not apply to another estimator
PASSED_OVER = ("n_jobs",)
# Foretune's own classes, and the public class that replaces them: CalibratedSVC predicts SVC's labels
STAND_INS = {"CalibratedSVC": SVC}


def write_program(
    table: UserTable,
    configuration: Configuration,
    task_type: TaskType,
    score: str | None,
    n_folds: int,
    max_categories: int,
    seed: int,
) -> str | None:
    """Write a program that reads a table, fits a configuration as the engine does, and prints its score.

    ``task_type`` and ``score`` select splitter and scorer. Returns None if the learner cannot be constructed
    here, such as one that only a log has.
    """
    if why_not_constructible([configuration], task_type):
        return None
    metric = score or USUAL_SCORES[task_type]
    return _render(
        "program.py.jinja",
        table,
        estimator=_describe_estimator(configuration, task_type, seed),
        task_type=task_type,
        has_rare_classes=table.answer.dropna().value_counts().min() < n_folds,
        n_folds=n_folds,
        max_categories=max_categories,
        seed=seed,
        metric=metric,
        scorer=SCORERS[metric],
    )


def write_search(
    table: UserTable,
    learner: str,
    task_type: TaskType,
    score: str | None,
    memory: str | None = None,
    metafeatures: str | None = None,
) -> str:
    """Write a program that continues the search by ``MetaSearchCV`` with the same memory."""
    given = {"learner": learner, "n_trials": 20, "scoring": SCORERS[score or USUAL_SCORES[task_type]]}
    if memory is not None:
        given["memory"] = memory
    arguments = [f"{name}={value!r}" for name, value in given.items()]
    if metafeatures is not None:
        arguments.append(f"metafeatures=read_metafeatures({metafeatures!r})")
    return _render("search.py.jinja", table, arguments=arguments, memory=memory, metafeatures=metafeatures)


def write_user_task(table: UserTable, task_type: TaskType) -> str:
    """Write the entry of ``user_tasks`` that makes the same task of the table."""
    entry: dict[str, Any] = {
        "file": table.file.replace("\\", "/").rpartition("/")[2],
        "target": table.target,
        "task_type": task_type,
    }
    if table.drop_columns:
        entry["drop_columns"] = list(table.drop_columns)
    if table.column_types:
        entry["column_types"] = dict(table.column_types)
    if table.read_options:
        entry["read_options"] = dict(table.read_options)
    tasks = {"task_generation": {"user_tasks": {table.name: entry}}}
    written: str = yaml.safe_dump(tasks, sort_keys=False, allow_unicode=True)
    return written


def _render(template: str, table: UserTable, **values: Any) -> str:
    """Render a template with the variables of the table, which all templates share."""
    environment = Environment(  # noqa: S701 - what is written is Python, not HTML
        loader=PackageLoader("foretune.recommendation.table"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"repr": repr, "sort_imports": _sort_imports}
    dropped = [table.target, *table.drop_columns, *table.ignored_columns]
    return environment.get_template(template).render(
        file=table.file,
        reader="read_parquet" if table.file.lower().endswith(".parquet") else "read_csv",
        options="".join(f", {name}={value!r}" for name, value in table.read_options.items()),
        target=table.target,
        has_blanks=any(name != name.strip() for name in table.original_names),
        dropped=dropped,
        conversions=_conversions(table.features, table.format),
        **values,
    )


def _sort_imports(lines: str) -> str:
    return "\n".join(sorted(lines.splitlines(), key=lambda line: line.split()[1]))


def _conversions(features: pd.DataFrame, format_: TableFormat) -> list[tuple[str, str]]:
    """Write the conversions of columns to the engine's types, in the order in which they have to be made."""
    kept = [
        (f"X[{name!r}]", features[name], one)
        for name, one in zip(features.columns, format_.columns, strict=True)
        if one.type != "ignored"
    ]
    read = [(column, formula) for column, raw, one in kept if (formula := _write_reading(column, raw, one))]
    names = format_.names_out(list(features.columns))[len(kept) :]
    parts = [f"{column}.dt.{part}" for column, _, one in kept for part in one.parts]
    days = [
        (column, f"{column if one.is_duration else f'({column} - pd.Timestamp(0))'} / pd.Timedelta(days=1)")
        for column, _, one in kept
        if one.type == "time"
    ]
    return [*read, *((f"X[{name!r}]", part) for name, part in zip(names, parts, strict=True)), *days]


def _write_reading(column: str, raw: pd.Series, format_: ColumnFormat) -> str:
    """Write how the cells of a column are read; empty if pandas has done it."""
    if isinstance(raw.dtype, pd.DatetimeTZDtype) and format_.type == "time":
        return f"{column}.dt.tz_convert(None)"
    if format_.is_plain(raw.dtype) or isinstance(raw.dtype, pd.CategoricalDtype):
        return ""
    if format_.type == "nominal":
        is_text = raw.dropna().map(lambda value: isinstance(value, str) and bool(value.strip())).all()
        return "" if is_text and raw.dtype != "object" else f"read_column({column}, {format_!r})"
    return f"read_column({column}, {format_!r})"


def _describe_estimator(configuration: Configuration, task_type: TaskType, seed: int) -> tuple[str, str, str]:
    """Return module, name and written arguments of the class that builds a configuration's estimator."""
    built = get_learner(configuration.learner).build(dict(configuration.params), task_type, seed)
    stand_in = STAND_INS.get(type(built).__name__)
    known = stand_in or _first_foreign(type(built))
    defaults = type(built)().get_params(deep=False)
    shown = {**configuration.params} | {
        key: value
        for key, value in built.get_params(deep=False).items()
        if key not in (*configuration.params, *PASSED_OVER) and repr(value) != repr(defaults.get(key))
    }
    if stand_in:
        # Only its calibration is random
        shown.pop("random_state", None)
    accepted = inspect.signature(known).parameters
    written = [f"{key}={value!r}" for key, value in shown.items() if {key, "kwargs"} & accepted.keys()]
    return _public_module(known), known.__name__, ", ".join(written)


def _first_foreign(built: type) -> type:
    """Return the first base class that is not Foretune's."""
    return next(one for one in built.__mro__ if one.__module__.partition(".")[0] != "foretune")


def _public_module(known: type) -> str:
    library = known.__module__.partition(".")[0]
    if hasattr(import_module(library), known.__name__):
        return library
    return ".".join(takewhile(lambda part: not part.startswith("_"), known.__module__.split(".")))
