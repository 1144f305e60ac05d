"""Labels that an estimator of the user's own refuses in every fit."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from foretune.base import quoted
from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.folds import Splits

# The class that takes nothing but codes of classes, and its package
TAKES_CODES, PACKAGE = "XGBClassifier", "xgboost"
SHOWN_LABELS = 3


def check_labels(
    estimator: Any, labels: npt.NDArray[Any], splits: Splits, searched: Collection[str] = ()
) -> None:
    """Refuse labels that the estimator refuses in every trial: XGBoost's classifier takes 0, 1, ... alone.

    Parameters
    ----------
    estimator
        The user's estimator. Labels reach XGBoost's as they are, also at the end of a pipeline.
    labels
        Labels of all rows.
    splits
        The folds: labels that are codes in one training part fail in some fits only, as any other error.
    searched
        Names of the parameters that are searched: a step may be another estimator.

    Raises
    ------
    SearchError
        With what to do.
    """
    last = _last_step(estimator, set(searched))
    if not _fits_as_xgboost(last) or any(_are_codes(labels[train]) for train, _ in splits.parts):
        return
    raise SearchError(
        f"y has the labels {quoted(np.unique(labels), SHOWN_LABELS)}, and {type(last).__name__} takes 0, 1, "
        f"... alone: give LabelEncoder().fit_transform(y) of sklearn.preprocessing as y, whose "
        f"inverse_transform turns predictions into labels, or MetaSearchCV('xgboost'), which takes any labels"
    )


def _last_step(estimator: Any, searched: set[str]) -> Any:
    """Return the estimator that gets the labels of a pipeline; None if it may be another in a trial."""
    prefix = ""
    while isinstance(estimator, Pipeline):
        name, estimator = estimator.steps[-1]
        if f"{prefix}{name}" in searched or f"{prefix}steps" in searched:
            return None
        prefix += f"{name}__"
    return estimator


def _fits_as_xgboost(estimator: Any) -> bool:
    """Whether an estimator is XGBoost's classifier, or one derived from it that does not fit otherwise."""
    for kind in type(estimator).__mro__:
        is_theirs = kind.__module__.split(".")[0] == PACKAGE
        if is_theirs and kind.__name__ == TAKES_CODES:
            return True
        if not is_theirs and "fit" in vars(kind):
            return False
    return False


def _are_codes(labels: npt.NDArray[Any]) -> bool:
    classes = np.unique(labels)
    is_text = classes.dtype.kind in "US"
    return not is_text and bool((classes == np.arange(len(classes))).all())
