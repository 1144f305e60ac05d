"""Checks of the rows that a ledger or a backup holds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeGuard

from foretune.base import TASK_TYPES, is_number, shortened
from foretune.learners import STOPPED
from foretune.ledger.key import key_of
from foretune.ledger.names import STATUSES
from foretune.spaces import Configuration

KEY_PATTERN = re.compile(r"[0-9a-f]{64}")
LONGEST_SHOWN = 60
# In a column of PostgreSQL
LARGEST_INTEGER = 2**31 - 1
# What JSON has for a metric
NUMBERS, NOT_FINITE = (int, float), ("nan", "inf", "-inf")


class DamagedRowError(ValueError):
    """A row that is no trial.

    Attributes
    ----------
    key
        Its key; None if it has none that is sound.
    """

    def __init__(self, key: object, reason: str) -> None:
        self.key = key if _is_key(key) else None
        super().__init__(f"the trial {self.key or shortened(repr(key), LONGEST_SHOWN)} is damaged: {reason}")


def check_row(row: Mapping[str, Any]) -> None:
    """Check that a row has the values of a trial.

    Parameters
    ----------
    row
        Values by the columns of the ledger's table; ``config_id`` may be missing.

    Raises
    ------
    DamagedRowError
        If a value is of another type or range, the hyperparameters are not those of ``config_id``, or the key
        is not the hash of what it stands for; the latter two where the row holds ``config_id`` and context.
    """
    for name, (is_right, wanted) in RULES.items():
        if not is_right(row[name]):
            raise DamagedRowError(
                row["key"], f"{name} = {shortened(repr(row[name]), LONGEST_SHOWN)} is not {wanted}"
            )
    if row["status"] in ("ok", STOPPED):
        _check_metrics(row)
    _check_hashes(row)


def _check_hashes(row: Mapping[str, Any]) -> None:
    """Check the hash of the configuration and the key, as far as the row holds what they are made of."""
    learner, params = row["learner"], json.loads(row["params"])
    config_id, context = row.get("config_id"), row["context"]
    if config_id is not None:
        is_right = isinstance(config_id, str) and config_id == Configuration(learner, params).config_id
        if not is_right:
            raise DamagedRowError(row["key"], "config_id is not that of its learner and hyperparameters")
    if context is not None and row["key"] != key_of(context, learner, params, float(row["fidelity"])):
        raise DamagedRowError(row["key"], "it is not the hash of its context, learner and hyperparameters")


def _check_metrics(row: Mapping[str, Any]) -> None:
    """Check that a trial has a score; a metric may be undefined on a fold, but not all on all."""
    by_name = json.loads(row["fold_metrics"])
    if not any(by_name.values()):
        raise DamagedRowError(row["key"], f"it is {row['status']} and has no metrics")
    if all(_is_undefined(one) for folds in by_name.values() for one in folds):
        raise DamagedRowError(
            row["key"], f"it is {row['status']}, but each of its metrics is undefined on each fold"
        )


def _is_undefined(metric: object) -> bool:
    return metric == "nan" or (isinstance(metric, float) and math.isnan(metric))


def _is_text(value: object) -> bool:
    """Whether it is a text that every database takes: no NUL, no lone surrogate."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_name(value: object) -> bool:
    return _is_text(value) and value != ""


def _is_task(value: object) -> bool:
    """Whether it can name the file of a task, and leads to no other folder."""
    return (
        isinstance(value, str) and _is_name(value) and not set(value) & set("/\\") and value.strip(".") != ""
    )


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


def _is_one_of(*names: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in names


def _is_key(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and KEY_PATTERN.fullmatch(value) is not None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_INTEGER


def _is_share(value: object) -> bool:
    return is_number(value) and 0 < value <= 1


def _is_time(value: object) -> bool:
    return is_number(value) and 0 <= value < math.inf


def _are_params(value: object) -> bool:
    params = _parse(value)
    return isinstance(params, dict) and all(map(_is_name, params)) and all(map(_is_plain, params.values()))


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return _is_text(value)
    return value is None or isinstance(value, bool) or (type(value) in NUMBERS and _is_finite(value))


def _is_finite(number: Any) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _are_metrics(value: object) -> bool:
    by_name = _parse(value)
    if not isinstance(by_name, dict) or not all(isinstance(folds, list) for folds in by_name.values()):
        return False
    same_length = len({len(folds) for folds in by_name.values()}) <= 1
    return (
        same_length
        and all(map(_is_name, by_name))
        and all(_is_metric(one) for folds in by_name.values() for one in folds)
    )


def _is_metric(value: object) -> bool:
    return type(value) is float or value in NOT_FINITE or (type(value) is int and _is_finite(value))


def _are_rounds(value: object) -> bool:
    """Whether it is what early stopping found, or nothing."""
    if value is None:
        return True
    found = _parse(value)
    if not isinstance(found, dict) or found.keys() != {"chosen", "metric", "n_grown", "best", "curve"}:
        return False
    best, curve = found["best"], found["curve"]
    if not isinstance(best, dict) or not isinstance(curve, dict) or best.keys() != curve.keys():
        return False
    return (
        _is_whole(found["chosen"])
        and _is_whole(found["n_grown"])
        and _is_name(found["metric"])
        and all(map(_is_name, best))
        and all(map(_is_best, best.values()))
        and all(map(_is_curve, curve.values()))
    )


def _is_best(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and _is_metric(value[0]) and _is_whole(value[1])


def _is_curve(value: object) -> bool:
    return isinstance(value, dict) and all(
        at.isascii() and at.isdigit() and _is_metric(mean) for at, mean in value.items()
    )


def _parse(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None


# By column: a test, and what it asks for
RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "key": (_is_key, "64 hexadecimal digits"),
    "task_id": (_is_task, "a name without slashes"),
    "task_hash": (_is_name, "a hash"),
    "task_type": (_is_one_of(*TASK_TYPES), " or ".join(TASK_TYPES)),
    "learner": (_is_name, "a name"),
    "params": (_are_params, "a JSON object of numbers and texts"),
    "strategy": (_is_text, "a text"),
    "fidelity": (_is_share, "a share above 0, at most 1"),
    "status": (_is_one_of(*STATUSES), " or ".join(STATUSES)),
    "error": (_is_text, "a text"),
    "fold_metrics": (_are_metrics, "a JSON object of numbers for each fold"),
    "fit_seconds": (_is_time, "a number of seconds"),
    "engine_version": (_is_whole, "a whole number"),
    "created_at": (_is_moment, "a time in ISO 8601"),
    "context": (lambda value: value is None or _is_key(value), "64 hexadecimal digits, or nothing"),
    "rounds": (_are_rounds, "a JSON object of numbers of rounds, or nothing"),
}
