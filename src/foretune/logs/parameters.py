"""Parameters of logs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from foretune.base import ANY_TYPE, FrozenParameters, split_at_plus

# A task type names a folder of surrogates
TASK_TYPE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}$"


class LogParameters(FrozenParameters):
    """Parameters of reading logs."""

    score_direction: Literal["maximise", "minimise"] = Field(
        "maximise",
        description="Whether a higher or a lower score is better; minimise changes their sign.",
    )
    task_type: str = Field(
        ANY_TYPE,
        pattern=TASK_TYPE_PATTERN,
        description="Type of the tasks without a value in the column task_type; any serves both.",
    )
    family_threshold: float = Field(
        0.15,
        ge=0,
        description="Tasks nearer than this share of the median distance between tasks are one family.",
    )
    max_categories: int = Field(
        50, ge=2, description="A text hyperparameter with more values than this is dropped."
    )
    ok_statuses: tuple[str, ...] = Field(
        ("ok", "success", "complete", "completed", "finished", "done"),
        min_length=1,
        description="Values of the column status that mean a trial has worked; case does not matter.",
    )
    keep_columns: tuple[str, ...] = Field(
        (),
        description="Columns param_* that are hyperparameters although they look like results of trials.",
    )

    @field_validator("keep_columns", mode="before")
    @classmethod
    def _as_names(cls, names: Any) -> Any:
        return split_at_plus(names)
