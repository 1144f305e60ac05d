"""Parameters of parallel execution: workers and backend, limits of an item, budget of a run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from foretune.base import FrozenParameters

Backend = Literal["processes", "threads", "dask"]


class ParallelParameters(FrozenParameters):
    """Number of workers, and backend: processes, threads or a Dask cluster."""

    n_workers: int = Field(
        ge=-1, description="Workers; -1 takes one per core. A Dask cluster has its own number."
    )
    backend: Backend = "processes"
    address: str | None = Field(
        None, description="Scheduler of the Dask cluster, such as tcp://10.0.0.1:8786; only for backend dask."
    )

    @field_validator("n_workers")
    @classmethod
    def _check_workers(cls, n_workers: int) -> int:
        if n_workers == 0:
            raise ValueError("must be -1 (one per core) or at least 1")
        return n_workers

    @model_validator(mode="after")
    def _check_address(self) -> ParallelParameters:
        if self.backend == "dask" and not self.address:
            raise ValueError("backend dask needs the scheduler's address, such as tcp://10.0.0.1:8786")
        if self.backend != "dask" and self.address:
            raise ValueError(
                f"address = {self.address!r} is of a Dask cluster, but backend is {self.backend}"
            )
        return self


class Limits(FrozenParameters):
    """Limits of time and memory of one item, whose process is killed when it exceeds them."""

    seconds_per_trial: float | None = Field(None, gt=0, description="Wall time of one item.")
    seconds_to_prepare: float | None = Field(None, gt=0, description="Wall time of a job's preparation.")
    max_memory_mb: float | None = Field(
        None, gt=0, description="Resident memory of a worker process, the libraries it loaded among it."
    )

    @property
    def need_processes(self) -> bool:
        """Whether any limit is set: only a process can be ended from outside."""
        return any(value is not None for value in self.model_dump().values())


class Budget(FrozenParameters):
    """Time after which no item is started. Running items finish; the summary lists those not started."""

    seconds_per_task: float | None = Field(None, gt=0, description="Working time of all workers on one task.")
    seconds_total: float | None = Field(None, gt=0, description="Wall time of the run.")
