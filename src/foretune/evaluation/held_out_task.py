"""Held-out task whose scores are revealed trial by trial."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.meta_model import MetaDataset


@dataclass(frozen=True)
class HeldOutTask:
    """A task with evaluated configurations whose scores are revealed one by one.

    Attributes
    ----------
    task_id
        Name of the task.
    metafeatures
        Indexed by name, NaN where undefined.
    candidates
        Encoded evaluated configurations, indexed by ``config_id`` (sorted); positions refer to its rows.
    learners, is_default
        Learner of each candidate, and whether it is the learner's library default; indexed as candidates.
    n_rows
        Rows of the table, NaN if unknown.
    until
        Seconds of trials after which nothing is read off a timed search.
    """

    task_id: str
    metafeatures: pd.Series
    candidates: pd.DataFrame
    learners: pd.Series
    is_default: pd.Series
    n_rows: float
    _scores: npt.NDArray[np.float64] = field(repr=False)
    _seconds: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    until: float = np.inf

    @classmethod
    def from_meta_dataset(
        cls, meta_dataset: MetaDataset, task_id: str, seconds: npt.NDArray[np.float64] | None = None
    ) -> HeldOutTask:
        """Create the held-out task of one task in a meta-dataset, with the seconds of all evaluations."""
        scores = meta_dataset.scores_of(task_id)
        own = None if seconds is None else seconds[meta_dataset.rows_of(task_id)]
        return cls(
            task_id=task_id,
            metafeatures=meta_dataset.metafeatures.T[task_id],
            candidates=meta_dataset.configurations.loc[scores.index],
            learners=meta_dataset.learners.loc[scores.index],
            is_default=meta_dataset.is_default.loc[scores.index],
            n_rows=float(meta_dataset.tasks["n_rows"][task_id]),
            _scores=scores.to_numpy(dtype=np.float64),
            _seconds=own if own is not None and np.isfinite(own).all() else None,
        )

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self._scores)

    def evaluate(self, position: int) -> float:
        """Return the score of a candidate: higher is better, NaN if the trial failed."""
        return float(self._scores[position])

    @property
    def has_times(self) -> bool:
        """Whether the seconds of the trials are known."""
        return self._seconds is not None

    def with_time(self, time: float) -> HeldOutTask:
        """Return the task with a limit of so many mean trials on what timed searches take."""
        return replace(self, until=time * float(self.reveal_seconds().mean()))

    def pay(self, position: int) -> float:
        """Return the seconds of a candidate's trial: for a method that has made the trial."""
        return float(self.reveal_seconds()[position])

    def reveal_seconds(self) -> npt.NDArray[np.float64]:
        """Return the seconds of all trials, shape (n_candidates,): for the evaluation only.

        Raises
        ------
        ValueError
            If they are not known.
        """
        if self._seconds is None:
            raise ValueError(f"the trials of {self.task_id} have no seconds")
        return self._seconds.copy()

    def reveal_all(self) -> npt.NDArray[np.float64]:
        """Return all scores, shape (n_candidates,): for the evaluation only, not for methods."""
        return self._scores.copy()

    def rng(self, seed: int) -> np.random.Generator:
        """Return a random generator that depends on the seed and the task, not on the order of tasks."""
        return np.random.default_rng([seed, zlib.crc32(self.task_id.encode())])
