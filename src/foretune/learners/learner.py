"""Definition of a tunable learner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sklearn.utils.validation import has_fit_parameter

from foretune.base import TaskType
from foretune.learners.folds import Fold
from foretune.learners.growing.model import GrowingModel
from foretune.learners.native_form import NativeForm
from foretune.learners.nested_axis import NestedAxis


def no_tuned_defaults(task_type: TaskType) -> Sequence[dict[str, Any]]:
    """Return no tuned defaults."""
    return ()


def with_smaller_steps(task_type: TaskType) -> Sequence[dict[str, Any]]:
    """Return what practitioners try first: a booster's default trees in smaller steps, as many as help."""
    return ({"learning_rate": 0.05},)


@dataclass(frozen=True)
class Learner:
    """A model family that can be tuned.

    Attributes
    ----------
    name
        Name in parameters and tables.
    build
        ``build(params, task_type, seed)`` returns an unfitted scikit-learn estimator that uses one thread and
        has ``predict_proba`` for classification.
    library_default
        ``library_default(task_type)`` returns the library's defaults, as far as the search space can express
        them; an estimator built with them must equal one built without parameters.
    predicts_most_probable
        Whether ``predict`` returns the most probable class, so that it need not be called.
    takes_labels
        Whether the classifier accepts labels of any type; if not, it gets their codes.
    nested_axis
        Hyperparameter of which one fit gives all smaller values, if there is one.
    fit_fold
        Optional faster fit: ``fit_fold(params, task_type, seed, fold)`` returns a predictor fitted to the
        training part of a fold, with the predictions of the estimator of ``build``.
    tuned_defaults
        ``tuned_defaults(task_type)`` returns configurations that were published as better defaults, without
        the number of rounds; by default none.
    grow
        Optional growth of a booster for early stopping: ``grow(params, task_type, seed, fold, max_rounds)``
        returns a :class:`foretune.learners.growing.model.GrowingModel` for parameters without the number of
        rounds, or None where these cannot grow. Without it the booster is fitted anew with more rounds.
    native
        How it reads categories and missing values by itself; None if it takes complete numbers only.
    threads
        How a fit takes several threads without another result: by the estimator's parameter ``n_jobs``, or by
        the limit of OpenMP. None if it always takes one.
    """

    name: str
    build: Callable[[dict[str, Any], TaskType, int], Any]
    library_default: Callable[[TaskType], dict[str, Any]]
    predicts_most_probable: bool = True
    nested_axis: NestedAxis | None = None
    takes_labels: bool = False
    fit_fold: Callable[[dict[str, Any], TaskType, int, Fold], Any] | None = None
    tuned_defaults: Callable[[TaskType], Sequence[dict[str, Any]]] = no_tuned_defaults
    grow: Callable[[dict[str, Any], TaskType, int, Fold, int], GrowingModel | None] | None = None
    native: NativeForm | None = None
    threads: Literal["n_jobs", "openmp"] | None = None

    def mark(self, params: dict[str, Any], is_category: tuple[bool, ...]) -> dict[str, Any]:
        """Return parameters that tell the library which columns hold codes of categories, if any do."""
        if self.native is None or not any(is_category):
            return params
        return self.native.mark(params, is_category)

    def fit(self, params: dict[str, Any], task_type: TaskType, seed: int, fold: Fold) -> Any:
        """Fit to the training part of a fold; the result predicts exactly as the estimator of ``build``."""
        if self.fit_fold is not None:
            return self.fit_fold(params, task_type, seed, fold)
        estimator = self.build(params, task_type, seed)
        return fit_estimator(estimator, fold.X_train, fold.y_train, fold.weights)


def fit_estimator(estimator: Any, X: Any, y: Any, weights: Any = None) -> Any:
    """Fit an estimator, with sample weights if there are any.

    Raises
    ------
    TypeError
        If its ``fit`` takes no sample weights.
    """
    if weights is None:
        return estimator.fit(X, y)
    if not has_fit_parameter(estimator, "sample_weight"):
        raise TypeError(f"{type(estimator).__name__} takes no sample_weight in fit")
    return estimator.fit(X, y, sample_weight=weights)
