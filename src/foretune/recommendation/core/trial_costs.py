"""Expected seconds of trials by the costs of the shipped memory, for budgets of time of the engine."""

from __future__ import annotations

from foretune.hpo import ExpectedSeconds
from foretune.recommendation.core.memory import load_memory
from foretune.spaces import Configuration
from foretune.tasks import Task


def expect_trials(n_folds: int) -> ExpectedSeconds:
    """Return the function that predicts the seconds of a trial, as :func:`foretune.hpo.run_hpo` takes it.

    Learners of which the shipped memory has no costs are expected to take no time.

    Parameters
    ----------
    n_folds
        Number of folds of a trial.
    """

    def expect(task: Task, configuration: Configuration) -> float:
        provenance = load_memory(task.task_type).provenance
        costs = None if provenance is None else provenance.costs
        if costs is None or not costs.knows(configuration.learner):
            return 0.0
        n_rows = len(task.y) * (1 - 1 / n_folds)
        n_classes = task.y.nunique() if task.task_type == "classification" else 1
        return n_folds * costs.predict(configuration, n_rows, task.X.shape[1], n_classes)

    return expect
