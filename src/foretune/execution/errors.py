"""Errors that end a run of parallel jobs."""

from __future__ import annotations

from foretune.base import UserError
from foretune.execution.summary import Summary


class RunInterrupted(KeyboardInterrupt):
    """A run was interrupted and ended cleanly.

    Attributes
    ----------
    summary
        Counts of what was done.
    """

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        super().__init__(
            f"interrupted: {summary.n_trials.total()} trials are done and kept; "
            "run the same command again to go on from there"
        )


class ClusterError(UserError, RuntimeError):
    """The cluster cannot be reached, or failed as a whole."""


class WorkerClosedError(RuntimeError):
    """The worker was closed while a thread waited for it."""
