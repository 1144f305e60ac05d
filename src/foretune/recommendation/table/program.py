"""Example programs that fit a recommended configuration with scikit-learn, or continue the search."""

from __future__ import annotations

import inspect
import keyword
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from itertools import groupby, takewhile
from typing import Any, NamedTuple

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
    get_learner,
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
from foretune.recommendation.table.estimator_code import Written, write_object
from foretune.recommendation.table.table_facts import TableFacts, holds_texts
from foretune.recommendation.table.user_table import UserTable
from foretune.spaces import Configuration
from foretune.tables import SAMPLE, ColumnType, SplitKind, infer_formats, stable_seed

# Arguments that do not change predictions, or do not apply to another estimator
PASSED_OVER = ("n_jobs",)
# Foretune's own classes, and the public class that replaces them: CalibratedSVC predicts SVC's labels
STAND_INS = {"CalibratedSVC": SVC}
# Foretune's own classes that programs import, from the package that lists them
OWN = {"ScaledMLPClassifier": "foretune.learners", "ScaledMLPRegressor": "foretune.learners"}
# For these CalibratedSVC calibrates, by three folds
CALIBRATION_FOLDS = 3
PROBABILITY_METRICS = {
    *("roc_auc_ovr", "roc_auc_ovo", "roc_auc_ovr_weighted", "roc_auc_ovo_weighted"),
    *("log_loss", "neg_brier_score", "d2_log_loss_score", "d2_brier_score"),
}
# Longer lists are written by their runs of equal values
LONGEST_LIST = 6
# Every program of Foretune's estimators has them
USUAL_IMPORTS = {"import numpy as np", "import pandas as pd"}
# With it CatBoost takes whole numbers for codes, and none that are missing
OF_WHOLE_NUMBERS = "cat_features"


class WrittenSplits(NamedTuple):
    """A splitter in a program.

    Attributes
    ----------
    imports
        Lines that import what it needs.
    code
        What ``cv`` is.
    by
        Variable with what it splits by, such as ``groups``; empty without one.
    reading
        Line that makes this variable of a variable ``groups``; empty if there is nothing to make.
    """

    imports: tuple[str, ...]
    code: str
    by: str = ""
    reading: str = ""

    def with_codes(self) -> WrittenSplits:
        """Return the splitter by the codes of groups, which a search makes of groups of any type."""
        imports = (*self.imports, "import numpy as np", "import pandas as pd")
        return WrittenSplits(imports, self.code, "codes", "codes = pd.factorize(np.asarray(groups))[0]")


class GivenTable(NamedTuple):
    """File that a program reads the features and the target from.

    Attributes
    ----------
    file, target
        Path, and name of the column to predict.
    """

    file: str
    target: str

    @property
    def reader(self) -> str:
        """Function of pandas that reads it."""
        return "read_parquet" if self.file.lower().endswith(".parquet") else "read_csv"


def usual_splits(
    task_type: TaskType, n_folds: int, seed: int, kind: SplitKind | None = None
) -> WrittenSplits:
    """Return the folds of trials and searches, at random or by groups or times, as code."""
    name = name_splitter(task_type, kind)
    is_shuffled = name not in ("GroupKFold", "TimeFolds")
    shuffled = f", shuffle=True, random_state={seed}" if is_shuffled else ""
    module = "foretune.learners" if name == "TimeFolds" else "sklearn.model_selection"
    by = {"groups": "groups", "time": "times"}.get(kind or "", "")
    return WrittenSplits((f"from {module} import {name}",), f"{name}({n_folds}{shuffled})", by)


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
    facts = TableFacts.of(table.features.loc[table.known_answer.index], table.format, plan, table.features)
    formulas = [formula for _, formula in facts.conversions]
    split_by = _write_split(table)
    splits = usual_splits(task_type, plan.n_folds, seed, None if plan.split is None else plan.split.kind)
    model = _describe_model(configuration, task_type, facts, preprocessing, seed, metric)
    return _render(
        "program.py.jinja",
        table,
        _name_texts(table),
        is_given=False,
        dropped=list(dict.fromkeys([*table.no_features, *table.ignored_columns])),
        reads_cells=table.target_format is not None
        or any("read_column(" in one for one in [*formulas, split_by or ""]),
        split_by=split_by,
        split_kind=table.split_column and table.split_column.kind,
        has_time_labels=_has_time_labels(table, task_type),
        label_type=_find_label_type(table) if task_type == "classification" else None,
        last_rounds=_count_last_rounds(configuration, plan, task_type, seed) if stopped_early else None,
        **model,
        **_describe_score(
            facts, seed, metric, SCORERS[metric], splits, calibrates=model["n_parts"] is not None
        ),
    )


def write_fitted(  # noqa: PLR0913 (what a program needs)
    configuration: Configuration,
    task_type: TaskType,
    scorer: str,
    facts: TableFacts,
    preprocessing: PreprocessingParameters,
    seed: int,
    *,
    n_rounds: int | None = None,
    score: float = math.nan,
    splits: WrittenSplits | None = None,
    source: GivenTable | None = None,
) -> str:
    """Write a program that fits a configuration as a search did, from the table that the search got.

    Parameters
    ----------
    configuration, task_type
        What was fitted.
    scorer
        Name of a scorer of scikit-learn.
    facts
        Facts of the table and its folds.
    preprocessing, seed
        Of the trials.
    n_rounds
        Number of boosting rounds of the fit to all rows, if early stopping chose it; None otherwise.
    score
        Mean score of the search, which the program prints beside its own; NaN without one.
    splits
        The search's own splitter; None for the usual folds.
    source
        Where the table is; None for variables ``X`` and ``y``.
    """
    last = None
    if n_rounds is not None and (axis := axis_of_rounds(get_learner(configuration.learner))) is not None:
        last = axis.hyperparameter, n_rounds
    metric = next((metric for metric, name in SCORERS.items() if name == scorer), scorer)
    splits = splits or usual_splits(task_type, facts.n_folds, seed)
    model = _describe_model(configuration, task_type, facts, preprocessing, seed, metric)
    return (
        _environment()
        .get_template("program.py.jinja")
        .render(
            is_given=True,
            source=source,
            given=facts.given,
            dropped=list(facts.ignored),
            reads_cells=any("read_column(" in formula for _, formula in facts.conversions),
            has_time_labels=False,
            target_format=None,
            label_type=facts.label_type,
            last_rounds=last,
            split_by=None,
            split_kind=None,
            score=score,
            **model,
            **_describe_score(facts, seed, metric, scorer, splits, calibrates=model["n_parts"] is not None),
        )
    )


def write_own(  # noqa: PLR0913 (what a program needs)
    estimator: Any,
    task_type: TaskType,
    scoring: Written,
    metric: str,
    *,
    n_folds: int,
    seed: int,
    strata_sizes: Sequence[int] | None = None,
    score: float = math.nan,
    splits: WrittenSplits | None = None,
    source: GivenTable | None = None,
    last_params: Mapping[str, Any] | None = None,
) -> str:
    """Write a program that fits the user's own estimator as a search has fitted it.

    Parameters
    ----------
    estimator
        Unfitted, with the parameters of the best trial.
    task_type
        Selects the folds.
    scoring, metric
        The scorer as code, and its name.
    n_folds, seed, strata_sizes
        Usual folds, of all rows or of as many of each stratum.
    score, splits, source
        As for :func:`write_fitted`.
    last_params
        Parameters of the fit to all rows that are others than those that were scored.

    Raises
    ------
    CodeError
        If the estimator cannot be written as code.
    """
    model = write_object(estimator, "the estimator")
    imports = {*model.imports, *scoring.imports, "from sklearn.model_selection import cross_val_score"}
    splits = splits or usual_splits(task_type, n_folds, seed)
    rows = None
    if strata_sizes is not None:
        rows = {"draw": [seed, stable_seed(SAMPLE)], "sizes": list(strata_sizes)}
        imports.add("import numpy as np")
    if source is not None or (rows is not None and task_type == "regression"):
        imports.add("import pandas as pd")
    return (
        _environment()
        .get_template("own_program.py.jinja")
        .render(
            imports=_join_imports({*imports, *splits.imports}),
            model=model.code,
            source=source,
            splits=splits,
            rows=rows,
            is_classification=task_type == "classification",
            scoring=scoring.code,
            metric=metric,
            score=score,
            last_params=last_params or {},
        )
    )


def _join_imports(lines: Collection[str]) -> list[str]:
    """Sort imports, and join those from the same module."""
    modules: dict[str, list[str]] = {}
    for line in sorted(set(lines), key=lambda line: (line.startswith("from"), line)):
        module, _, name = line.partition(" import ")
        modules.setdefault(module, []).extend([name] if name else [])
    return [
        f"{module} import {', '.join(sorted(names))}" if names else module
        for module, names in modules.items()
    ]


def _describe_model(
    configuration: Configuration,
    task_type: TaskType,
    facts: TableFacts,
    preprocessing: PreprocessingParameters,
    seed: int,
    metric: str,
) -> dict[str, Any]:
    """Return the template's variables of the model, which is the same wherever its table is."""
    learner = get_learner(configuration.learner)
    native = native_form_of(configuration.learner, preprocessing)
    is_code = () if native is None else facts.is_code
    configuration = replace(configuration, params=learner.mark(configuration.params, is_code))
    encoder = facts.write_encoder(task_type, preprocessing) if native is None else None
    return {
        "conversions": facts.conversions,
        "estimator": _describe_estimator(configuration, task_type, seed),
        "n_parts": _count_parts(configuration, facts) if metric in PROBABILITY_METRICS else None,
        "task_type": task_type,
        "learner": learner.name,
        "needs_codes": task_type == "classification" and not learner.takes_labels,
        "max_categories": preprocessing.max_categories,
        "is_native": native is not None,
        "codes": _describe_codes(configuration, native, is_code),
        "encoder": encoder,
        "used_of_preprocessing": _name_transformers(encoder, task_type, is_native=native is not None),
    }


def _describe_score(
    facts: TableFacts, seed: int, metric: str, scorer: str, splits: WrittenSplits, *, calibrates: bool
) -> dict[str, Any]:
    """Return the template's variables of the folds and the score."""
    used = {"from sklearn.model_selection import cross_val_score"}
    if calibrates:
        used.add("from sklearn.model_selection import StratifiedKFold")
    return {
        "strata_sizes": facts.strata_sizes and list(facts.strata_sizes),
        "draw": [seed, stable_seed(SAMPLE)],
        "splits": splits,
        "imports_of_splits": _join_imports({*used, *splits.imports} - USUAL_IMPORTS),
        "seed": seed,
        "metric": metric,
        "scorer": scorer,
    }


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


def _render(template: str, table: UserTable, texts: Sequence[str] = (), **values: Any) -> str:
    """Render a template with the variables of the table, which all templates share.

    ``texts`` are columns of the file to read as texts.
    """
    is_parquet = table.file.lower().endswith(".parquet")
    # Older releases of pandas round the last digit
    exact = {} if is_parquet or "engine" in table.read_options else exact_numbers()
    options = {**table.read_options, **exact}
    if texts:
        options["dtype"] = {**dict.fromkeys(texts, "str"), **options.get("dtype", {})}
    return (
        _environment()
        .get_template(template)
        .render(
            file=table.file,
            reader="read_parquet" if is_parquet else "read_csv",
            options="".join(f", {name}={value!r}" for name, value in options.items()),
            target=table.target,
            has_other_names="header" in table.read_options
            or any(name != name.strip() for name in table.original_names),
            target_format=table.target_format,
            **values,
        )
    )


def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - what is written is Python, not HTML
        loader=PackageLoader("foretune.recommendation.table"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"repr": repr, "sort_imports": _sort_imports}
    return environment


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
        if (one.type == "nominal" or (one.mark, one.type) == (",", "number")) and holds_texts(raw)
    }
    # Groups 007 and 07 are two
    if table.split_column is not None and holds_texts(table.frame[table.split_column.name]):
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


def _count_parts(configuration: Configuration, facts: TableFacts) -> int | None:
    """Return the number of folds by which CalibratedSVC calibrates; None for another learner."""
    if not facts.class_counts:
        return None
    built = get_learner(configuration.learner).build(dict(configuration.params), "classification", 0)
    smallest = min(facts.class_counts)
    n_parts = min(CALIBRATION_FOLDS, smallest - -(-smallest // facts.n_folds))
    return n_parts if _is_stood_in(built) and n_parts > 1 else None


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
