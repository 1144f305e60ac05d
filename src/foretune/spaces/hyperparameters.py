"""Parameter models of search spaces: float, integer and choice hyperparameters with conditions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from foretune.base import FrozenParameters, TaskType

Scalar = bool | int | float | str | None


class FloatRange(FrozenParameters):
    """A continuous hyperparameter between two bounds."""

    type: Literal["float"]
    low: float
    high: float
    log: bool = Field(False, description="Uniform in the logarithm.")
    when: dict[str, list[Scalar]] = Field(
        default_factory=dict, description="Active only where each parent has one of these values."
    )

    @model_validator(mode="after")
    def _check_bounds(self) -> FloatRange:
        _check_range(self.low, self.high, self.log)
        return self

    def at(self, quantile: float) -> float:
        """Value at a quantile in [0, 1), rounded to six significant digits, as it is printed."""
        if self.log:
            value = math.exp(math.log(self.low) + quantile * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + quantile * (self.high - self.low)
        return min(max(float(f"{value:.6g}"), self.low), self.high)


class IntegerRange(FrozenParameters):
    """An integer hyperparameter: ``low``, ``low + step``, ... up to ``high``."""

    type: Literal["integer"]
    low: int
    high: int
    step: int = Field(1, ge=1)
    log: bool = Field(False, description="Uniform in the logarithm; needs step 1.")
    when: dict[str, list[Scalar]] = Field(
        default_factory=dict, description="Active only where each parent has one of these values."
    )

    @model_validator(mode="after")
    def _check_bounds(self) -> IntegerRange:
        _check_range(self.low, self.high, self.log)
        if self.log and self.step != 1:
            raise ValueError(f"log needs step 1, got step {self.step}")
        if (self.high - self.low) % self.step:
            raise ValueError(f"high {self.high} is not low {self.low} plus a multiple of step {self.step}")
        return self

    def at(self, quantile: float) -> int:
        """Value at a quantile in [0, 1), uniform over the values (on a log scale if ``log``)."""
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return min(max(round(math.exp(low + quantile * (high - low))), self.low), self.high)
        return self.low + self.step * int(quantile * ((self.high - self.low) // self.step + 1))


class Choice(FrozenParameters):
    """A hyperparameter with a list of values: nominal, or ordered if all are numbers."""

    type: Literal["choice"]
    choices: list[Scalar] = Field(min_length=1)
    when: dict[str, list[Scalar]] = Field(
        default_factory=dict, description="Active only where each parent has one of these values."
    )

    @model_validator(mode="after")
    def _check_distinct(self) -> Choice:
        if len({repr(choice) for choice in self.choices}) < len(self.choices):
            raise ValueError(f"choices repeat a value: {self.choices}")
        return self

    def at(self, quantile: float) -> Scalar:
        """Value at a quantile in [0, 1), uniform over the choices."""
        return self.choices[int(quantile * len(self.choices))]


TaggedHyperparameter = Annotated[FloatRange | IntegerRange | Choice, Field(discriminator="type")]
Hyperparameter = FloatRange | IntegerRange | Choice
# By name, in the order of the parameters
Hyperparameters = Mapping[str, Hyperparameter]


class LearnerSpace(FrozenParameters):
    """Search space of one learner: hyperparameters of both task types and of each."""

    shared: dict[str, TaggedHyperparameter] = Field(default_factory=dict)
    classification: dict[str, TaggedHyperparameter] = Field(default_factory=dict)
    regression: dict[str, TaggedHyperparameter] = Field(default_factory=dict)

    def of(self, task_type: TaskType) -> dict[str, Hyperparameter]:
        """Hyperparameters of one task type, in the order of the parameters."""
        return {**self.shared, **(self.classification if task_type == "classification" else self.regression)}

    @model_validator(mode="after")
    def _check_conditions(self) -> LearnerSpace:
        for hyperparameters in (self.of("classification"), self.of("regression")):
            for name, hyperparameter in hyperparameters.items():
                for parent, values in hyperparameter.when.items():
                    _check_condition(name, parent, values, hyperparameters)
        return self


def describe_range(one: Hyperparameter) -> str:
    """Describe the values of a hyperparameter in a few words: ``0.01 to 1 (log) if booster is dart``."""
    if isinstance(one, Choice):
        text = f"in {', '.join(map(str, one.choices))}"
    else:
        text = f"{one.low:g} to {one.high:g}{' (log)' if one.log else ''}"
    conditions = [f"{parent} is {' or '.join(map(str, values))}" for parent, values in one.when.items()]
    return text + (f" if {' and '.join(conditions)}" if conditions else "")


def _check_range(low: float, high: float, log: bool) -> None:
    if low >= high:
        raise ValueError(f"low {low} must be below high {high}")
    if log and low <= 0:
        raise ValueError(f"log needs low above 0, got {low}")


def _check_condition(name: str, parent: str, values: list[Scalar], hyperparameters: dict[str, Any]) -> None:
    if parent not in hyperparameters:
        raise ValueError(
            f"{name}.when names {parent!r}, which is not in the space: {', '.join(hyperparameters)}"
        )
    choices = getattr(hyperparameters[parent], "choices", None)
    if choices is None:
        raise ValueError(f"{name}.when: {parent!r} must be a choice")
    for value in values:
        if value not in choices:
            raise ValueError(f"{name}.when.{parent} has {value!r}, allowed: {choices}")
