"""Example programs that fit a recommended configuration with scikit-learn, or continue the search."""

from __future__ import annotations

import inspect
import keyword
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from itertools import groupby, takewhile
from typing import Any

import numpy as np
import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from sklearn.svm import SVC

from foretune.base import TaskType, exact_numbers
from foretune.learners import (
    FEWEST_ROWS,
    NativeForm,
    PreprocessingParameters,
    axis_of_rounds,
    count_parts,
    get_learner,
    make_target_encoder,
    mark_last,
    name_splitter,
    native_form_of,
)
from foretune.recommendation.core import (
    N_FOLDS,
    SCORERS,
    USUAL_SCORES,
    scale_to_all_rows,
    why_not_constructible,
)
from foretune.recommendation.table.cross_validation import CrossValidation
from foretune.recommendation.table.user_table import UserTable
from foretune.spaces import Configuration
from foretune.tables import SAMPLE, ColumnFormat, ColumnType, TableFormat, infer_formats, stable_seed

# Arguments that do not change predictions, or do not apply to another estimator
PASSED_OVER = ("n_jobs",)
# From so many columns on, one conversion is written for all of them
LEAST_GROUPED = 4
# Foretune's own classes, and the public class that replaces them: CalibratedSVC predicts SVC's labels
STAND_INS = {"CalibratedSVC": SVC}
# Foretune's own classes that programs import, from the package that lists them
OWN = {"ScaledMLPClassifier": "foretune.learners", "ScaledMLPRegressor": "foretune.learners"}
# For these CalibratedSVC calibrates, by three folds
CALIBRATION_FOLDS = 3
PROBABILITY_METRICS = ("roc_auc_ovr", "log_loss")
# Longer lists are written by their runs of equal values
LONGEST_LIST = 6
# With it CatBoost takes whole numbers for codes, and none that are missing
OF_WHOLE_NUMBERS = "cat_features"


def write_program(  # noqa: PLR0913 (what a program needs)
    table: UserTable,
    configuration: Configuration,
    task_type: TaskType,
    metric: str,
    plan: CrossValidation,
    preprocessing: PreprocessingParameters,
    seed: int,
    *,
    stopped_early: bool = False,
) -> str | None:
    """Write a program that fits a configuration as the engine does, prints its score and predicts new rows.

    Parameters
    ----------
    table, configuration, task_type
        The table, what to fit to it, and ``"classification"`` or ``"regression"``.
    metric
        Metric of the score; without a scorer in scikit-learn the usual one is printed.
    plan
        Rows and folds, so that the score is that of :func:`.run_trials`.
    preprocessing
        Preprocessing of the trials.
    seed
        Seed of sample, folds and learner.
    stopped_early
        Whether early stopping chose the number of rounds, so that the last fit takes more.

    Returns
    -------
    str or None
        None if the table cannot be cross-validated, or the learner cannot be constructed here, such as one
        that only a log has.
    """
    if plan.problem or why_not_constructible([configuration], task_type):
        return None
    metric = metric if metric in SCORERS else USUAL_SCORES[task_type]
    conversions = _write_conversions(table.features, table.format)
    learner = get_learner(configuration.learner)
    native = native_form_of(configuration.learner, preprocessing)
    is_code = () if native is None else _find_codes(table)
    configuration = replace(configuration, params=learner.mark(configuration.params, is_code))
    encoder = _write_encoder(table, task_type, plan, preprocessing) if native is None else None
    formulas = [formula for _, formula in conversions]
    split_by, splitter = _write_split(table), _write_splitter(task_type, plan, seed)
    n_parts = _count_parts(configuration, plan) if metric in PROBABILITY_METRICS else None
    return _render(
        "program.py.jinja",
        table,
        _name_texts(table),
        dropped=list(dict.fromkeys([*table.no_features, *table.ignored_columns])),
        conversions=conversions,
        reads_cells=table.target_format is not None
        or any("read_column(" in one for one in [*formulas, split_by or ""]),
        split_by=split_by,
        split_kind=table.split_column and table.split_column.kind,
        splitter=splitter,
        estimator=_describe_estimator(configuration, task_type, seed),
        n_parts=n_parts,
        used_of_selection=_name_splitters(splitter, calibrates=n_parts is not None),
        task_type=task_type,
        has_time_labels=_has_time_labels(table, task_type),
        label_type=_find_label_type(table) if task_type == "classification" else None,
        learner=learner.name,
        last_rounds=_count_last_rounds(configuration, plan, task_type, seed) if stopped_early else None,
        needs_codes=task_type == "classification" and not learner.takes_labels,
        strata_sizes=plan.strata_sizes and list(plan.strata_sizes),
        draw=[seed, stable_seed(SAMPLE)],
        n_folds=plan.n_folds,
        max_categories=preprocessing.max_categories,
        is_native=native is not None,
        codes=_describe_codes(configuration, native, is_code),
        encoder=encoder,
        used_of_preprocessing=_name_transformers(encoder, task_type, is_native=native is not None),
        seed=seed,
        metric=metric,
        scorer=SCORERS[metric],
    )


def write_search(  # noqa: PLR0913 (what a program needs)
    table: UserTable,
    learner: str,
    task_type: TaskType,
    score: str | None,
    memory: str | Sequence[str] | None = None,
    metafeatures: str | None = None,
    exclude_families: Sequence[str] = (),
    *,
    n_folds: int = N_FOLDS,
) -> str:
    """Write a program that continues the search by ``MetaSearchCV`` with the same memory.

    ``n_folds`` is the number of folds of a table that is split by time.
    """
    given: dict[str, Any] = {
        "learner": learner,
        "n_trials": 20,
        "scoring": SCORERS[score or USUAL_SCORES[task_type]],
    }
    if memory is not None:
        given["memory"] = memory if isinstance(memory, str) else list(memory)
    if exclude_families:
        given["exclude_families"] = list(exclude_families)
    arguments = [f"{name}={value!r}" for name, value in given.items()]
    if metafeatures is not None:
        arguments.append(f"metafeatures=read_metafeatures({metafeatures!r})")
    if types := {**_find_types_of_marks(table), **table.types_of_features}:
        arguments.append(f"column_types={types!r}")
    is_timed = table.split_column is not None and table.split_column.kind == "time"
    if is_timed:
        arguments.append(f"cv=TimeFolds({n_folds})")
    split_by = _write_split(table)
    dropped = list(table.no_features)
    return _render(
        "search.py.jinja",
        table,
        dropped=dropped,
        has_time_labels=_has_time_labels(table, task_type),
        decoded={name: type_ for name, type_ in table.decoded.items() if name not in dropped},
        arguments=arguments,
        split_by=split_by,
        split_kind=table.split_column and table.split_column.kind,
        reads_cells=table.target_format is not None or "read_column(" in (split_by or ""),
        memory=memory,
        metafeatures=metafeatures,
    )


def _find_types_of_marks(table: UserTable) -> dict[str, ColumnType]:
    """Return the types of columns whose decimal mark the features do not show without the file."""
    features = table.features.loc[table.known_answer.index]
    features.attrs = {}
    alone = infer_formats(features, table.types_of_features).columns
    formats = zip(features, table.format.columns, alone, strict=True)
    return {
        str(name): "decimal_comma" if one.mark == "," else "decimal_point"
        for name, one, alone in formats
        if one.mark != alone.mark
    }


def write_user_task(table: UserTable, task_type: TaskType) -> str:
    """Write the entry of ``user_tasks`` that makes the same task of the table."""
    entry: dict[str, Any] = {
        "file": table.file.replace("\\", "/").rpartition("/")[2],
        "target": table.target,
        "task_type": task_type,
    }
    if table.drop_columns:
        entry["drop_columns"] = list(table.drop_columns)
    if table.split_column is not None:
        entry[table.split_column.kind] = table.split_column.name
        if table.split_column.is_feature:
            entry["keep_split_column"] = True
    if table.column_types:
        entry["column_types"] = dict(table.column_types)
    if table.read_options:
        entry["read_options"] = dict(table.read_options)
    tasks = {"task_generation": {"user_tasks": {table.name: entry}}}
    written: str = yaml.safe_dump(tasks, sort_keys=False, allow_unicode=True)
    return written


def _write_split(table: UserTable) -> str | None:
    """Write the groups or times of the rows of a table; None if they are split at random."""
    column = table.split_column
    if column is None:
        return None
    raw = f"table[{column.name!r}][y.notna()]"
    if column.kind == "groups":
        return f"pd.factorize({raw})[0]"
    known = table.frame.loc[table.known_answer.index]
    format_ = column.find_format(known[column.name], table.column_types, table.find_mark)
    return raw if format_ is None else f"read_column({raw}, {format_!r})"


def _write_splitter(task_type: TaskType, plan: CrossValidation, seed: int) -> tuple[str, str, str]:
    """Return the module and the name of the class of the splitter, and how it is built."""
    kind = None if plan.split is None else plan.split.kind
    name = name_splitter(task_type, kind)
    is_shuffled = name not in ("GroupKFold", "TimeFolds")
    shuffled = f", shuffle=True, random_state={seed}" if is_shuffled else ""
    module = "foretune.learners" if name == "TimeFolds" else "sklearn.model_selection"
    return module, name, f"{name}({plan.n_folds}{shuffled})"


def _name_splitters(splitter: tuple[str, str, str], *, calibrates: bool) -> list[str]:
    """Return the names that a program imports from ``sklearn.model_selection``."""
    module, name, _ = splitter
    used = {"cross_val_score", *([name] if module == "sklearn.model_selection" else [])}
    return sorted(used | ({"StratifiedKFold"} if calibrates else set()))


def _render(template: str, table: UserTable, texts: Sequence[str] = (), **values: Any) -> str:
    """Render a template with the variables of the table, which all templates share.

    ``texts`` are columns of the file to read as texts.
    """
    environment = Environment(  # noqa: S701 - what is written is Python, not HTML
        loader=PackageLoader("foretune.recommendation.table"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"repr": repr, "sort_imports": _sort_imports}
    is_parquet = table.file.lower().endswith(".parquet")
    # Older releases of pandas round the last digit
    exact = {} if is_parquet or "engine" in table.read_options else exact_numbers()
    options = {**table.read_options, **exact}
    if texts:
        options["dtype"] = {**dict.fromkeys(texts, "str"), **options.get("dtype", {})}
    return environment.get_template(template).render(
        file=table.file,
        reader="read_parquet" if is_parquet else "read_csv",
        options="".join(f", {name}={value!r}" for name, value in options.items()),
        target=table.target,
        has_other_names="header" in table.read_options
        or any(name != name.strip() for name in table.original_names),
        target_format=table.target_format,
        **values,
    )


def _name_texts(table: UserTable) -> list[str]:
    """Return the columns of a CSV file that hold texts, as it names them.

    In new rows pandas would take a column for one of numbers where all texts happen to be digits, and dots
    between thousands for decimal marks.
    """
    own_types = table.read_options.get("dtype", {})
    if table.file.lower().endswith(".parquet") or "header" in table.read_options:
        return []
    if not isinstance(own_types, Mapping) or "converters" in table.read_options:
        return []
    kinds = zip(table.features.items(), table.format.columns, strict=True)
    texts = {
        name
        for (name, raw), one in kinds
        if (one.type == "nominal" or (one.mark, one.type) == (",", "number")) and _holds_texts(raw)
    }
    # Groups 007 and 07 are two
    if table.split_column is not None and _holds_texts(table.frame[table.split_column.name]):
        texts.add(table.split_column.name)
    return [original for original in table.original_names if original.strip() in texts]


def _has_time_labels(table: UserTable, task_type: TaskType) -> bool:
    """Return whether the classes are times, which stay as they are written."""
    is_time = table.target_format is not None and table.target_format.type == "time"
    return is_time and task_type == "classification"


def _find_label_type(table: UserTable) -> str | None:
    """Return the type, as written, of labels that have another in the file or for scikit-learn, or None.

    A gap in the column makes whole numbers floats, and truth values objects.
    """
    given = np.asarray(table.known_answer)
    labels = pd.Series(given).infer_objects()
    if given.dtype.kind != "b" and table.answer.dropna().map(_is_truth).all():
        return "bool"
    if labels.dtype.kind == "f":
        return "int" if (labels == labels.round()).all() else "str"
    if labels.dtype.kind in "mM" or isinstance(labels.iloc[0], Decimal):
        return "str"
    return "int" if given.dtype.kind == "O" and labels.dtype.kind in "iu" else None


def _is_truth(value: object) -> bool:
    return str(value).strip().lower() in ("true", "false")


def _sort_imports(lines: str) -> str:
    return "\n".join(sorted(lines.splitlines(), key=lambda line: line.split()[1]))


def _write_conversions(features: pd.DataFrame, format_: TableFormat) -> list[tuple[str, str]]:
    """Write the conversions of columns to the engine's types, in the order in which they have to be made."""
    kept = [
        (str(name), features[name], one)
        for name, one in zip(features.columns, format_.columns, strict=True)
        if one.type != "ignored"
    ]
    names = format_.names_out([str(name) for name in features.columns])[len(kept) :]
    parts = [f"X[{name!r}].dt.{part}" for name, _, one in kept for part in one.parts]
    return [
        *_group({name: _write_reading(raw, one) for name, raw, one in kept}),
        *((f"X[{name!r}]", part) for name, part in zip(names, parts, strict=True)),
        *_group({name: _write_days(one) for name, _, one in kept}),
    ]


def _group(formulas: Mapping[str, str]) -> list[tuple[str, str]]:
    """Write formulas by column, those of many columns as one, as pairs of columns and formula."""
    groups: dict[str, list[str]] = {}
    for name, formula in formulas.items():
        if formula:
            groups.setdefault(formula, []).append(name)
    written = []
    for formula, names in groups.items():
        if len(names) < LEAST_GROUPED:
            columns = [f"X[{name!r}]" for name in names]
            written += [(column, formula.format(column=column)) for column in columns]
        else:
            function = f"lambda column: {formula.format(column='column')}"
            written.append((f"X[{names!r}]", f"X[{names!r}].apply({function})"))
    return written


def _write_reading(raw: pd.Series, format_: ColumnFormat) -> str:
    """Write how the cells of a column are read; empty if pandas has done it."""
    if isinstance(raw.dtype, pd.DatetimeTZDtype) and format_.type == "time":
        return "{column}.dt.tz_localize(None)"
    if raw.dtype == bool and format_.type == "number":
        # In new rows there may be gaps
        return "{column}.astype(float)"
    if format_.is_plain(raw.dtype):
        return ""
    if format_.type == "nominal" and _holds_texts(raw):
        # scikit-learn takes texts as they are
        return ""
    known = raw.dropna()
    if format_.type == "number" and not known.map(lambda value: isinstance(value, str)).any():
        return "{column}.astype(float)"
    # Parts are columns of their own in a program
    return f"read_column({{column}}, {replace(format_, parts=())!r})"


def _holds_texts(raw: pd.Series) -> bool:
    is_category = isinstance(raw.dtype, pd.CategoricalDtype)
    known = pd.Series(raw.cat.categories, dtype=object) if is_category else raw.dropna()
    texts = known.map(lambda value: isinstance(value, str) and bool(value.strip()))
    return not known.empty and bool(texts.all())


def _write_days(format_: ColumnFormat) -> str:
    if format_.type != "time":
        return ""
    durations = "{column}" if format_.is_duration else "({column} - pd.Timestamp(0))"
    return f"{durations} / pd.Timedelta(days=1)"


def _count_last_rounds(
    configuration: Configuration, plan: CrossValidation, task_type: TaskType, seed: int
) -> tuple[str, int] | None:
    """Return the name and the value of the number of rounds for a fit to all rows."""
    axis = axis_of_rounds(get_learner(configuration.learner))
    if axis is None or axis.hyperparameter not in configuration.params:
        return None
    n_trained = plan.n_trained(task_type, seed)
    n_rounds = int(configuration.params[axis.hyperparameter])
    return axis.hyperparameter, scale_to_all_rows(n_rounds, n_trained, plan.n_known)


def _find_codes(table: UserTable) -> tuple[bool, ...]:
    """Return for each column in native form whether it holds codes of categories; empty if none does."""
    kept = [one for one in table.format.columns if one.type != "ignored"]
    n_columns = sum(1 + len(one.parts) for one in kept)
    return mark_last(n_columns, sum(one.type == "nominal" for one in kept))


def _describe_codes(
    configuration: Configuration, native: NativeForm | None, is_code: tuple[bool, ...]
) -> dict[str, Any] | None:
    """Return how categories become codes, and which columns of them CatBoost takes; None if none do."""
    if native is None or not any(is_code):
        return None
    whole = configuration.params.get(OF_WHOLE_NUMBERS)
    return {"fewest": FEWEST_ROWS, "most": native.most_categories, "whole": whole and list(whole)}


def _name_transformers(encoder: str | None, task_type: TaskType, *, is_native: bool) -> list[str]:
    """Return the names that a program imports from ``sklearn.preprocessing``."""
    if is_native:
        return ["FunctionTransformer", *(["StandardScaler"] if task_type == "regression" else [])]
    return ["OneHotEncoder", "StandardScaler", *([] if encoder is None else ["TargetEncoder"])]


def _write_encoder(
    table: UserTable, task_type: TaskType, plan: CrossValidation, preprocessing: PreprocessingParameters
) -> str | None:
    """Write the encoder of categories by the target; None if no column needs it."""
    if preprocessing.many_categories != "target":
        return None
    features = table.features.loc[table.known_answer.index]
    columns = zip(features.items(), table.format.columns, strict=True)
    most = max((raw.nunique(dropna=False) for (_, raw), one in columns if one.type == "nominal"), default=0)
    if most <= preprocessing.max_categories:
        return None
    largest = len(plan.rows) if plan.codes is None else int(np.bincount(plan.codes).max())
    n_parts = count_parts(largest - -(-largest // plan.n_folds))
    kind = "continuous" if plan.codes is None else "auto"
    return " ".join(repr(make_target_encoder(kind, n_parts)).split())


def _count_parts(configuration: Configuration, plan: CrossValidation) -> int | None:
    """Return the number of folds by which CalibratedSVC calibrates; None for another learner."""
    if plan.codes is None:
        return None
    built = get_learner(configuration.learner).build(dict(configuration.params), "classification", 0)
    counts = np.bincount(plan.codes)
    smallest = int(counts[counts > 0].min())
    n_parts = min(CALIBRATION_FOLDS, smallest - -(-smallest // plan.n_folds))
    return n_parts if _is_stood_in(built) and n_parts > 1 else None


def _is_stood_in(built: object) -> bool:
    return type(built).__name__ in STAND_INS


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
    passed = {key: value for key, value in shown.items() if {key, "kwargs"} & accepted.keys()}
    return _public_module(known), known.__name__, _write_arguments(passed)


def _write_arguments(passed: Mapping[str, Any]) -> str:
    """Write keyword arguments; names that are none in Python, such as ``lambda``, in a dictionary."""
    is_name = {key: key.isidentifier() and not keyword.iskeyword(key) for key in passed}
    written = [f"{key}={_write_value(value)}" for key, value in passed.items() if is_name[key]]
    others = [f"{key!r}: {_write_value(value)}" for key, value in passed.items() if not is_name[key]]
    return ", ".join([*written, *([f"**{{{', '.join(others)}}}"] if others else [])])


def _write_value(value: Any) -> str:
    if isinstance(value, list) and len(value) > LONGEST_LIST:
        runs = [(one, len(list(same))) for one, same in groupby(value)]
        return " + ".join(f"[{one!r}]" + (f" * {n}" if n > 1 else "") for one, n in runs)
    is_finite = not isinstance(value, float) or math.isfinite(value)
    return repr(value) if is_finite else f"float('{value}')"


def _first_foreign(built: type) -> type:
    """Return the first class, of itself and its bases, that programs may import."""
    return next(
        one for one in built.__mro__ if one.__name__ in OWN or one.__module__.partition(".")[0] != "foretune"
    )


def _public_module(known: type) -> str:
    if known.__name__ in OWN:
        return OWN[known.__name__]
    library = known.__module__.partition(".")[0]
    if hasattr(import_module(library), known.__name__):
        return library
    return ".".join(takewhile(lambda part: not part.startswith("_"), known.__module__.split(".")))
