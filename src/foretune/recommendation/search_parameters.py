"""Checks the arguments of a search when it begins, as scikit-learn's conventions want it."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from foretune.base.errors import UserError
from foretune.base.parameters import TASK_TYPES

if TYPE_CHECKING:
    from foretune.recommendation.meta_search_cv import MetaSearchCV


class SearchError(UserError, ValueError):
    """A search that cannot begin, or found nothing; the message says why."""


def check_parameters(search: MetaSearchCV) -> None:
    """Check what does not depend on the table.

    Raises
    ------
    SearchError
        If an argument has a value that it cannot have.
    """
    from foretune.meta_model.parameters import Guard

    check_whole("n_trials", search.n_trials, 0)
    check_whole("max_rows", search.max_rows, 2)
    check_whole("verbose", search.verbose, 0)
    if not _is_number(search.min_gain) or not 0 <= float(search.min_gain) < np.inf:
        raise SearchError(f"min_gain = {search.min_gain!r} must be a number of at least 0")
    if search.task_type not in (None, *TASK_TYPES):
        raise SearchError(f"task_type = {search.task_type!r} must be one of {', '.join(TASK_TYPES)}, or None")
    if not isinstance(search.refit, (bool, np.bool_)):
        raise SearchError(f"refit = {search.refit!r} must be True or False")
    if search.error_score != "raise" and not _is_number(search.error_score):
        raise SearchError(f"error_score = {search.error_score!r} must be a number or 'raise'")
    if search.n_jobs is not None and (not _is_whole(search.n_jobs) or search.n_jobs == 0):
        raise SearchError(f"n_jobs = {search.n_jobs!r} must be None or a whole number other than 0")
    if search.guard is not None and not isinstance(search.guard, Guard):
        raise SearchError("guard must be None or foretune.recommendation.Guard(...)")
    if _is_whole(search.random_state) and int(search.random_state) < 0:  # type: ignore[arg-type]
        raise SearchError(f"random_state = {search.random_state!r} must not be negative")


def check_whole(name: str, value: Any, least: int) -> None:
    """Check that an argument is a whole number.

    Raises
    ------
    SearchError
        If it is none, or below ``least``.
    """
    if not _is_whole(value) or value < least:
        raise SearchError(f"{name} = {value!r} must be a whole number of at least {least}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
