"""Robust parallel execution: many independent jobs on threads, processes or a Dask cluster.

Knows no hyperparameters. :func:`run_jobs` is the way in; a :class:`Job` says what is done.
"""

from __future__ import annotations

from foretune.execution.errors import ClusterError, RunInterrupted
from foretune.execution.job import Job, Outcome, Reply
from foretune.execution.parallelism import describe_parallelism
from foretune.execution.parameters import Budget, Limits, ParallelParameters
from foretune.execution.run import run_jobs
from foretune.execution.summary import CutOff, Summary

__all__ = [
    "Budget",
    "ClusterError",
    "CutOff",
    "Job",
    "Limits",
    "Outcome",
    "ParallelParameters",
    "Reply",
    "RunInterrupted",
    "Summary",
    "describe_parallelism",
    "run_jobs",
]
