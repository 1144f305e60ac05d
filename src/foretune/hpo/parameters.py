"""Parameters of hyperparameter optimisation: strategies, cross-validation, metrics, limits, budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, field_validator, model_validator

from foretune.base import FrozenParameters, shortened, split_at_plus
from foretune.execution import Budget, Limits
from foretune.hpo.strategies.parameters import SobolOptions, StrategyOptions
from foretune.hpo.strategies.registry import StrategyChoice
from foretune.learners import EarlyStopping, PreprocessingParameters, Scores
from foretune.spaces import LearnerSpace


class HpoBudget(Budget):
    """Budget of time and trials. Running trials finish; those not started are reported."""

    n_trials: int | None = Field(
        None,
        ge=1,
        description="Trials of the whole run, those the ledger knows among them, dealt out evenly.",
    )


class HpoParameters(FrozenParameters):
    """Parameters of hyperparameter optimisation: learners, spaces, strategies, evaluation, budget."""

    learners: list[str] = Field(min_length=1, description="Learners to run, in the order to list them.")
    n_configurations: int = Field(
        ge=1, le=100_000, description="Configurations per learner; its library default comes on top."
    )
    n_configurations_of: dict[str, Annotated[int, Field(ge=0, le=100_000)]] = Field(
        default_factory=dict, description="Fewer configurations of some learners, such as {catboost: 16}."
    )
    n_configurations_above: dict[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=0, le=100_000)]] = (
        Field(
            default_factory=dict,
            description="The first so many only, on tasks of more rows, such as {4000: 32, 20000: 8}.",
        )
    )
    tuned_defaults: StrictBool = Field(
        False, description="Whether published better defaults of boosters come after the library default."
    )
    more_configurations: dict[str, list[dict[str, bool | int | float | str | None]]] = Field(
        default_factory=dict,
        description="Configurations of some learners that are tried on every task beside the others, such as "
        "{lightgbm: [{learning_rate: 0.03, num_leaves: 128}]}.",
    )
    strategy: StrategyChoice = Field(SobolOptions(), description="Where the configurations come from.")
    strategies: dict[str, StrategyChoice] = Field(
        default_factory=dict, description="Another strategy for some learners."
    )
    max_cells: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict,
        description="Largest tasks of some learners: rows x features, times the classes where more than two.",
    )
    max_rows: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description="Largest tasks of some learners in rows, such as {svm: 4000}."
    )
    batch_size: int = Field(
        1, ge=1, le=1000, description="Configurations that a strategy which learns proposes at once."
    )
    n_folds: int = Field(ge=3, le=20, description="Folds of the cross-validation.")
    n_folds_above: dict[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1, le=20)]] = Field(
        default_factory=dict,
        description="Run only the first of the folds on tasks of more rows, such as {4000: 1}.",
    )
    score: Scores
    preprocessing: PreprocessingParameters
    spaces: dict[str, LearnerSpace] = Field(description="Search space of each learner.")
    early_stopping: EarlyStopping | None = Field(
        None,
        description="Choose the number of boosting rounds within each trial: limits, or true for the "
        "defaults; null or false to search for it.",
    )
    racing: bool = Field(
        False,
        description="Stop trials that the first folds show to be behind, of strategies that learn from each "
        "score. Off by default: the memory learns from complete trials, and shared designs run complete.",
    )
    limits: Limits = Field(Limits(), description="What one configuration may cost.")
    budget: HpoBudget = Field(HpoBudget(), description="When to start nothing new.")
    retry: list[Literal["failed", "timeout", "crashed"]] = Field(
        ["crashed"], description="Trials in the ledger that are evaluated again."
    )

    def n_configurations_for(self, learner: str, n_rows: int) -> int:
        """Return the number of configurations of a learner on a task with so many rows."""
        of_learner = self.n_configurations_of.get(learner, self.n_configurations)
        above = [n for rows, n in self.n_configurations_above.items() if n_rows > rows]
        return min([self.n_configurations, of_learner, *above])

    def n_folds_to_run(self, n_rows: int) -> int:
        """Return the number of folds that are run on a task with so many rows, the first ones."""
        above = [n for rows, n in self.n_folds_above.items() if n_rows > rows]
        return min([self.n_folds, *above])

    def strategy_of(self, learner: str) -> StrategyOptions:
        """Return the strategy of one learner."""
        return self.strategies.get(learner, self.strategy)

    @field_validator("learners", "retry", mode="before")
    @classmethod
    def _as_lists(cls, given: Any) -> Any:
        return split_at_plus(given)

    @field_validator("early_stopping", mode="before")
    @classmethod
    def _as_early_stopping(cls, given: Any) -> Any:
        if isinstance(given, bool):
            return EarlyStopping() if given else None
        if given is None or isinstance(given, Mapping | EarlyStopping):
            return given
        raise ValueError(
            f"{shortened(repr(given))} must be true, false, or limits, such as "
            "{patience: 50, max_rounds: 2000}"
        )

    @field_validator("learners")
    @classmethod
    def _check_learners(cls, learners: list[str]) -> list[str]:
        from foretune.learners import known_learners

        unknown = [name for name in learners if name not in known_learners()]
        if unknown:
            raise ValueError(f"learner {unknown[0]!r} is unknown; allowed: {', '.join(known_learners())}")
        if len(set(learners)) < len(learners):
            raise ValueError("a learner may stand there once only")
        return learners

    @model_validator(mode="after")
    def _check_spaces(self) -> HpoParameters:
        for name in self.learners:
            if name not in self.spaces:
                raise ValueError(f"learner {name!r} has no search space; add hpo.spaces.{name}")
        for group in ("strategies", "max_cells", "max_rows", "n_configurations_of", "more_configurations"):
            for name in getattr(self, group):
                if name not in self.spaces:
                    raise ValueError(f"{group} names {name!r}, which has no search space in hpo.spaces")
        return self
