"""Trials of one learner on many tasks with scores relative to each task."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.meta_model import MetaDataset, normalise_scores
from foretune.understanding.hyperparameters import LEARNER_COLUMN, Space, describe_space
from foretune.understanding.parameters import SurfaceParameters

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class TaskTrials:
    """Trials of one learner on one task.

    Attributes
    ----------
    task_id, family
        Name and family of the task.
    rows
        Positions of the configurations, shape (n_trials,).
    scores
        Relative scores: 0 for the worst of these trials, 1 for the best; NaN where the trial failed.
    """

    task_id: str
    family: str
    rows: Positions
    scores: Floats


@dataclass(frozen=True)
class LearnerTrials:
    """Trials of one learner on many tasks.

    Attributes
    ----------
    learner, space
        Name of the learner, its hyperparameters and configurations.
    configurations
        Encoded configurations in the order of ``space.values``.
    is_default
        Whether each is the library default, shape (n_configurations,).
    tasks
        Tasks with enough scores that are not all equal.
    """

    learner: str
    space: Space
    configurations: pd.DataFrame
    is_default: npt.NDArray[np.bool_]
    tasks: tuple[TaskTrials, ...]

    @classmethod
    def gather(cls, meta_dataset: MetaDataset, learner: str, parameters: SurfaceParameters) -> LearnerTrials:
        """Collect the trials of a learner from the meta-dataset of one task type."""
        config_ids = meta_dataset.learners.index[meta_dataset.learners == learner]
        configurations = meta_dataset.configurations.loc[config_ids]
        is_default = meta_dataset.is_default.loc[config_ids].to_numpy(dtype=bool)
        rows = meta_dataset.evaluations[meta_dataset.evaluations["config_id"].isin(config_ids)]
        tasks: list[TaskTrials] = []
        for task_id, trials in rows.groupby("task_id", sort=True):
            tried = trials.drop_duplicates("config_id").sort_values("config_id")
            scores = tried["score"].to_numpy(dtype=np.float64)
            known = scores[np.isfinite(scores)]
            if len(known) < parameters.min_trials or np.ptp(known) == 0:
                continue
            relative = normalise_scores(scores, "minmax").targets
            family = str(meta_dataset.families.loc[task_id])
            positions = config_ids.get_indexer(pd.Index(tried["config_id"]))
            tasks.append(TaskTrials(str(task_id), family, positions, relative))
        space = describe_space(configurations, is_default, parameters.n_levels)
        return cls(learner, space, configurations, is_default, tuple(tasks))

    @property
    def families(self) -> list[str]:
        """Family of each task."""
        return [task.family for task in self.tasks]

    def choose_candidates(self, n_candidates: int, seed: int) -> Positions:
        """Choose the configurations among which to search optima: defaults, then those tried most often.

        Returns their positions, increasing.
        """
        n_tasks = self._count_tasks()
        tie_break = np.random.default_rng(seed).permutation(len(n_tasks))
        order = np.lexsort((tie_break, -n_tasks, ~self.is_default))
        order = order[(n_tasks[order] > 0) | self.is_default[order]]
        return np.sort(order[:n_candidates])

    def find_default(self) -> int | None:
        """Return the position of the library default tried on most tasks; None if unknown."""
        if not self.is_default.any():
            return None
        return int(np.argmax(np.where(self.is_default, self._count_tasks(), -1)))

    def _count_tasks(self) -> Positions:
        """Count the tasks that tried each configuration."""
        return np.bincount(np.concatenate([task.rows for task in self.tasks]), minlength=len(self.is_default))

    def parameters_of(self, position: int) -> str:
        """Return a configuration as JSON with the original types, without hyperparameters not set."""
        parameters: dict[str, Any] = {}
        for column in self.configurations.columns:
            name, is_nominal, choice = str(column).partition("=")
            values = self.configurations[column]
            value = float(values.iloc[position])
            if name == LEARNER_COLUMN or np.isnan(value) or (is_nominal and value == 0):
                continue
            if is_nominal:
                parameters[name] = _parse(choice)
            else:
                parameters[name] = _as_number(value, values.dropna().to_numpy(dtype=np.float64))
        return json.dumps(parameters, sort_keys=True)


def _as_number(value: float, values: Floats) -> int | float:
    """Restore the type of a number, which the encoder does not keep.

    Whole numbers are integers if all values of the hyperparameter are. If shares and counts are mixed, as
    scikit-learn allows, 1 is a share and 2 a count.
    """
    if value == round(value) and (value > 1 or np.all(values == np.round(values))):
        return int(value)
    return value


def _parse(choice: str) -> Any:
    """Restore the type of a nominal value from its text."""
    try:
        parsed = ast.literal_eval(choice)
    except (ValueError, SyntaxError):
        return choice
    is_json = parsed is None or isinstance(parsed, bool | int | float | list | tuple)
    return parsed if is_json else choice
