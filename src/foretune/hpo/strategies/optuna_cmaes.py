"""Strategy with Optuna's CMA-ES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.hpo.strategies.optional_library import require
from foretune.hpo.strategies.optuna_strategy import OptunaStrategy
from foretune.hpo.strategies.parameters import OptunaCmaesOptions

if TYPE_CHECKING:
    import optuna


class OptunaCmaes(OptunaStrategy[OptunaCmaesOptions]):
    """CMA-ES (Hansen and Ostermeier, Evolutionary Computation 9, 2001) of the ordered hyperparameters.

    Univariate TPE chooses the nominal ones. Inactive hyperparameters stay in the covariance, without effect
    on the score. With fewer than two ordered hyperparameters, TPE chooses all.
    """

    is_flat = True

    def _make_sampler(self) -> optuna.samplers.BaseSampler:
        require(self.options.name, self.extra, "cmaes")
        import optuna

        return optuna.samplers.CmaEsSampler(
            n_startup_trials=self.options.n_startup_trials,
            popsize=self.options.population_size,
            independent_sampler=optuna.samplers.TPESampler(seed=self.seed, multivariate=False),
            warn_independent_sampling=False,
            seed=self.seed,
        )
