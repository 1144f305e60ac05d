"""Validation of the search's arguments in ``fit``, following scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import NoneType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.base import TASK_TYPES, TaskType, UserError, first_line, is_number, quoted, shortened
from foretune.learners import EarlyStopping, check_weights
from foretune.meta_model import Guard
from foretune.recommendation.core import SearchError, check_whole, is_whole
from foretune.recommendation.search_cv.searched_table import ledger_url
from foretune.tables import TableError


def check_parameters(parameters: dict[str, Any], only_task_type: TaskType | None = None) -> None:
    """Check the arguments of a search that do not depend on the table.

    Parameters
    ----------
    parameters
        The arguments by name.
    only_task_type
        The task type of a search that has one only.

    Raises
    ------
    SearchError
        If an argument has an invalid value.
    """
    search = SimpleNamespace(**parameters)
    _check_limits(search.n_trials, search.max_time)
    if search.max_rows is not None:
        check_whole("max_rows", search.max_rows, 2)
    if not isinstance(search.verbose, (bool, np.bool_)):
        check_whole("verbose", search.verbose, 0)
    if not is_number(search.min_gain) or not 0 <= float(search.min_gain) < np.inf:
        raise SearchError(f"min_gain = {search.min_gain!r} must be a number of at least 0")
    task_types = [only_task_type] if only_task_type else TASK_TYPES
    if search.task_type not in (None, *task_types):
        raise SearchError(f"task_type = {search.task_type!r} must be one of {', '.join(task_types)}, or None")
    _check_results(search)
    if not isinstance(search.progress_bar, (bool, np.bool_)):
        raise SearchError(f"progress_bar = {shortened(repr(search.progress_bar))} must be True or False")
    if not (search.racing is None or isinstance(search.racing, (bool, np.bool_))):
        raise SearchError(f"racing = {shortened(repr(search.racing))} must be True, False or None")
    if search.n_jobs is not None and (not is_whole(search.n_jobs) or search.n_jobs == 0):
        raise SearchError(f"n_jobs = {search.n_jobs!r} must be None or a whole number other than 0")
    if not isinstance(search.early_stopping, (bool, np.bool_, EarlyStopping, NoneType)):
        raise SearchError("early_stopping must be None, True, False or foretune.EarlyStopping(...)")
    if search.guard is not None and not isinstance(search.guard, Guard):
        raise SearchError("guard must be None or foretune.Guard(...)")
    if search.ledger is not None:
        ledger_url(search.ledger)
    seeded = search.random_state
    if not (seeded is None or is_whole(seeded) or isinstance(seeded, np.random.RandomState)):
        raise SearchError(
            f"random_state = {shortened(repr(seeded))} must be None, a whole number or a RandomState"
        )
    if is_whole(search.random_state) and int(search.random_state) < 0:
        raise SearchError(f"random_state = {search.random_state!r} must not be negative")


def _check_results(search: Any) -> None:
    if not (isinstance(search.refit, (bool, np.bool_, str)) or callable(search.refit)):
        raise SearchError(
            f"refit = {shortened(repr(search.refit))} must be True, False, the name of a score, or a "
            f"function of cv_results_"
        )
    if not isinstance(search.return_train_score, (bool, np.bool_)):
        raise SearchError(
            f"return_train_score = {shortened(repr(search.return_train_score))} must be True or False"
        )
    if search.error_score != "raise" and not is_number(search.error_score):
        raise SearchError(f"error_score = {search.error_score!r} must be a number or 'raise'")


def _check_limits(n_trials: Any, max_time: Any) -> None:
    if max_time is not None and (not is_number(max_time) or not 0 < float(max_time) < np.inf):
        raise SearchError(f"max_time = {shortened(repr(max_time))} must be a number of seconds, or None")
    if n_trials is not None:
        check_whole("n_trials", n_trials, 0)
    elif max_time is None:
        raise SearchError("n_trials = None needs max_time, the seconds after which the search ends")


@contextmanager
def one_line_errors(name: str) -> Iterator[None]:
    """Shorten scikit-learn's messages on an argument, which may show it whole, to one line that names it.

    Raises
    ------
    TableError
        Instead of a ``ValueError`` that is not Foretune's own.
    """
    try:
        yield
    except UserError:
        raise
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise TableError(reason if name in reason.split() else f"{name}: {reason}") from None


def check_fit_params(given: Mapping[str, Any]) -> None:
    """Refuse what ``fit`` does not take.

    Raises
    ------
    SearchError
        If anything is given; the message names it.
    """
    if given:
        raise SearchError(f"fit takes X, y, groups and sample_weight, but not {quoted(given)}: leave it out")


def check_score_params(given: Mapping[str, Any]) -> None:
    """Refuse what ``score`` does not take.

    Raises
    ------
    SearchError
        If anything is given; the message names it.
    """
    if given:
        raise SearchError(f"score takes X, y and sample_weight, but not {quoted(given)}: leave it out")


def check_sample_weight(sample_weight: Any, n_rows: int) -> npt.NDArray[np.float64] | None:
    """Return valid sample weights, shape (n_rows,), or None if there are none.

    Raises
    ------
    SearchError
        If they are not valid.
    """
    try:
        return check_weights(sample_weight, n_rows)
    except (ValueError, TypeError) as error:
        reason = first_line(error)
        raise SearchError(reason if "sample_weight" in reason else f"sample_weight: {reason}") from None
