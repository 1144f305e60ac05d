"""Hyperparameters of a log as arguments of an estimator's constructor."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import TEXT, is_number
from foretune.spaces import is_number_text

# Spellings of None, True and False in tables
WORDS: dict[str, object] = {"None": None, "null": None}
WORDS |= {"True": True, "true": True, "TRUE": True, "False": False, "false": False, "FALSE": False}
# For these scikit-learn reads 1 as a single one and 1.0 as all, and a log may have no other value
SHARES = ("param_max_features", "param_max_samples")


def write_params(learners: pd.Series, config_ids: pd.Series, hyperparameters: pd.DataFrame) -> pd.Series:
    """Write the configuration of each row as JSON: the arguments of its estimator's constructor.

    Tables lose types: integers with missing values are floats, and numbers in a column of texts are texts. So
    whole numbers become integers, except 0 and 1 where the learner also has fractions in that column: there
    1.0 is a share, which differs from the integer 1. ``None``, ``null``, ``True`` and ``false`` become
    Python's. All columns are written, including constant ones.

    Parameters
    ----------
    learners, config_ids
        One per row. Rows with the same ``config_id`` are the same.
    hyperparameters
        ``param_*`` columns of :func:`foretune.logs.hyperparameters.tidy_hyperparameter`.
    """
    first = ~config_ids.duplicated()
    written: dict[str, str] = {}
    for _, rows in hyperparameters[first].groupby(learners[first], sort=False):
        columns = {str(name).removeprefix("param_"): _typed(rows[name], str(name)) for name in rows}
        for config_id, values in zip(
            config_ids.loc[rows.index], zip(*columns.values(), strict=True), strict=True
        ):
            named = zip(columns, values, strict=True)
            written[config_id] = json.dumps({name: value[0] for name, value in named if value})
    return pd.Series(config_ids.map(written), index=config_ids.index, dtype=TEXT)


def _typed(values: pd.Series, name: str) -> list[tuple[Any, ...]]:
    """Give each value of one learner's column its type; nothing where it is inactive."""
    codes, uniques = pd.factorize(values)
    numbers = {value: float(value) for value in uniques if is_number(value) or is_number_text(value)}
    is_share = any(not number.is_integer() for number in numbers.values())
    is_share |= name in SHARES and all(number <= 1 for number in numbers.values())
    typed = [
        (_as_written(numbers[value], is_share=is_share),)
        if value in numbers
        else (WORDS.get(value, str(value)),)
        for value in uniques
    ]
    # Code -1 is a missing value, and takes the last element
    spread = np.empty(len(typed) + 1, dtype=object)
    spread[:] = [*typed, ()]
    return list(spread[codes])


def _as_written(number: float, *, is_share: bool) -> float:
    return int(number) if number.is_integer() and not (is_share and 0 <= number <= 1) else number
