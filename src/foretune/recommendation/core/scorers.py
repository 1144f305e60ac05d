"""scikit-learn's names of the engine's metrics."""

from __future__ import annotations

from typing import Any, cast

from foretune.base import ArgumentError, TaskType, check_kind, close_matches
from foretune.tables import holds_numbers

SCORERS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "roc_auc_ovr": "roc_auc_ovr",
    "log_loss": "neg_log_loss",
    "r2": "r2",
    "rmse": "neg_root_mean_squared_error",
    "mae": "neg_mean_absolute_error",
}
# Scorers that are the metric wherever they have a value: this one takes two classes only
SAME = {"roc_auc": "roc_auc_ovr"}
# Of other scorers the metric that a memory should predict instead: it ranks configurations most alike
NEAREST = {
    **SAME,
    "roc_auc_ovo": "roc_auc_ovr",
    "roc_auc_ovr_weighted": "roc_auc_ovr",
    "roc_auc_ovo_weighted": "roc_auc_ovr",
    "average_precision": "roc_auc_ovr",
    "top_k_accuracy": "accuracy",
    "jaccard_micro": "accuracy",
    "f1_micro": "accuracy",
    "precision_micro": "accuracy",
    "recall_micro": "accuracy",
    "f1_weighted": "accuracy",
    "neg_brier_score": "log_loss",
    "d2_log_loss_score": "log_loss",
    "d2_brier_score": "log_loss",
    "neg_mean_squared_error": "rmse",
    "neg_mean_squared_log_error": "rmse",
    "neg_root_mean_squared_log_error": "rmse",
    "neg_max_error": "rmse",
    "explained_variance": "r2",
    "neg_mean_poisson_deviance": "rmse",
    "neg_mean_gamma_deviance": "rmse",
    "d2_absolute_error_score": "mae",
    "neg_median_absolute_error": "mae",
    "neg_mean_absolute_percentage_error": "mae",
}
# Errors in units of the target, whose level on one table tells nothing of another's: what predicts the metric
# without a unit, from the same trials, serves them
IN_UNITS, COMPARABLE = ("rmse", "mae"), "r2"
# Of the memories of other metrics the first serves the usual scores; accuracy on few rows is coarse
NEAREST_FIRST = ("balanced_accuracy", "log_loss", "accuracy", "roc_auc_ovr", "r2", "rmse", "mae")
# Errors that R2 is computed from
SQUARED = ("rmse", "neg_root_mean_squared_error", "neg_mean_squared_error")
# For memories without a known score
USUAL_SCORES: dict[TaskType, str] = {"classification": "balanced_accuracy", "regression": "r2"}
# Private name of scikit-learn: the metric of a scorer; where it is missing, the scorer gets the estimator
METRIC_OF_SCORER = "_score_func"
# Private modules of scikit-learn; a metric of any other is left to the trials
REGRESSION_METRICS, CLASS_METRICS = "sklearn.metrics._regression", "sklearn.metrics._classification"
RANKING_METRICS = "sklearn.metrics._ranking"


def task_type_by_score(scoring: object, y: Any) -> TaskType | None:
    """Return regression for a target of numbers whose score compares values, such as RMSE; otherwise None.

    A few whole numbers, ratings for instance, look like classes; who asks for such a score predicts values.

    Parameters
    ----------
    scoring
        Name of a scorer of scikit-learn or of one of the engine's metrics, or a scorer; anything else says
        nothing of the target.
    y
        Target, shape (n_rows,).
    """
    return "regression" if is_of_values(scoring) and holds_numbers(y) else None


def is_of_values(scoring: object) -> bool:
    """Return whether a score, by its name or as a scorer, is known to compare values."""
    return _module_of_metric(scoring) == REGRESSION_METRICS


def is_of_classes(scoring: object) -> bool:
    """Return whether a score, by its name or as a scorer, is known to compare classes."""
    return _module_of_metric(scoring) == CLASS_METRICS


def is_of_ranks(scoring: object) -> bool:
    """Return whether a score, by its name or as a scorer, is known to rank rows by class, as ROC AUC does.

    Predicted values rank them, too, where the target is 0 and 1.
    """
    return _module_of_metric(scoring) == RANKING_METRICS


def _module_of_metric(scoring: object) -> str:
    metric = getattr(_scorer_of(scoring), METRIC_OF_SCORER, None)
    return getattr(metric, "__module__", "")


def _scorer_of(scoring: object) -> object:
    """Return the scorer that a name stands for; whatever else there is as it is."""
    if not isinstance(scoring, str):
        return scoring
    from sklearn.metrics import get_scorer, get_scorer_names

    name = SCORERS.get(scoring, scoring)
    return get_scorer(name) if name in get_scorer_names() else None


def metric_to_predict(scoring: object, task_type: TaskType) -> str:
    """Return the engine's metric that a memory should predict for a scorer.

    Parameters
    ----------
    scoring
        Name of a scorer of scikit-learn or of one of the engine's metrics; anything else, such as a function
        or None, counts as the usual score.
    task_type
        Selects the usual score: balanced accuracy or R2.
    """
    by_scorer = {scorer: metric for metric, scorer in SCORERS.items()}
    if not isinstance(scoring, str):
        return USUAL_SCORES[task_type]
    if scoring in SCORERS:
        return scoring
    return by_scorer.get(scoring) or NEAREST.get(scoring) or USUAL_SCORES[task_type]


def is_metric(scoring: object, predicted: str | None) -> bool:
    """Whether a scorer is the metric that a memory predicts."""
    if not isinstance(scoring, str) or predicted is None:
        return False
    return scoring in (predicted, SCORERS.get(predicted)) or SAME.get(scoring) == predicted


def describe_other_metric(scoring: object, predicted: str | None) -> list[str]:
    """Say which metric a memory predicts if it ranks otherwise than the scorer asked for; else nothing."""
    if scoring is None or predicted is None or is_metric(scoring, predicted):
        return []
    if predicted == COMPARABLE and scoring in SQUARED:
        # On the same folds both rank alike
        return []
    asked = scoring if isinstance(scoring, str) else "the score asked for"
    return [f"the memory does not predict {asked}: what is recommended is ranked by {predicted}"]


def check_asked_score(argument: str, score: object) -> None:
    """Check that an argument is the name of a scorer or None.

    Raises
    ------
    ArgumentError
        If it is not, with the name of the argument.
    """
    check_kind(argument, score, str, "the name of a scorer", optional=True)
    try:
        check_scorer_name(cast("str | None", score))
    except ValueError as error:
        raise ArgumentError(f"{argument} = {error}") from None


def check_scorer_name(scoring: str | None) -> str | None:
    """Check that a name is a scorer of scikit-learn or one of the engine's metrics, by a ``ValueError``."""
    from sklearn.metrics import get_scorer_names

    known = [*get_scorer_names(), *SCORERS]
    if scoring is None or scoring in known:
        return scoring
    hint = close_matches(scoring, known) or ": see sklearn.metrics.get_scorer_names()"
    raise ValueError(f"{scoring!r} is no scorer{hint}")
