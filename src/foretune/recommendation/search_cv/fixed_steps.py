"""Steps of a pipeline that no trial changes: where they fail, every trial does."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from foretune.base import describe_error
from foretune.learners import record_warnings
from foretune.recommendation.search_cv.folds import GivenData, Splits
from foretune.recommendation.search_cv.own_evaluator import take_own
from foretune.recommendation.search_cv.own_metadata import Metadata, is_routing

EVERY_TRIAL = (
    "every trial would fail, as the first did: the steps before {last}, of which nothing is searched, fail "
    "with {error}"
)


def why_every_trial_fails(
    estimator: Any, searched: Collection[str], data: GivenData, splits: Splits, metadata: Metadata
) -> str:
    """Return why the steps before the last one of a pipeline fail on the first fold; empty if it is not sure.

    Parameters
    ----------
    estimator
        The user's estimator.
    searched
        Names of everything that a trial sets.
    data, splits, metadata
        What the user gave, its splits, and the arguments of fits.
    """
    if not isinstance(estimator, Pipeline) or len(estimator.steps) < 2 or is_routing():
        return ""
    *before, (last, _) = estimator.steps
    own = {*(name for name, _ in before), *estimator.get_params(deep=False)} - {last}
    if any(name.partition("__")[0] in own for name in [*searched, *metadata.fit]):
        return ""
    rows = np.asarray(splits.parts[0][0])
    y = None if data.y is None else take_own(data.y, rows)
    with record_warnings():
        try:
            clone(estimator[:-1]).fit_transform(take_own(data.X, rows), y)
        except Exception as error:  # noqa: BLE001 - a step may raise anything
            return EVERY_TRIAL.format(last=last, error=describe_error(error))
    return ""
