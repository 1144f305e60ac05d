"""Strategy with Optuna's Gaussian process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.hpo.strategies.optional_library import require
from foretune.hpo.strategies.optuna_strategy import OptunaStrategy
from foretune.hpo.strategies.parameters import OptunaGpOptions

if TYPE_CHECKING:
    import optuna


class OptunaGp(OptunaStrategy[OptunaGpOptions]):
    """Log expected improvement (Ament et al., NeurIPS 2023) of a Gaussian process; needs PyTorch.

    Inactive hyperparameters stay in the kernel, without effect on the score.
    """

    is_flat = True
    extra = "optuna-gp"
    # Another attempt costs as much and gives almost the same suggestion
    max_attempts = 2

    def _make_sampler(self) -> optuna.samplers.BaseSampler:
        require(self.options.name, self.extra, "torch")
        import optuna

        return optuna.samplers.GPSampler(
            n_startup_trials=self.options.n_startup_trials,
            deterministic_objective=self.options.deterministic,
            warn_independent_sampling=False,
            seed=self.seed,
        )
