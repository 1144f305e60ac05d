"""Parameters of preprocessing and of the metric used as the score."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from foretune.base import FrozenParameters, TaskType


class Scores(FrozenParameters):
    """Metric used as the score, by task type."""

    classification: str
    regression: str

    @field_validator("classification", "regression")
    @classmethod
    def _check_name(cls, name: str, info: ValidationInfo) -> str:
        from foretune.learners.metrics import known_metrics

        task_type: TaskType = "classification" if info.field_name == "classification" else "regression"
        if name not in known_metrics(task_type):
            raise ValueError(f"no such metric; allowed: {', '.join(known_metrics(task_type))}")
        return name

    def of(self, task_type: TaskType) -> str:
        """Metric of one task type."""
        return self.classification if task_type == "classification" else self.regression


class PreprocessingParameters(FrozenParameters):
    """Preprocessing of a table within each fold."""

    max_categories: int = Field(
        20, ge=2, le=1000, description="Most one-hot columns per nominal feature; rarer values share one."
    )
    by_learner: StrictBool = Field(
        False, description="Whether boosters that read categories and missing values get them as they are."
    )
    many_categories: Literal["one_hot", "target"] = Field(
        "one_hot",
        description="Encoding of nominal features with more than max_categories values, for other learners.",
    )

    @model_serializer(mode="wrap")
    def _leave_out_defaults(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is off, so that keys and files are those from before it existed."""
        written: dict[str, Any] = serialize(self)
        if not self.by_learner:
            written.pop("by_learner", None)
        if self.many_categories == "one_hot":
            written.pop("many_categories", None)
        return written
