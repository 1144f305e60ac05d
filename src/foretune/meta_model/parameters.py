"""Parameters of the meta-model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from foretune.base import FrozenParameters, TaskType

TargetKind = Literal["raw", "minmax", "zscore", "copula"]
DEEPEST_TREE = 16


class BoosterParameters(FrozenParameters):
    """Parameters of one XGBoost model."""

    n_rounds: int = Field(ge=1, le=10_000, description="Boosting rounds.")
    learning_rate: float = Field(gt=0, le=1, description="Shrinkage of every tree.")
    max_depth: int = Field(ge=1, le=DEEPEST_TREE, description="Largest depth of a tree.")
    min_child_weight: float = Field(1.0, ge=0, description="Least sum of row weights in a leaf.")
    subsample: float = Field(1.0, gt=0, le=1, description="Share of rows drawn for a tree.")
    colsample_bynode: float = Field(1.0, gt=0, le=1, description="Share of columns drawn for a split.")
    reg_lambda: float = Field(1.0, ge=0, description="L2 penalty on leaf values.")


class PolicyParameters(FrozenParameters):
    """Parameters of the prior and of the choice of the next configuration."""

    remainder: float = Field(
        0.02, ge=0, le=1, description="Least share of the covariance that is not learnt but a Matern kernel."
    )
    noise: float = Field(1e-3, gt=0, le=1, description="Variance of an observed score, in target units.")
    n_surfaces: int = Field(96, ge=16, le=10_000, description="Plausible surfaces to choose by, at most.")
    n_planned: int = Field(
        2, ge=1, le=1_000, description="First trials that are planned together, whatever their scores."
    )
    n_candidates: int = Field(
        24, ge=1, le=100_000, description="Candidates that are looked at closely before each trial."
    )


class Guard(FrozenParameters):
    """Parameters of the safeguards of recommendations."""

    default_within: int = Field(
        3, ge=1, description="The library default is among so many first trials of a search."
    )
    max_risk: float = Field(
        0.3,
        gt=0,
        le=1,
        description="A configuration replaces the default unasked only if it is worse with a probability "
        "below this.",
    )
    max_distance: float = Field(
        1.5,
        gt=0,
        description="A table farther from every known task than this many times the largest distance of a "
        "known task to its nearest is recommended what does well on all tasks.",
    )
    min_rows: int = Field(100, ge=1, description="With fewer rows the library default comes first.")
    max_svm_rows: int = Field(
        20_000, ge=1, description="Kernel machines cost the square of the rows: beyond they are left out."
    )
    max_gradient_boosting_rows: int = Field(
        50_000,
        ge=1,
        description="scikit-learn's gradient boosting tries every threshold: beyond it is left out, and "
        "XGBoost stands for it.",
    )

    def has_few_rows(self, n_rows: float) -> bool:
        """Whether a table is so small that the library default comes first; False where NaN."""
        return n_rows < self.min_rows

    def is_out_of_distribution(self, nearest: float, largest: float) -> bool:
        """Whether the nearest known task is too far away to rely on metafeatures.

        ``largest`` is the largest distance of a known task to its nearest one.
        """
        return nearest > self.max_distance * largest


class MetaTrainingParameters(FrozenParameters):
    """Parameters of the meta-dataset and of the surrogate's training."""

    target: TargetKind = Field(
        "copula", description="Per-task normalisation of the score that the surrogate learns."
    )
    metrics: dict[TaskType, list[str]] = Field(
        default_factory=dict,
        description="Further metrics with a memory of their own from the same trials, such as "
        "{classification: [log_loss]}.",
    )
    n_members: int = Field(32, ge=2, le=1_000, description="Members of the ensemble.")
    bag_share: float = Field(0.65, gt=0, lt=1, description="Share of the families of tasks a member sees.")
    max_rows: int = Field(
        20_000, ge=100, description="Evaluations that a member is trained on, drawn evenly over its tasks."
    )
    surrogate: BoosterParameters = Field(
        BoosterParameters(
            n_rounds=150,
            learning_rate=0.1,
            max_depth=6,
            min_child_weight=5,
            subsample=0.8,
            colsample_bynode=0.5,
        ),
        description="Predicts the normalised score.",
    )
    main_effect: BoosterParameters = Field(
        BoosterParameters(n_rounds=60, learning_rate=0.15, max_depth=5, min_child_weight=10),
        description="Predicts a configuration's mean over the tasks.",
    )
    level: BoosterParameters = Field(
        BoosterParameters(
            n_rounds=60,
            learning_rate=0.1,
            max_depth=2,
            min_child_weight=2,
            subsample=0.8,
            colsample_bynode=0.3,
        ),
        description="Predicts a task's mean score and spread.",
    )
    policy: PolicyParameters = PolicyParameters()
    guard: Guard = Field(
        Guard(), description="Of the method that is evaluated, and of every search with the memory."
    )

    @field_validator("metrics")
    @classmethod
    def _check_metrics(cls, metrics: dict[TaskType, list[str]]) -> dict[TaskType, list[str]]:
        from foretune.learners import known_metrics

        for task_type, names in metrics.items():
            if unknown := [name for name in names if name not in known_metrics(task_type)]:
                raise ValueError(
                    f"{task_type} has no metric {unknown[0]!r}; it has {', '.join(known_metrics(task_type))}"
                )
        return metrics
