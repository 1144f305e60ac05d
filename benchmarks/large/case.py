"""What a method gets, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from large.metrics import Floats, Metric
from large.tables import SplitTable


@dataclass(frozen=True, eq=False)
class Case:
    """A split table, the metric that is asked for, a seed, and the number of threads."""

    table: SplitTable
    metric: Metric
    seed: int
    threads: int = 1

    def name_in(self, names: tuple[str, str]) -> str:
        """Return the one of two names of the metric that is for the number of classes."""
        return names[self.table.n_classes > 2]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model.

    Attributes
    ----------
    predict
        Predicts rows with the columns of the table: probabilities of classification in the order of the
        classes, values of regression.
    details
        What is kept beside the loss: number of trials, rounds, parameters.
    seconds
        Time of the fit where it was measured elsewhere.
    """

    predict: Callable[[pd.DataFrame], Floats]
    details: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None


def predict_with(model: Any, X: pd.DataFrame, n_classes: int) -> Floats:
    """Predict by an estimator of scikit-learn's kind; a class that it has not seen has probability 0."""
    if not n_classes:
        return np.asarray(model.predict(X), dtype=float)
    predictions = np.zeros((len(X), n_classes))
    predictions[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(X)
    return predictions
