"""Parameter models of the search strategies, discriminated by ``name``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from foretune.base import FrozenParameters


class StrategyOptions(FrozenParameters):
    """Base of the options of every strategy; subclasses narrow ``name`` to a literal with a default."""

    name: str


class SobolOptions(StrategyOptions):
    """Scrambled Sobol sequence, the same on every task."""

    name: Literal["sobol"] = "sobol"
    n_path_values: int = Field(
        4,
        ge=1,
        le=1000,
        description="Values of a learner's nested axis (number of trees, of neighbours) at each Sobol point; "
        "one fit gives them all.",
    )


class GridOptions(StrategyOptions):
    """All combinations of evenly spaced values."""

    name: Literal["grid"] = "grid"
    n_points: int = Field(5, ge=1, le=1000, description="Most values per range; choices are taken whole.")
    n_points_of: dict[str, Annotated[int, Field(ge=1, le=1000)]] = Field(
        default_factory=dict, description="Other numbers of values, by hyperparameter."
    )
    max_size: int = Field(10_000, ge=1, description="A larger grid is an error.")


class RandomOptions(StrategyOptions):
    """Independent random draws."""

    name: Literal["random"] = "random"


class SuccessiveHalvingOptions(StrategyOptions):
    """Successive halving: many configurations on a small resource, the best of them on more."""

    name: Literal["successive_halving"] = "successive_halving"
    eta: int = Field(3, ge=2, le=10, description="One in eta goes on, on eta times as much.")
    min_fidelity: float = Field(0.1, gt=0, lt=1, description="The lowest rung gets at least this share.")
    resource: str = Field(
        "rows",
        description="What is shared out: training rows, or an integer hyperparameter such as n_estimators.",
    )


class OptunaTpeOptions(StrategyOptions):
    """Optuna's tree-structured Parzen estimator."""

    name: Literal["optuna_tpe"] = "optuna_tpe"
    n_startup_trials: int = Field(10, ge=1, description="Random trials before the model.")
    n_ei_candidates: int = Field(24, ge=1, description="Draws among which the model chooses.")
    multivariate: bool = Field(True, description="Model hyperparameters jointly.")


class OptunaCmaesOptions(StrategyOptions):
    """Optuna's CMA-ES."""

    name: Literal["optuna_cmaes"] = "optuna_cmaes"
    n_startup_trials: int = Field(1, ge=1, description="Random trials before the evolution.")
    population_size: int | None = Field(
        None, ge=3, description="Trials per generation; by default 4 + 3 ln(dimensions)."
    )


class OptunaGpOptions(StrategyOptions):
    """Optuna's Gaussian process."""

    name: Literal["optuna_gp"] = "optuna_gp"
    n_startup_trials: int = Field(10, ge=1, description="Random trials before the model.")
    deterministic: bool = Field(False, description="Scores have no noise.")


class HyperoptTpeOptions(StrategyOptions):
    """Hyperopt's tree-structured Parzen estimator."""

    name: Literal["hyperopt_tpe"] = "hyperopt_tpe"
    n_startup_trials: int = Field(20, ge=1, description="Random trials before the model.")
    n_ei_candidates: int = Field(24, ge=1, description="Draws among which the model chooses.")
    gamma: float = Field(
        0.25, gt=0, le=10, description="So many times the root of the number of trials count as good."
    )


class KerasTunerRandomOptions(StrategyOptions):
    """Keras Tuner's random search."""

    name: Literal["keras_tuner_random"] = "keras_tuner_random"


class KerasTunerBayesianOptions(StrategyOptions):
    """Keras Tuner's Gaussian process."""

    name: Literal["keras_tuner_bayesian"] = "keras_tuner_bayesian"
    n_startup_trials: int | None = Field(
        None, ge=2, description="Random trials before the model; by default three per hyperparameter."
    )
    alpha: float = Field(1e-4, gt=0, description="Noise variance added to the kernel's diagonal.")
    beta: float = Field(2.6, ge=0, description="Weight of the uncertainty: larger explores more.")
