"""Parameters of the meta-model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from foretune.parameters import FrozenParameters

TargetKind = Literal["raw", "minmax", "zscore", "copula"]


class BoosterParameters(FrozenParameters):
    """Settings of one XGBoost regressor with squared error."""

    n_rounds: int = Field(ge=1, le=10_000, description="Boosting rounds.")
    learning_rate: float = Field(gt=0, le=1, description="Shrinkage of every tree.")
    max_depth: int = Field(ge=1, le=16, description="Largest depth of a tree.")
    min_child_weight: float = Field(1.0, ge=0, description="Least sum of row weights in a leaf.")
    subsample: float = Field(1.0, gt=0, le=1, description="Share of rows drawn for a tree.")
    colsample_bynode: float = Field(1.0, gt=0, le=1, description="Share of columns drawn for a split.")
    reg_lambda: float = Field(1.0, ge=0, description="L2 penalty on leaf values.")


class MetaTrainingParameters(FrozenParameters):
    """How the meta-dataset is built and the surrogate trained."""

    target: TargetKind = Field(description="Per-task normalisation of the score that the surrogate learns.")
    surrogate: BoosterParameters = Field(description="Predicts the normalised score.")
    level: BoosterParameters = Field(description="Predicts a task's mean score and spread.")
