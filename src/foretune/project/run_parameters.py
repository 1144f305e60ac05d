"""All parameters of a run and their validation."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from foretune.base import FrozenParameters, TaskType, UserError, one_line
from foretune.evaluation import EvaluationParameters
from foretune.execution import ParallelParameters
from foretune.hpo import HpoParameters
from foretune.logs import LogParameters
from foretune.meta_model import MetaTrainingParameters
from foretune.metafeatures import MetafeatureParameters
from foretune.recommendation.core import (
    RecommendationParameters,
    as_column_name,
    as_column_names,
    as_number_to_evaluate,
    check_memory_folder,
)
from foretune.tables import ColumnType
from foretune.tasks import TaskGenerationParameters
from foretune.understanding import UnderstandingParameters

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LONGEST_VALUE = 60
COLUMN_TYPES = "column_types"
SHORT_FORMS = (
    *("learner", "memory", "evaluate", "max_time", "drop_columns", "read_options"),
    *("task_type", "column_types", "scoring", "groups", "time"),
)


class RunParameters(FrozenParameters):
    """All parameters of a run, in groups."""

    seed: int = Field(ge=0, lt=2**32, description="The one seed: every random number derives from it.")
    parallel: ParallelParameters
    task_generation: TaskGenerationParameters
    hpo: HpoParameters
    metafeatures: MetafeatureParameters
    meta_training: MetaTrainingParameters
    evaluation: EvaluationParameters
    understanding: UnderstandingParameters
    logs: LogParameters
    recommendation: RecommendationParameters
    table: str | None = Field(None, description="CSV or Parquet file to recommend for.")
    target: str | None = Field(None, min_length=1, description="Column of the table to predict.")
    learner: str | tuple[str, ...] | None = Field(
        None, min_length=1, description="Short form of recommendation.learner."
    )
    memory: str | tuple[str, ...] | None = Field(
        None, min_length=1, description="Short form of recommendation.memory, such as reference+mine."
    )
    evaluate: int | None = Field(None, ge=0, le=1000, description="Short form of recommendation.evaluate.")
    max_time: float | None = Field(None, gt=0, description="Short form of recommendation.max_time.")
    drop_columns: tuple[str, ...] | None = Field(
        None, description="Short form of recommendation.drop_columns, such as id+date."
    )
    read_options: dict[str, Any] | None = Field(
        None, description="Short form of recommendation.read_options."
    )
    task_type: TaskType | None = Field(None, description="Short form of recommendation.task_type.")
    column_types: dict[str, ColumnType] | None = Field(
        None, description="Short form of recommendation.column_types, such as column_types.zip=nominal."
    )
    scoring: str | None = Field(None, min_length=1, description="Short form of recommendation.scoring.")
    groups: str | None = Field(None, min_length=1, description="Short form of recommendation.groups.")
    time: str | None = Field(None, min_length=1, description="Short form of recommendation.time.")
    trials_path: str | None = Field(None, description="Log of trials, for --env=logs.")
    metafeatures_path: str | None = Field(None, description="Metafeatures of the tasks of the log.")
    output_dir: str | None = Field(None, description="Output folder of --env=logs.")

    @field_validator("trials_path", "metafeatures_path", "table")
    @classmethod
    def _is_file(cls, path: str | None) -> str | None:
        if path is not None:
            try:
                is_file, is_folder = _expanded(path).is_file(), _expanded(path).is_dir()
            except OSError:
                is_file = is_folder = False
            if not is_file:
                raise ValueError("is a folder, not a file" if is_folder else "there is no such file")
        return path

    @field_validator("output_dir")
    @classmethod
    def _can_be_folder(cls, path: str | None) -> str | None:
        if path is not None and (not path.strip() or _expanded(path).is_file()):
            raise ValueError("must be a folder; it is made if it is absent")
        return path

    @field_validator("evaluate", mode="before")
    @classmethod
    def _is_number(cls, evaluate: Any) -> Any:
        return as_number_to_evaluate(evaluate)

    @model_validator(mode="after")
    def _check_folds(self) -> RunParameters:
        if self.task_generation.n_folds < self.hpo.n_folds:
            raise ValueError(
                f"task_generation.n_folds = {self.task_generation.n_folds} must be at least hpo.n_folds = "
                f"{self.hpo.n_folds}: it is the least number of rows of a class, and each fold needs one"
            )
        return self

    @field_validator("memory")
    @classmethod
    def _is_memory(cls, memory: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        return check_memory_folder(memory)

    @model_validator(mode="after")
    def _check_limits(self) -> RunParameters:
        if self.parallel.backend == "threads" and self.hpo.limits.need_processes:
            raise ValueError(
                "parallel.backend = 'threads' cannot keep hpo.limits: a thread cannot be ended; choose "
                "processes, or set every limit to null"
            )
        return self


def _expanded(path: str) -> Path:
    """Expand ``~`` in a path, with a ``ValueError`` where nobody of that name is there."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from None


class ParameterError(UserError, ValueError):
    """Invalid parameters, one line each."""


def validate_parameters(raw: Mapping[str, Any]) -> RunParameters:
    """Validate the parameters of a run.

    Parameters
    ----------
    raw
        Parameters as read from the configuration and the command line.

    Raises
    ------
    ParameterError
        If any is unknown, missing or out of range; each line names key, value and what is allowed.
    """
    try:
        return RunParameters.model_validate(raw)
    except ValidationError as error:
        problems = error.errors()
        # A short form and what it stands for have the same fault
        places = {problem["loc"] for problem in problems}
        lines = [
            _describe(problem)
            for problem in problems
            if problem["loc"][:1] != ("recommendation",) or problem["loc"][1:] not in places
        ]
        raise ParameterError("\n".join(map(one_line, lines))) from None


def place_short_forms(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Move the short forms, such as ``learner``, to the group ``recommendation``.

    Names of columns that the command line has read as numbers become texts.
    """
    as_text = {
        **dict.fromkeys(("target", "groups", "time"), as_column_name),
        "drop_columns": as_column_names,
    }
    raw = {**raw, **{name: write(raw[name]) for name, write in as_text.items() if name in raw}}
    given = {name: raw[name] for name in SHORT_FORMS if raw.get(name) is not None}
    group = raw.get("recommendation")
    if not given or not isinstance(group, dict):
        return raw
    return {**raw, "recommendation": {**group, **given}}


def _describe(problem: ErrorDetails) -> str:
    location, members = _follow(problem["loc"])
    key = ".".join(str(part) for part in location)
    if not key:  # a rule between groups names its keys itself
        return f"parameter {problem['msg'].removeprefix('Value error, ')}"
    if problem["type"] == "missing":
        return f"parameter {key} is missing; it is required"
    value = repr(problem["input"])
    is_long = len(value) > LONGEST_VALUE
    value = f"{value[: LONGEST_VALUE - 3]}..." if is_long else value
    if problem["type"] == "extra_forbidden":
        allowed = sorted({name for member in members for name in member.model_fields})
        close = difflib.get_close_matches(str(location[-1]), allowed, n=1)
        meant = f"did you mean {close[0]}? " if close else ""
        return f"parameter {key} = {value} is unknown; {meant}allowed: {', '.join(allowed)}"
    # A YAML file has lists, also where the model keeps a tuple
    message = problem["msg"].removeprefix("Value error, ").replace("valid tuple", "valid list")
    if is_long and problem["type"] == "value_error" and isinstance(problem["input"], dict):
        # A rule between the keys of a group names them itself
        return f"parameter {key}: {message}"
    return f"parameter {key} = {value}: {message}{_hint_at_dots(location, problem['input'])}"


def _hint_at_dots(location: Sequence[int | str], value: Any) -> str:
    """Say how a command line names a column with a dot, which it takes for a group of parameters."""
    if COLUMN_TYPES not in location[:-1] or not isinstance(value, dict) or not value:
        return ""
    name = str(location[-1])
    inner: Any = value
    while isinstance(inner, dict) and inner:
        part, inner = next(iter(inner.items()))
        name += f".{part}"
    return f"; a name with a dot stands in brackets, {COLUMN_TYPES}[{name}]={inner}"


def _follow(location: tuple[int | str, ...]) -> tuple[tuple[int | str, ...], list[type[BaseModel]]]:
    """Return the location of an error as the user wrote it, and the models that its last part belongs to.

    Pydantic inserts the tags of discriminated unions into locations.
    """
    kept: list[int | str] = []
    annotation: Any = RunParameters
    for position, part in enumerate(location):
        members = _models_in(annotation)
        tagged = [member for member in members if part in _tags(member)]
        if tagged and not any(part in member.model_fields for member in members):
            annotation = tagged[0]
            continue
        kept.append(part)
        if position == len(location) - 1:
            return tuple(kept), members
        annotation = _annotation_of(part, annotation, members)
    return tuple(kept), _models_in(annotation)


def _annotation_of(part: int | str, annotation: Any, members: list[type[BaseModel]]) -> Any:
    for member in members:
        if part in member.model_fields:
            return member.model_fields[str(part)].annotation
    # A mapping's values come last among its arguments, a sequence's items first
    arguments = get_args(annotation)
    if not arguments:
        return None
    return arguments[-1] if get_origin(annotation) is dict else arguments[0]


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    """Return the values of the field that discriminates the members of a union."""
    return tuple(
        tag
        for name in ("type", "kind")
        if name in model.model_fields
        for tag in get_args(model.model_fields[name].annotation)
    )


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models of an annotation: itself, or the members of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is Annotated:
        return _models_in(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [model for argument in get_args(annotation) for model in _models_in(argument)]
    return []
