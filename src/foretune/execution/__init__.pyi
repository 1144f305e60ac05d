from .deadline_pool import DeadlinePool
from .errors import ClusterError, RunInterrupted
from .job import Job, Outcome, Reply
from .parallelism import count_cores, count_threads, describe_parallelism
from .parameters import Budget, Limits, ParallelParameters
from .run import run_jobs
from .summary import CutOff, Summary, describe_cut_off, shorten

__all__ = [
    "Budget", "ClusterError", "CutOff", "DeadlinePool", "Job", "Limits", "Outcome",
    "ParallelParameters", "Reply", "RunInterrupted", "Summary", "count_cores", "count_threads",
    "describe_cut_off", "describe_parallelism", "run_jobs", "shorten"
]
