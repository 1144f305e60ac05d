"""A program of scikit-learn's that fits what is recommended, ready to paste."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pandas as pd

from foretune.base import TaskType
from foretune.learners import get_learner
from foretune.recommendation.core import why_not_constructible
from foretune.recommendation.table.user_table import UserTable
from foretune.spaces import Configuration

# scikit-learn's names of the metrics
SCORERS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "roc_auc_ovr": "roc_auc_ovr",
    "log_loss": "neg_log_loss",
    "r2": "r2",
    "rmse": "neg_root_mean_squared_error",
    "mae": "neg_mean_absolute_error",
}
USUAL_SCORES: dict[TaskType, str] = {"classification": "balanced_accuracy", "regression": "r2"}
# Settings that change no prediction, or mean nothing for another estimator
PASSED_OVER = ("n_jobs",)
# Its labels are those of SVC
STAND_INS = {"CalibratedSVC": ("sklearn.svm", "SVC")}


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

    Parameters
    ----------
    table
        The table.
    configuration
        What is recommended.
    task_type, score
        Select the splitter and the scorer.
    n_folds, max_categories, seed
        Of the cross-validation and the preprocessing.

    Returns
    -------
    str or None
        None for what this installation cannot build: an log may have learners of its own.
    """
    if why_not_constructible([configuration], task_type):
        return None
    module, call = _write_estimator(configuration, task_type, seed)
    is_classification = task_type == "classification"
    splitter = "StratifiedKFold" if is_classification else "KFold"
    labels = "LabelEncoder, " if is_classification else ""
    metric = score or USUAL_SCORES[task_type]
    imports = {
        "from sklearn.compose import ColumnTransformer, make_column_selector"
        + ("" if is_classification else ", TransformedTargetRegressor"),
        f"from {module} import {call.partition('(')[0]}",
        "from sklearn.impute import SimpleImputer",
        f"from sklearn.model_selection import {splitter}, cross_val_score",
        "from sklearn.pipeline import make_pipeline",
        f"from sklearn.preprocessing import {labels}OneHotEncoder, StandardScaler",
    }
    model = f"make_pipeline(columns, {call})"
    if not is_classification:
        model = f"TransformedTargetRegressor({model}, transformer=StandardScaler())"
    lines = [
        "import pandas as pd",
        *sorted(imports, key=lambda line: line.split()[1]),
        "",
        *_read_lines(table, is_classification=is_classification, n_folds=n_folds),
        "",
        "numbers = make_pipeline(SimpleImputer(strategy='median', keep_empty_features=True), "
        "StandardScaler())",
        f"names = OneHotEncoder(max_categories={max_categories}, handle_unknown='infrequent_if_exist', "
        "sparse_output=False)",
        "is_number = make_column_selector(dtype_include=['number', 'bool'])",
        "is_name = make_column_selector(dtype_exclude=['number', 'bool'])",
        "columns = ColumnTransformer([('numbers', numbers, is_number), ('names', names, is_name)])",
        f"model = {model}",
        "",
        f"folds = {splitter}({n_folds}, shuffle=True, random_state={seed})",
        f"scores = cross_val_score(model, X, y, cv=folds, scoring={SCORERS[metric]!r})",
        f"print(f'{metric}: {{scores.mean():.4f}} +- {{scores.std():.4f}}')",
        "model.fit(X, y)  # for new rows: model.predict(...)",
    ]
    return "\n".join(lines) + "\n"


def write_search(
    table: UserTable,
    learner: str,
    task_type: TaskType,
    score: str | None,
    memory: str | None = None,
    metafeatures: str | None = None,
) -> str:
    """Write the lines that search on from here, by ``MetaSearchCV`` with the same memory."""
    given = {"learner": learner, "n_trials": 20, "scoring": SCORERS[score or USUAL_SCORES[task_type]]}
    arguments = [f"{name}={value!r}" for name, value in given.items()]
    imports = ["import pandas as pd", "from foretune import MetaSearchCV"]
    if memory is not None:
        arguments.append(f"memory={memory!r}")
    if metafeatures is not None:
        imports.append("from foretune.recommendation.core.given_metafeatures import read_metafeatures")
        arguments.append(f"metafeatures=read_metafeatures({metafeatures!r})")
    call = ", ".join(arguments)
    if memory is not None or metafeatures is not None:
        call = "\n    " + ",\n    ".join(arguments) + ",\n"
    lines = [
        *imports,
        "",
        *_table_lines(table),
        f"search = MetaSearchCV({call}).fit(X, y)",
        "print(search.best_params_, search.best_score_)",
    ]
    return "\n".join(lines) + "\n"


def write_user_task(table: UserTable, task_type: TaskType) -> str:
    """Write the entry of ``user_tasks`` by which a run takes the table for the same task."""
    import yaml

    entry: dict[str, Any] = {
        "file": table.file.replace("\\", "/").rpartition("/")[2],
        "target": table.target,
        "task_type": task_type,
    }
    if drop := [*table.drop_columns, *table.empty_columns]:
        entry["drop_columns"] = drop
    if table.read_options:
        entry["read_options"] = dict(table.read_options)
    tasks = {"task_generation": {"user_tasks": {table.name: entry}}}
    written: str = yaml.safe_dump(tasks, sort_keys=False, allow_unicode=True)
    return written


def _read_lines(table: UserTable, *, is_classification: bool, n_folds: int) -> list[str]:
    lines = _table_lines(table)
    if not is_classification:
        return [*lines, "y = y.astype(float)"]
    if table.answer.dropna().value_counts().min() < n_folds:
        lines += [
            f"enough = y.groupby(y).transform('size') >= {n_folds}  # each fold needs a row of every class",
            "X, y = X[enough], y[enough]",
        ]
    return [*lines, "y = LabelEncoder().fit_transform(y)"]


def _table_lines(table: UserTable) -> list[str]:
    reader = "read_parquet" if table.file.lower().endswith(".parquet") else "read_csv"
    options = "".join(f", {name}={value!r}" for name, value in table.read_options.items())
    lines = [f"table = pd.{reader}({table.file!r}{options}).dropna(subset=[{table.target!r}])"]
    if any(str(name) != str(name).strip() for name in table.original_names):
        lines.append("table.columns = table.columns.str.strip()")
    dropped = [table.target, *table.drop_columns, *table.empty_columns]
    lines.append(f"X, y = table.drop(columns={dropped!r}), table[{table.target!r}]")
    kinds = {str(name): kind for name, kind in table.features.dtypes.items() if name not in dropped}
    lines += [line for name, kind in kinds.items() if (line := _convert(name, kind, table.features[name]))]
    return lines


def _convert(name: str, kind: Any, values: pd.Series) -> str:
    """Write how a column becomes what the engine makes of it, where scikit-learn would not."""
    column = f"X[{name!r}]"
    if isinstance(kind, pd.DatetimeTZDtype):
        return f"{column} = ({column}.dt.tz_convert(None) - pd.Timestamp(0)) / pd.Timedelta(days=1)"
    if pd.api.types.is_datetime64_any_dtype(kind):
        return f"{column} = ({column} - pd.Timestamp(0)) / pd.Timedelta(days=1)"
    if pd.api.types.is_timedelta64_dtype(kind):
        return f"{column} = {column} / pd.Timedelta(days=1)"
    if pd.api.types.is_object_dtype(kind) and len(set(map(type, values.dropna()))) > 1:
        return f"{column} = {column}.map(str, na_action='ignore')"
    return ""


def _write_estimator(configuration: Configuration, task_type: TaskType, seed: int) -> tuple[str, str]:
    """Return the module and the call that builds the estimator of a configuration."""
    built = get_learner(configuration.learner).build(dict(configuration.params), task_type, seed)
    module, name, accepted = _public_class(type(built))
    settings: Mapping[str, Any] = built.get_params(deep=False)
    defaults = type(built)().get_params(deep=False)
    shown = {**configuration.params} | {
        key: value
        for key, value in settings.items()
        if key not in configuration.params and key not in PASSED_OVER and not _same(value, defaults.get(key))
    }
    if type(built).__name__ in STAND_INS:
        # Only its calibration draws
        shown.pop("random_state", None)
    written = ", ".join(
        f"{key}={value!r}" for key, value in shown.items() if key in accepted or "kwargs" in accepted
    )
    return module, f"{name}({written})"


def _public_class(built: type) -> tuple[str, str, set[str]]:
    """Return module, name and arguments of the class that a user of the library knows."""
    from importlib import import_module

    if built.__name__ in STAND_INS:
        module, name = STAND_INS[built.__name__]
        return module, name, set(inspect.signature(getattr(import_module(module), name)).parameters)
    for one in built.__mro__:
        parts = one.__module__.split(".")
        if parts[0] == "foretune":
            continue
        public = []
        for part in parts:
            if part.startswith("_"):
                break
            public.append(part)
        shortest = parts[0] if hasattr(import_module(parts[0]), one.__name__) else ".".join(public)
        return shortest, one.__name__, set(inspect.signature(one).parameters)
    return built.__module__, built.__name__, set(inspect.signature(built).parameters)


def _same(one: Any, other: Any) -> bool:
    return one is other or repr(one) == repr(other)
