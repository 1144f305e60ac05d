"""Parameters of the analysis of hyperparameters and metafeatures."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from foretune.base import FrozenParameters
from foretune.meta_model import BoosterParameters

Part = Literal["hyperparameters", "shap", "ablation"]


class SurfaceParameters(FrozenParameters):
    """Parameters of the random forest of one learner's scores on one task."""

    n_trees: int = Field(16, ge=2, le=500, description="Trees of the forest.")
    max_leaves: int = Field(48, ge=2, le=1_000, description="Largest number of leaves of a tree.")
    min_samples_leaf: int = Field(1, ge=1, le=100, description="Least number of trials in a leaf.")
    n_levels: int = Field(
        12, ge=2, le=100, description="Values at which the curve of a numeric hyperparameter is read."
    )
    min_trials: int = Field(
        8, ge=3, le=1_000, description="A task with fewer finite scores of a learner is left out for it."
    )
    max_trials: int = Field(500, ge=10, le=100_000, description="Trials of a task that a forest reads.")
    max_candidates: int = Field(
        500, ge=10, le=10_000, description="Configurations among which defaults and optima are looked for."
    )


class AblationParameters(FrozenParameters):
    """Parameters of the ablation of metafeature groups."""

    n_folds: int = Field(5, ge=2, le=50, description="Folds of families.")
    max_groups: int = Field(12, ge=2, le=50, description="Most groups; the smallest are put together.")
    max_rows: int = Field(20_000, ge=100, le=10_000_000, description="Rows that a surrogate is trained on.")
    surrogate: BoosterParameters = Field(
        BoosterParameters(n_rounds=60, learning_rate=0.2, max_depth=6),
        description="A lighter surrogate than the one of meta_training: it is fitted a hundred times.",
    )


class UnderstandingParameters(FrozenParameters):
    """Parameters of the analysis: parts, sizes and bootstrap intervals."""

    parts: tuple[Part, ...] = Field(
        ("hyperparameters", "shap", "ablation"), description="What is worked out; other tables stay empty."
    )
    surface: SurfaceParameters = Field(SurfaceParameters(), description="The forest of a learner on a task.")
    shap_rows: int = Field(1_500, ge=10, le=1_000_000, description="Rows whose predictions are explained.")
    shap_members: int = Field(
        5,
        ge=1,
        le=1_000,
        description="Most members of an ensemble that are explained; they cost the same each.",
    )
    ablation: AblationParameters = Field(AblationParameters(), description="Metafeatures left out by group.")
    n_bootstrap: int = Field(2_000, ge=100, le=100_000, description="Bootstrap samples of an interval.")
    confidence_level: float = Field(0.95, gt=0, lt=1, description="Coverage of the bootstrap intervals.")
