"""What the engine has to know of a learner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from foretune.base import TaskType
from foretune.learners.folds import Fold
from foretune.learners.nested_axis import NestedAxis


@dataclass(frozen=True)
class Learner:
    """A model family that can be tuned.

    Attributes
    ----------
    name
        Name in the parameters and tables.
    build
        ``build(params, task_type, seed)`` returns an unfitted scikit-learn estimator, on one thread, with
        ``predict_proba`` for classification.
    library_default
        ``library_default(task_type)`` returns the defaults of the library itself, as far as the search space
        can express them; building with them must equal building with no parameters at all.
    predicts_most_probable
        Whether ``predict`` returns the class of the highest probability, so that it need not be called too.
    takes_labels
        Whether the classifier takes labels of any kind; if not, it is given their codes.
    nested_axis
        The hyperparameter whose every value falls out of one fit, if there is one.
    fit_fold
        ``fit_fold(params, task_type, seed, fold)`` returns something fitted to a fold's training part that
        predicts what the estimator of ``build`` would, where there is a faster way than to fit that.
    """

    name: str
    build: Callable[[dict[str, Any], TaskType, int], Any]
    library_default: Callable[[TaskType], dict[str, Any]]
    predicts_most_probable: bool = True
    nested_axis: NestedAxis | None = None
    takes_labels: bool = False
    fit_fold: Callable[[dict[str, Any], TaskType, int, Fold], Any] | None = None

    def fit(self, params: dict[str, Any], task_type: TaskType, seed: int, fold: Fold) -> Any:
        """Fit to a fold's training part; ``predict`` and ``predict_proba`` of what is returned are exact."""
        if self.fit_fold is not None:
            return self.fit_fold(params, task_type, seed, fold)
        return self.build(params, task_type, seed).fit(fold.X_train, fold.y_train)
