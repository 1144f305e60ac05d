"""Checks of the rows that a ledger or a backup holds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from foretune.base import TASK_TYPES, is_number, shortened
from foretune.ledger.names import STATUSES
from foretune.spaces import Configuration

KEY_PATTERN = re.compile(r"[0-9a-f]{64}")
LONGEST_SHOWN = 60
# What JSON has for a metric
NUMBERS, NOT_FINITE = (int, float), ("nan", "inf", "-inf")


class DamagedRowError(ValueError):
    """A row that is no trial.

    Attributes
    ----------
    key
        Its key, as far as it has one.
    """

    def __init__(self, key: object, reason: str) -> None:
        self.key = shortened(str(key), 64)
        super().__init__(f"the trial {self.key} is damaged: {reason}")


def check_row(row: Mapping[str, Any]) -> None:
    """Check that a row has the values of a trial.

    Parameters
    ----------
    row
        Values by the columns of the ledger's table; ``config_id`` may be missing.

    Raises
    ------
    DamagedRowError
        If a value is of another type or range, or the hyperparameters are not those of ``config_id``.
    """
    for name, (is_right, wanted) in RULES.items():
        if not is_right(row[name]):
            raise DamagedRowError(
                row["key"], f"{name} = {shortened(repr(row[name]), LONGEST_SHOWN)} is not {wanted}"
            )
    if not (row["status"] == "ok") <= (row["fold_metrics"] != "{}"):
        raise DamagedRowError(row["key"], "it is ok and has no metrics")
    config_id = row.get("config_id")
    params = json.loads(row["params"])
    if config_id is not None and config_id != Configuration(row["learner"], params).config_id:
        raise DamagedRowError(row["key"], "config_id is not that of its learner and hyperparameters")


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_name(value: object) -> bool:
    return _is_text(value) and value != ""


def _is_key(value: object) -> bool:
    return isinstance(value, str) and KEY_PATTERN.fullmatch(value) is not None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


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
    return value is None or isinstance(value, bool) or (type(value) in NUMBERS and math.isfinite(value))  # type: ignore[arg-type]


def _are_metrics(value: object) -> bool:
    by_name = _parse(value)
    if not isinstance(by_name, dict) or not all(isinstance(folds, list) for folds in by_name.values()):
        return False
    same_length = len({len(folds) for folds in by_name.values()}) <= 1
    return same_length and all(
        type(one) in NUMBERS or one in NOT_FINITE for folds in by_name.values() for one in folds
    )


def _parse(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None


# By column: a test, and what it asks for
RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "key": (_is_key, "64 hexadecimal digits"),
    "task_id": (_is_name, "a name"),
    "task_hash": (_is_name, "a hash"),
    "task_type": (lambda value: value in TASK_TYPES, " or ".join(TASK_TYPES)),
    "learner": (_is_name, "a name"),
    "params": (_are_params, "a JSON object of numbers and texts"),
    "strategy": (_is_text, "a text"),
    "fidelity": (_is_share, "a share above 0, at most 1"),
    "status": (lambda value: value in STATUSES, " or ".join(STATUSES)),
    "error": (_is_text, "a text"),
    "fold_metrics": (_are_metrics, "a JSON object of numbers for each fold"),
    "fit_seconds": (_is_time, "a number of seconds"),
    "engine_version": (_is_whole, "a whole number"),
    "created_at": (_is_name, "a time"),
}
