"""Feasibility of configurations for the number of rows of a table."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from foretune.meta_model import Guard
from foretune.recommendation.core.fold_count import N_FOLDS
from foretune.recommendation.core.values import is_finite_number
from foretune.spaces import Configuration
from foretune.tables import Table


@dataclass(frozen=True)
class Feasibility:
    """Limits of what can be fitted to a table that is split for cross-validation.

    Attributes
    ----------
    n_training
        Rows of a training fold.
    guard
        Limits of rows by learner.
    n_refit
        Rows of the final fit of the best configuration, if more.
    """

    n_training: int
    guard: Guard
    n_refit: int = 0

    @classmethod
    def of(cls, new_task: Table, guard: Guard, n_folds: int | None = None) -> Feasibility:
        """Return the limits for a table that is split into ``n_folds``, five if None."""
        n_folds = n_folds or N_FOLDS
        return cls(new_task.n_rows * (n_folds - 1) // n_folds, guard)

    @classmethod
    def without_limits(cls, guard: Guard) -> Feasibility:
        """Return limits that every configuration keeps, for a task whose number of rows is unknown."""
        unlimited = {"max_svm_rows": sys.maxsize, "max_gradient_boosting_rows": sys.maxsize}
        return cls(sys.maxsize, guard.model_copy(update=unlimited))

    def why_not(self, configuration: Configuration) -> str | None:
        """Return why a configuration cannot be fitted or learns nothing; None if it is feasible.

        Hyperparameters are recognised by their names in scikit-learn, for any learner. Values of another
        type, as logs may have, are left to the estimator, whose trial then fails.
        """
        params = configuration.params
        neighbours = params.get("n_neighbors")
        if is_finite_number(neighbours) and neighbours > self.n_training:
            return f"n_neighbors = {neighbours} is more than the {self.n_training} rows of a training fold"
        leaf = params.get("min_samples_leaf")
        if isinstance(leaf, int) and 2 * leaf > self.n_training:
            return f"min_samples_leaf = {leaf} allows no split of {self.n_training} rows"
        n_rows = max(self.n_training, self.n_refit)
        if configuration.learner == "svm" and n_rows > self.guard.max_svm_rows:
            return (
                f"a kernel machine needs hours for {n_rows:,} rows (guard.max_svm_rows = "
                f"{self.guard.max_svm_rows:,})"
            )
        most = self.guard.max_gradient_boosting_rows
        if configuration.learner == "gradient_boosting" and n_rows > most:
            return (
                f"gradient boosting tries every threshold of {n_rows:,} rows, for which XGBoost is made "
                f"(guard.max_gradient_boosting_rows = {most:,})"
            )
        return None
