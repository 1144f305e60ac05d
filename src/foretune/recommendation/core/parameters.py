"""Parameters of recommendation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator, model_validator

from foretune.base import FrozenParameters, TaskType, split_at_plus
from foretune.meta_model import Guard
from foretune.tables import ColumnType, find_split_problem

if TYPE_CHECKING:
    from foretune.tables import SplitColumn

# Word for the shipped memories where a folder is named; a folder of this name is ./reference
REFERENCE = "reference"
# Between learners, and folders of memories, where a comma would end the parameter, as on the command line
LEARNER_SEPARATOR = "+"


def _is_dir(path: str) -> bool:
    try:
        return Path(path).expanduser().is_dir()
    except (OSError, RuntimeError, ValueError):
        # A name that is too long, ~ of somebody who is not there, a null character
        return False


# Signs that the command line cannot say, in words
SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " ", "point": "."}
OF_SIGNS = ("sep", "delimiter", "decimal", "thousands")


def as_column_names(names: Any) -> Any:
    """Write one or several names of columns as texts, where the command line reads 8 as a number."""
    if isinstance(names, list | tuple):
        return [as_column_name(name) for name in names]
    return names if names is None or isinstance(names, dict) else [as_column_name(names)]


def as_column_name(name: Any) -> Any:
    """Write a name that was read as a number or a boolean as text; a whole number has no ``.0``."""
    if isinstance(name, float) and name.is_integer():
        return str(int(name))
    return str(name) if isinstance(name, bool | int | float) else name


def as_number_to_evaluate(number: Any) -> Any:
    """Refuse ``evaluate=yes`` by a ``ValueError``: as a number it would be 1."""
    if isinstance(number, bool):
        raise ValueError("must be the number of recommendations to evaluate, such as 3; 0 for none")
    return number


def check_memory_folder(memory: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    """Check that folders of surrogates exist, by a ``ValueError`` with the remedy.

    Several are joined by ``+``; ``reference`` is the memory of the package.
    """
    if memory is None:
        return None
    if isinstance(memory, str):
        if memory == REFERENCE or _is_dir(memory) or LEARNER_SEPARATOR not in memory:
            memory = (memory,)
        else:
            memory = tuple(name.strip() for name in memory.split(LEARNER_SEPARATOR))
    for name in memory:
        if name != REFERENCE and not _is_dir(name):
            which = f" {name!r}" if len(memory) > 1 else ""
            raise ValueError(
                f"there is no such folder{which}; the pipeline meta_training writes data/06_models/surrogates"
            )
    return memory[0] if len(memory) == 1 else memory


class RecommendationParameters(FrozenParameters):
    """Parameters of the recommendation for a table and of its evaluation."""

    learner: str | tuple[str, ...] = Field(
        "auto", min_length=1, description="A learner, several, or auto for all that the memory knows."
    )
    k: int = Field(
        5, ge=1, le=1000, description="Configurations to recommend; at least as many as are evaluated."
    )
    task_type: TaskType | None = Field(None, description="Told from the target if null.")
    scoring: str | None = Field(
        None,
        min_length=1,
        description="Score to predict, such as neg_log_loss, or the nearest that the memory knows; null for "
        "balanced accuracy or R2.",
    )
    memory: str | tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Folder of your own surrogates, or several that become one memory, such as "
        "reference+data/06_models/surrogates; null or reference for the memory of the package.",
    )
    exclude_families: tuple[str, ...] = Field(
        (), description="Families of known tasks to leave out of the memory, such as wine+iris."
    )
    metafeatures: str | None = Field(
        None,
        min_length=1,
        description="File with the table's metafeatures, one row, where the memory's tasks were described "
        "elsewhere.",
    )
    evaluate: int = Field(
        0,
        ge=0,
        le=1000,
        description="Recommendations to evaluate, in their order, beside the library default.",
    )
    max_time: float | None = Field(
        None,
        gt=0,
        description="Seconds for all evaluations; a fit that would overrun is ended. Null: no limit.",
    )
    feed_ledger: bool = Field(
        False, description="Keep the evaluated trials in the ledger, to learn from them."
    )
    n_folds: int | None = Field(
        None,
        ge=3,
        le=20,
        description="Folds that they are evaluated on; null: five, fewer if a class or the table is small.",
    )
    drop_columns: tuple[str, ...] = Field((), description="Columns that are no features: identifiers, leaks.")
    read_options: dict[str, Any] = Field(
        default_factory=dict, description="Arguments of pandas.read_csv or read_parquet, such as sep."
    )
    column_types: dict[str, ColumnType] = Field(
        default_factory=dict, description="What columns are, by name, instead of what their values say."
    )
    groups: str | None = Field(
        None,
        min_length=1,
        description="Column of groups, such as customers, of which each is in one fold only; no feature.",
    )
    time: str | None = Field(
        None,
        min_length=1,
        description="Column of times: folds train on earlier rows and are tested on later ones; no feature.",
    )
    keep_split_column: bool = Field(
        False, description="Whether the column of groups or times is a feature all the same."
    )
    max_rows: int = Field(
        20_000, ge=20, description="Rows that are looked at and evaluated on; a larger table is sampled."
    )
    n_more: int = Field(
        0,
        ge=0,
        le=10_000,
        description="New configurations of each learner beside those that memory has tried.",
    )
    n_neighbours: int = Field(10, ge=1, le=1000, description="Known tasks to list, nearest first.")
    n_drivers: int = Field(12, ge=1, le=1000, description="Metafeatures to draw, the strongest first.")
    guard: Guard | None = Field(None, description="What keeps from doing harm; that of the memory if null.")

    @property
    def split_column(self) -> SplitColumn | None:
        """Column by which rows are split; None to split at random."""
        # Not at the top: parameters are read without pandas
        from foretune.tables import SplitColumn

        return SplitColumn.of(self.groups, self.time, is_feature=self.keep_split_column)

    @field_validator("learner")
    @classmethod
    def _split_learners(cls, learner: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(learner, str) and LEARNER_SEPARATOR in learner:
            return tuple(name.strip() for name in learner.split(LEARNER_SEPARATOR))
        return learner

    @field_validator("exclude_families", mode="before")
    @classmethod
    def _name_families(cls, names: Any) -> Any:
        return as_column_names(split_at_plus(names))

    @field_validator("evaluate", mode="before")
    @classmethod
    def _is_number(cls, evaluate: Any) -> Any:
        return as_number_to_evaluate(evaluate)

    @field_validator("groups", "time", mode="before")
    @classmethod
    def _name_column(cls, name: Any) -> Any:
        return as_column_name(name)

    @field_validator("drop_columns", mode="before")
    @classmethod
    def _name_columns(cls, names: Any) -> Any:
        return as_column_names(names)

    @field_validator("scoring")
    @classmethod
    def _is_scorer(cls, scoring: str | None) -> str | None:
        from foretune.recommendation.core.scorers import check_scorer_name

        return check_scorer_name(scoring)

    @field_validator("read_options")
    @classmethod
    def _write_signs(cls, options: dict[str, Any]) -> dict[str, Any]:
        # No other option of pandas has None for a value that it does not know
        empty = [name for name in OF_SIGNS if options.get(name, "set") == ""]
        if empty or options.get("decimal", "set") is None:
            name = empty[0] if empty else "decimal"
            raise ValueError(f"{name} is empty: write the sign as a word, one of {', '.join(SIGNS)}")
        return {
            name: SIGNS.get(value, value) if name in OF_SIGNS else value for name, value in options.items()
        }

    @field_validator("memory")
    @classmethod
    def _is_folder(cls, memory: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        return check_memory_folder(memory)

    @model_validator(mode="after")
    def _check_evaluation(self) -> RecommendationParameters:
        if self.feed_ledger and not self.evaluate:
            raise ValueError("feed_ledger needs evaluate: without it there is no trial to keep")
        if problem := find_split_problem(self.groups, self.time, is_feature=self.keep_split_column):
            raise ValueError(problem)
        return self
