"""Strategy with Keras Tuner's Bayesian optimisation."""

from __future__ import annotations

from typing import Any

from foretune.hpo.strategies.keras_tuner_strategy import KerasTunerStrategy
from foretune.hpo.strategies.parameters import KerasTunerBayesianOptions


class KerasTunerBayesian(KerasTunerStrategy[KerasTunerBayesianOptions]):
    """Keras Tuner's ``BayesianOptimizationOracle``: a Gaussian process with an upper confidence bound.

    The bound is that of Srinivas et al. (ICML 2010). The model treats nominal choices as ordered, as written,
    and inactive hyperparameters as at their lower bound. A suggestion of the model takes a second or two.
    """

    # Another attempt costs as much and gives almost the same suggestion
    max_attempts = 2

    def _make_oracle(self, **arguments: Any) -> Any:
        import keras_tuner

        return keras_tuner.oracles.BayesianOptimizationOracle(
            num_initial_points=self.options.n_startup_trials,
            alpha=self.options.alpha,
            beta=self.options.beta,
            **arguments,
        )
