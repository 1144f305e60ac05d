"""Seconds of a fit by learner, hyperparameters and size of the table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from foretune.base import FrozenParameters
from foretune.learners import work
from foretune.meta_model.manifest import ArtifactError, describe_invalid, parse_json, read_bytes
from foretune.spaces import Configuration

LARGEST_SECONDS = 1e9
MOST_BYTES = 10_000_000
# Beside the folder of the surrogates
COSTS = "learner_costs.json"
# Rows of a typical table of a memory
BASE_ROWS = 500


class LearnerCost(FrozenParameters):
    """Seconds of a learner's fit: ``overhead + rate * base ** exponent * growth ** row_exponent``.

    ``base`` is the work on a table of 500 rows, ``growth`` how many times as much it is with all rows.
    """

    overhead: float = Field(ge=0, le=1e4, description="Seconds of a fit to an empty table.")
    rate: float = Field(gt=0, le=1e4, description="Seconds of one unit of work.")
    exponent: float = Field(ge=0.2, le=1.5, description="Growth with columns and hyperparameters.")
    row_exponent: float = Field(ge=0.5, le=1.5, description="Growth with rows.")
    spread: float = Field(ge=0, le=10, description="Deviation of the logarithm of the seconds.")
    n_fits: int = Field(ge=0, description="Fits that it was learnt from.")

    def predict(self, base: float, growth: float) -> float:
        """Return the expected seconds of a fit, which do not fall when either grows."""
        logarithm = math.log(self.rate) + self.exponent * math.log(max(base, 1.0))
        logarithm += self.row_exponent * math.log(growth)
        return self.overhead + math.exp(min(logarithm, math.log(LARGEST_SECONDS)))


# Of learners without trials: seconds of 1 for about 3 million cells, known within a factor of ten
UNKNOWN = LearnerCost(overhead=0.01, rate=3e-7, exponent=1.0, row_exponent=1.0, spread=2.3, n_fits=0)


class CostModel(FrozenParameters):
    """Seconds of a fit, learnt from the times of earlier trials.

    Examples
    --------
    >>> from foretune.spaces import Configuration
    >>> model = CostModel(learners={})
    >>> model.predict(Configuration("mine", {}), n_rows=1_000, n_columns=20) < 0.1
    True
    """

    learners: dict[str, LearnerCost]
    other: LearnerCost = UNKNOWN

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if any(not name for name in self.learners):
            raise ValueError("a learner has no name")
        return self

    def knows(self, learner: str) -> bool:
        """Whether the model has seen fits of a learner."""
        return learner in self.learners

    def cost_of(self, learner: str) -> LearnerCost:
        """Return the cost of a learner, or that of learners in general."""
        return self.learners.get(learner, self.other)

    def predict(
        self, configuration: Configuration, n_rows: float, n_columns: float, n_classes: float = 1
    ) -> float:
        """Predict the seconds of one fit on one core.

        Parameters
        ----------
        configuration
            Learner and hyperparameters.
        n_rows, n_columns, n_classes
            Size of the training part; 1 class for regression.
        """
        cost = self.cost_of(configuration.learner)
        return cost.predict(*base_and_growth(configuration, n_rows, n_columns, n_classes))


def base_and_growth(
    configuration: Configuration, n_rows: float, n_columns: float, n_classes: float = 1
) -> tuple[float, float]:
    """Return the work on a table of 500 rows, and how many times as much it is with ``n_rows``."""
    base = work(configuration, BASE_ROWS, n_columns, n_classes)
    return base, work(configuration, n_rows, n_columns, n_classes) / base


def costs_to_json(costs: Mapping[str, CostModel]) -> dict[str, Any]:
    """Convert costs by task type to plain JSON values; the inverse of :func:`read_costs`."""
    return {task_type: model.model_dump() for task_type, model in costs.items()}


def read_costs(path: Path) -> dict[str, CostModel]:
    """Read ``learner_costs.json`` of the pipeline ``meta_training``: costs by task type.

    Raises
    ------
    ArtifactError
        If the file cannot be read, or holds anything else.
    """
    values = parse_json(path, read_bytes(path, MOST_BYTES))
    try:
        return {str(name): CostModel.model_validate(one) for name, one in dict(values).items()}
    except ValidationError as error:
        raise ArtifactError(
            f"{path} {describe_invalid(error)}: run the pipeline meta_training again"
        ) from None
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"{path} holds no costs: run the pipeline meta_training again") from error
