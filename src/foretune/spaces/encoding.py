"""Numeric encoding of configurations: a column per number, one-hot columns for nominal values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_string_dtype

from foretune.base import is_number

PARAM_PREFIX = "param_"
LEARNER = "learner"
# The surrogate computes with 32-bit floats
LARGEST_NUMBER = float(np.finfo(np.float32).max)


def is_number_text(text: str) -> bool:
    """Whether a text is a finite number that a 32-bit float can hold."""
    try:
        return abs(float(text)) <= LARGEST_NUMBER
    except ValueError:
        return False


def spell(value: Any, labels: Sequence[str]) -> Any:
    """Spell None and booleans as the encoder's labels do, whose original types are unknown."""
    spellings: tuple[str, ...]
    if value is None:
        spellings = ("None", "null")
    elif isinstance(value, bool | np.bool_):
        spellings = (str(value), str(value).lower(), str(value).upper())
    else:
        return value
    return next((text for text in spellings if text in labels), value)


class ConfigurationEncoder:
    """Encoder of raw configurations to the numeric inputs of the surrogate.

    The names of the columns define the encoding (``C`` is a number, ``kernel=rbf`` is 1 where the kernel is
    rbf), so an encoder is saved as a list of names. A hyperparameter that can be a number or a text has both:
    ``max_depth``, and ``max_depth=None``, which is 1 where the text is None.

    Parameters
    ----------
    columns
        Names of the encoded columns, in order.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = list(columns)

    @classmethod
    def from_trials(cls, trials: pd.DataFrame) -> ConfigurationEncoder:
        """Derive the encoding from a table with ``learner`` (optional) and ``param_*`` columns.

        Columns without any value are left out; booleans are nominal.
        """
        columns: list[str] = []
        for name in _raw_columns(trials):
            values = trials[name].dropna()
            if values.empty:
                continue
            if _is_numeric(values):
                columns.append(_short(name))
                continue
            texts = sorted(set(_texts(values)))
            # Texts that are all numbers are labels, such as the "1" and "2" of a solver
            labels = [text for text in texts if not is_number_text(text)] or texts
            columns += [_short(name)] if len(labels) < len(texts) else []
            columns += [f"{_short(name)}={text}" for text in labels]
        return cls(columns)

    def encode(self, configurations: pd.DataFrame) -> pd.DataFrame:
        """Encode raw configurations.

        Parameters
        ----------
        configurations
            Columns ``learner`` and ``param_*``; a column that is absent counts as missing everywhere.

        Returns
        -------
        pandas.DataFrame
            Same index, ``float64``. Where a hyperparameter is missing (inactive), its number is NaN and its
            one-hot columns are 0; where it is a text, its number is NaN.

        Raises
        ------
        ValueError
            If the learner or a nominal hyperparameter has an unknown value, or an unknown hyperparameter is
            set.
        """
        n_rows = len(configurations)
        texts_of: dict[str, tuple[Any, Any]] = {}
        encoded: dict[str, Any] = {}
        for column in self.columns:
            name, is_nominal, value = column.partition("=")
            raw = self._raw(configurations, name)
            if raw is None:
                encoded[column] = np.full(n_rows, 0.0 if is_nominal else np.nan)
            elif not is_nominal and not self._labels(name):
                encoded[column] = _as_numbers(raw, name)
            else:
                if name not in texts_of:
                    texts_of[name] = pd.factorize(_texts(raw))
                codes, texts = texts_of[name]
                # Code -1 is a missing value and indexes the last element
                values = [float(text == value) for text in texts] if is_nominal else map(_as_number, texts)
                encoded[column] = np.array([*values, 0.0 if is_nominal else np.nan])[codes]
        self._check_known(configurations)
        return pd.DataFrame(encoded, index=configurations.index, columns=self.columns, dtype=np.float64)

    def _labels(self, name: str) -> list[str]:
        """Nominal values of a hyperparameter."""
        return [column.partition("=")[2] for column in self.columns if column.startswith(f"{name}=")]

    @staticmethod
    def _raw(configurations: pd.DataFrame, name: str) -> pd.Series | None:
        for column in (f"{PARAM_PREFIX}{name}", name):
            if column in configurations and (column == LEARNER or column.startswith(PARAM_PREFIX)):
                return configurations[column]
        return None

    def _check_known(self, configurations: pd.DataFrame) -> None:
        for column in _raw_columns(configurations):
            name = _short(column)
            values = configurations[column].dropna()
            known = self._labels(name)
            if (name in self.columns and not known) or values.empty:
                continue
            if not known:
                raise ValueError(
                    f"{column} is set but was never seen in training; known: {', '.join(self.columns)}"
                )
            unknown = sorted(set(_texts(values).unique()) - set(known))
            if name in self.columns:
                unknown = [text for text in unknown if not is_number_text(text)]
                known = ["numbers", *known]
            if unknown:
                raise ValueError(
                    f"{column} = {unknown[0]!r} was never seen in training; known: {', '.join(known)}"
                )


def _raw_columns(table: pd.DataFrame) -> list[str]:
    params = sorted(column for column in table.columns if str(column).startswith(PARAM_PREFIX))
    return ([LEARNER] if LEARNER in table.columns else []) + params


def _short(column: str) -> str:
    return column.removeprefix(PARAM_PREFIX)


def _is_numeric(values: pd.Series) -> bool:

    if is_numeric_dtype(values.dtype):
        return not is_bool_dtype(values.dtype)
    # A table from CSV or from dicts contains Python objects
    return all(map(is_number, values))


def _as_numbers(raw: pd.Series, name: str) -> Any:

    try:
        return pd.to_numeric(raw).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{PARAM_PREFIX}{name} was numeric in training: {error}") from error


def _texts(values: pd.Series) -> pd.Series:
    """Convert values to text; missing ones stay missing."""
    # A string dtype needs no conversion of each value
    if values.dtype != object and is_string_dtype(values.dtype):
        return values
    return values.astype("object").map(str, na_action="ignore")


def _as_number(text: str) -> float:
    return float(text) if is_number_text(text) else np.nan
