"""Strategy with Optuna's tree-structured Parzen estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.hpo.strategies.optuna_strategy import OptunaStrategy
from foretune.hpo.strategies.parameters import OptunaTpeOptions

if TYPE_CHECKING:
    import optuna


class OptunaTpe(OptunaStrategy[OptunaTpeOptions]):
    """TPE (Bergstra et al., NeurIPS 2011; multivariate as in Falkner et al., ICML 2018).

    Conditional hyperparameters are modelled from the trials in which they are active.
    """

    def _make_sampler(self) -> optuna.samplers.BaseSampler:
        import optuna

        conditional = any(dimension.hyperparameter.when for dimension in self.dimensions)
        return optuna.samplers.TPESampler(
            n_startup_trials=self.options.n_startup_trials,
            n_ei_candidates=self.options.n_ei_candidates,
            multivariate=self.options.multivariate,
            # Without groups, a joint model covers only the hyperparameters common to all trials
            group=self.options.multivariate and conditional,
            seed=self.seed,
        )
