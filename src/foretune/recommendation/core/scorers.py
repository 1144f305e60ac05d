"""scikit-learn's names of the engine's metrics."""

from __future__ import annotations

from foretune.base import TaskType

SCORERS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "roc_auc_ovr": "roc_auc_ovr",
    "log_loss": "neg_log_loss",
    "r2": "r2",
    "rmse": "neg_root_mean_squared_error",
    "mae": "neg_mean_absolute_error",
}
# For memories without a known score
USUAL_SCORES: dict[TaskType, str] = {"classification": "balanced_accuracy", "regression": "r2"}
