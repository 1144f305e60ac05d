"""Meta-dataset: trials of many tasks joined with metafeatures, as a flat table and as arrays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import UserError
from foretune.learners import STOPPED
from foretune.meta_model.parameters import TargetKind
from foretune.meta_model.targets import normalise_scores
from foretune.spaces import LEARNER, ConfigurationEncoder

METAFEATURE_PREFIX = "metafeature:"
CONFIGURATION_PREFIX = "configuration:"
TASK_COLUMNS = ["task_type", "family", "provenance", "content_hash", "n_rows"]
HEAD = ["task_id", *TASK_COLUMNS, LEARNER, "config_id", "is_default", "score", "target"]
ORDER = ["task_type", "task_id", "config_id"]


def build_meta_dataset(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame, target: TargetKind
) -> pd.DataFrame:
    """Join trials, metafeatures and the task catalogue in one flat table.

    Parameters
    ----------
    trials
        One row per task, learner and configuration; see the contract in ``docs/method.md``.
    metafeatures
        ``task_id`` and numeric columns; tasks without a row get NaN.
    task_catalogue
        ``task_id``, ``task_type``, ``family``, ``provenance``, ``content_hash``, and ``n_rows`` where it is
        known.
    target
        Normalisation of scores within tasks.

    Returns
    -------
    pandas.DataFrame
        Sorted by task type, task and configuration: ``task_id, task_type, family, provenance, content_hash,
        n_rows, learner, config_id, is_default, score, target``, then ``metafeature:<name>`` and
        ``configuration:<name>`` columns. Tasks without a finite score are left out, and so are
        trials that a race stopped: they neither have a score nor failed.
    """
    # Logs rarely contain the sizes of the tables
    n_rows = task_catalogue.get("n_rows", pd.Series(np.nan, task_catalogue.index)).astype(np.float64)
    tasks = task_catalogue.assign(n_rows=n_rows)[["task_id", *TASK_COLUMNS]]
    if "status" in trials:
        trials = trials[trials["status"].ne(STOPPED)]
    rows = trials.merge(tasks, on="task_id", how="inner").reset_index(drop=True)
    rows = rows[rows.groupby("task_id")["score"].transform("count") > 0]
    rows = rows.sort_values(ORDER, ignore_index=True)
    scores = rows.groupby("task_id")["score"]
    head = rows.assign(
        is_default=rows["strategy"].eq("default"),
        target=scores.transform(lambda values: normalise_scores(values, target).targets),
    )[HEAD]
    encoded = ConfigurationEncoder.from_trials(rows).encode(rows)
    described = metafeatures.set_index("task_id").astype(np.float64).reindex(rows["task_id"])
    return pd.concat(
        [
            head,
            described.reset_index(drop=True).add_prefix(METAFEATURE_PREFIX),
            encoded.add_prefix(CONFIGURATION_PREFIX),
        ],
        axis=1,
    )


def add_tasks(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Add tasks to a meta-dataset without rebuilding it from all trials.

    Parameters
    ----------
    table
        Flat table of :func:`build_meta_dataset`.
    more
        Another one with the same normalisation of scores, whose rows replace those of tasks of the same name.

    Returns
    -------
    pandas.DataFrame
        The result of :func:`build_meta_dataset` for both sets of trials: the union of columns, with NaN for
        absent numbers and 0 for absent nominal values.

    Raises
    ------
    UserError
        If a hyperparameter is a number in one table and nominal in the other.
    """
    kept = table[~table["task_id"].isin(more["task_id"].unique())]
    metafeatures = list(
        dict.fromkeys([*_with_prefix(table, METAFEATURE_PREFIX), *_with_prefix(more, METAFEATURE_PREFIX)])
    )
    configurations = {*_with_prefix(table, CONFIGURATION_PREFIX), *_with_prefix(more, CONFIGURATION_PREFIX)}
    _check_kinds(configurations)
    columns = [*HEAD, *metafeatures, *sorted(configurations, key=_place_of_column)]
    both = [_with_columns(part, columns) for part in (kept, more) if len(part)]
    if not both:
        return _with_columns(kept, columns)
    return _without_unused(pd.concat(both).sort_values(ORDER, ignore_index=True))


def remove_tasks(table: pd.DataFrame, task_ids: Collection[str]) -> pd.DataFrame:
    """Remove tasks from a table of :func:`build_meta_dataset`, with configuration columns that only they use.

    Raises
    ------
    UserError
        If the meta-dataset has no such task.
    """
    unknown = sorted(set(task_ids) - set(table["task_id"]))
    if unknown:
        raise UserError(
            f"cannot remove task {unknown[0]!r}: the meta-dataset has no task of this name, it has "
            f"{', '.join(sorted(table['task_id'].unique())[:5])} ..."
        )
    return _without_unused(table[~table["task_id"].isin(list(task_ids))].reset_index(drop=True))


def _with_prefix(table: pd.DataFrame, prefix: str) -> list[str]:
    return [column for column in table.columns if str(column).startswith(prefix)]


def _place_of_column(column: str) -> tuple[bool, str, str]:
    """Sort key of encoded columns: the learner first, then by hyperparameter and value."""
    name, _, value = column.removeprefix(CONFIGURATION_PREFIX).partition("=")
    return name != LEARNER, name, value


def _check_kinds(columns: Collection[str]) -> None:
    numbers = {column for column in columns if "=" not in column}
    both = sorted(column for column in columns if column.partition("=")[0] in numbers - {column})
    if both:
        name, _, value = both[0].removeprefix(CONFIGURATION_PREFIX).partition("=")
        raise UserError(
            f"param_{name} is a number in one meta-dataset and {value!r} in the other: build both again from "
            f"all trials, or rename one of the two hyperparameters"
        )


def _with_columns(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    absent = {
        column: 0.0 if column.startswith(CONFIGURATION_PREFIX) and "=" in column else np.nan
        for column in columns
        if column not in table
    }
    return table.assign(**absent)[columns]


def _without_unused(table: pd.DataFrame) -> pd.DataFrame:
    """Drop encoded columns that are empty for all configurations."""
    encoded = table[_with_prefix(table, CONFIGURATION_PREFIX)]
    is_unused = (encoded.isna() | (encoded.eq(0) & encoded.columns.str.contains("="))).all()
    return table.drop(columns=encoded.columns[is_unused.to_numpy()])


class Evaluations(NamedTuple):
    """All evaluations as arrays, sorted by task and configuration; shape (n_evaluations,) each.

    ``task`` and ``config`` are positions in the meta-dataset's tables; the score of a failed trial is NaN.
    """

    task: npt.NDArray[np.intp]
    config: npt.NDArray[np.intp]
    score: npt.NDArray[np.float64]


@dataclass(frozen=True)
class MetaDataset:
    """Evaluations, metafeatures and configurations of the tasks of one type.

    Attributes
    ----------
    tasks
        Indexed by ``task_id`` (sorted): ``task_type``, ``family``, ``provenance``, ``content_hash``,
        ``n_rows`` (NaN where unknown).
    metafeatures
        Indexed by ``task_id``, ``float64``, NaN where undefined.
    configurations
        Encoded configurations indexed by ``config_id`` (sorted), ``float64``, NaN where inactive.
    learners
        Learner of each configuration, indexed by ``config_id``.
    is_default
        Whether a configuration is its learner's library default, indexed by ``config_id``.
    evaluations
        One row per evaluated pair: ``task_id, config_id, score``; the score of a failed trial is NaN.
    """

    tasks: pd.DataFrame
    metafeatures: pd.DataFrame
    configurations: pd.DataFrame
    learners: pd.Series
    is_default: pd.Series
    evaluations: pd.DataFrame

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> MetaDataset:
        """Create the meta-dataset of one task type from a table of :func:`build_meta_dataset`."""
        by_task = table.drop_duplicates("task_id").set_index("task_id").sort_index()
        by_config = table.drop_duplicates("config_id").set_index("config_id").sort_index()
        return cls(
            tasks=by_task[TASK_COLUMNS],
            metafeatures=_prefixed(by_task, METAFEATURE_PREFIX).dropna(axis="columns", how="all"),
            configurations=_prefixed(by_config, CONFIGURATION_PREFIX),
            learners=by_config[LEARNER],
            is_default=by_config["is_default"].astype(bool),
            evaluations=table[["task_id", "config_id", "score"]].reset_index(drop=True),
        )

    @property
    def families(self) -> pd.Series:
        """Family of each task, indexed by ``task_id``; near-duplicates share one."""
        return self.tasks["family"]

    def select(self, task_ids: Collection[str]) -> MetaDataset:
        """Return the meta-dataset of some tasks, with all configurations."""
        kept = self.tasks.index.isin(list(task_ids))
        return MetaDataset(
            tasks=self.tasks[kept],
            metafeatures=self.metafeatures[kept],
            configurations=self.configurations,
            learners=self.learners,
            is_default=self.is_default,
            evaluations=self.evaluations[self.evaluations["task_id"].isin(self.tasks.index[kept])],
        )

    def scores_of(self, task_id: str) -> pd.Series:
        """Return the scores of one task's evaluated configurations, indexed by ``config_id`` (sorted)."""
        _, config, score = self.arrays
        rows = self.rows_of(task_id)
        return pd.Series(score[rows], index=self.configurations.index[config[rows]], name="score")

    def rows_of(self, task_id: str) -> slice:
        """Return the slice of a task's evaluations in :attr:`arrays`."""
        position = int(np.flatnonzero(self.tasks.index == task_id)[0])
        start, end = np.searchsorted(self.arrays.task, [position, position + 1])
        return slice(int(start), int(end))

    @cached_property
    def arrays(self) -> Evaluations:
        """The evaluations as arrays."""
        task = self.tasks.index.get_indexer(pd.Index(self.evaluations["task_id"]))
        config = self.configurations.index.get_indexer(pd.Index(self.evaluations["config_id"]))
        order = np.lexsort((config, task))
        score = self.evaluations["score"].to_numpy(dtype=np.float64)
        return Evaluations(task[order], config[order], score[order])

    def targets(self, kind: TargetKind) -> npt.NDArray[np.float64]:
        """Return the normalised scores of all evaluations, in the order of :attr:`arrays`.

        A failed trial counts as the worst of its task. Every task needs a finite score.
        """
        task, _, score = self.arrays
        starts = np.searchsorted(task, np.arange(len(self.tasks) + 1))
        targets = np.empty(len(score))
        for start, end in pairwise(starts):
            normalised = normalise_scores(score[start:end], kind).targets
            targets[start:end] = np.where(np.isnan(normalised), np.nanmin(normalised), normalised)
        return targets

    def score_matrix(self, config_ids: Collection[str]) -> pd.DataFrame:
        """Return the scores of all tasks on the given configurations.

        Returns
        -------
        pandas.DataFrame
            Shape (n_tasks, n_configurations), index ``task_id``, columns in the order given; NaN where not
            evaluated or failed.
        """
        columns = list(config_ids)
        rows = self.evaluations[self.evaluations["config_id"].isin(columns)]
        matrix = rows.pivot_table(index="task_id", columns="config_id", values="score", aggfunc="first")
        return matrix.reindex(index=self.tasks.index, columns=columns)

    def training_rows(self) -> pd.DataFrame:
        """Return the evaluations with a finite score, sorted by task and configuration."""
        finite: pd.DataFrame = self.evaluations[np.isfinite(self.evaluations["score"])]
        return finite.sort_values(["task_id", "config_id"], ignore_index=True)


def _prefixed(table: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return table[_with_prefix(table, prefix)].rename(columns=lambda column: column.removeprefix(prefix))
