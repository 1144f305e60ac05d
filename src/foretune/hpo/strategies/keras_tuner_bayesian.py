"""Keras Tuner's Bayesian optimisation."""

from __future__ import annotations

from typing import Any

from foretune.hpo.strategies.keras_tuner_strategy import KerasTunerStrategy
from foretune.hpo.strategies.parameters import KerasTunerBayesianOptions


class KerasTunerBayesian(KerasTunerStrategy[KerasTunerBayesianOptions]):
    """Keras Tuner's ``BayesianOptimizationOracle``: a Gaussian process with an upper confidence bound.

    The bound is that of Srinivas et al. (ICML 2010). To the model nominal choices have an order, that in
    which they are written, and inactive hyperparameters are at their lower bound. From the first model on, a
    suggestion takes a second or two.
    """

    # Asked again it gives almost the same again, after as much work
    max_attempts = 2

    def _make_oracle(self, **arguments: Any) -> Any:
        import keras_tuner

        return keras_tuner.oracles.BayesianOptimizationOracle(
            num_initial_points=self.options.n_startup_trials,
            alpha=self.options.alpha,
            beta=self.options.beta,
            **arguments,
        )
