"""Conversion of table cells to numbers or texts, with missing values."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_string_dtype

from foretune.base import TEXT, is_number, parse_numbers

# Spellings of a missing value. None and null are not included: None may be a hyperparameter's value
MISSING_TEXTS = ("", "nan", "NaN", "NAN", "NA", "N/A", "#N/A", "<NA>", "NaT")
# In a numeric column None and null are missing as well
NO_NUMBER = (*MISSING_TEXTS, "None", "none", "null", "NULL", "?")
SIGNIFICANT_DIGITS = 12
# A number with one comma at most and no point, and those whose comma cannot group thousands
COMMA_NUMBER = re.compile(r"[+-]?\d*(?:,\d+|\d)(?:[eE][+-]?\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?(?:0?|\d{4,}|\d+(?=,(?!\d{3}$)))(?:,\d+)(?:[eE][+-]?\d+)?")
# Those that are no list of two whole numbers either
SURE_DECIMAL_COMMA = re.compile(r"[+-]?0,\d+(?:[eE][+-]?\d+)?")
# Above this not every whole number is exact as a float
LARGEST_WHOLE = 2**53


class Numbers(NamedTuple):
    """Cells as numbers, NaN where there is none, and which cells are neither a number nor missing."""

    values: npt.NDArray[np.float64]
    is_wrong: npt.NDArray[np.bool_]


def as_numbers(cells: pd.Series) -> Numbers:
    """Read cells as numbers; booleans are 0 and 1, also as the words true and false."""
    if is_numeric_dtype(cells.dtype):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return Numbers(values, np.zeros(len(values), dtype=bool))
    if is_plain(cells):
        # The common case, without a look at each text
        plain = parse_numbers(cells)
        if not (np.isnan(plain) & ~(cells.isna() | (cells == "")).to_numpy(dtype=bool)).any():
            return Numbers(plain, np.zeros(len(plain), dtype=bool))
    texts = with_points(as_texts(cells))
    values = parse_numbers(texts)
    lower = texts.str.lower()
    values = np.where(lower == "true", 1.0, np.where(lower == "false", 0.0, values))
    is_missing = (texts.isna() | texts.isin(NO_NUMBER)).to_numpy(dtype=bool)
    return Numbers(values, np.isnan(values) & ~is_missing)


def with_points(texts: pd.Series, evidence: re.Pattern[str] = DECIMAL_COMMA) -> pd.Series:
    """Write decimal commas as points, if all texts are numbers and one of them shows what its comma is.

    In ``1,234`` alone it may group thousands; ``0,637`` beside it says that it does not.
    """
    given = texts[texts.notna() & ~texts.isin(NO_NUMBER)].unique()
    if not any(evidence.fullmatch(text) for text in given):
        return texts
    if not all(COMMA_NUMBER.fullmatch(text) for text in given):
        return texts
    return texts.str.replace(",", ".", regex=False)


def is_plain(cells: pd.Series) -> bool:
    """Whether a column has a dtype of numbers or strings, so that pandas reads it as a whole."""
    if cells.dtype == object or is_bool_dtype(cells.dtype):
        return False
    return is_numeric_dtype(cells.dtype) or (is_string_dtype(cells.dtype) and cells.dtype != "category")


def as_texts(cells: pd.Series) -> pd.Series:
    """Write cells as text, missing ones as NaN; a whole number has no decimal point, so 3.0 is ``3``."""
    if is_numeric_dtype(cells.dtype) and not is_bool_dtype(cells.dtype):
        codes, numbers = pd.factorize(cells)
        texts = np.array([number_as_text(number) for number in numbers], dtype=object)
    elif is_plain(cells):
        codes, uniques = pd.factorize(cells)
        texts = np.array([str(value).strip() for value in uniques], dtype=object)
    else:
        # True equals 1 for factorize, and a list has no hash: each cell becomes text first
        codes, uniques = pd.factorize(cells.map(_object_as_text, na_action="ignore"))
        texts = np.array([str(value) for value in uniques], dtype=object)
    texts[np.isin(texts.astype(str), MISSING_TEXTS)] = None
    spread = np.array([*texts, None], dtype=object)[codes]
    return pd.Series(spread, index=cells.index, name=cells.name, dtype=TEXT)


def number_as_text(number: float) -> str:
    """Write a number: a whole one without a decimal point, others with twelve significant digits."""
    if isinstance(number, int | np.integer) or (float(number).is_integer() and abs(number) < LARGEST_WHOLE):
        return str(int(number))
    return f"{float(number):.{SIGNIFICANT_DIGITS}g}"


def _object_as_text(value: object) -> str:
    if isinstance(value, bool | np.bool_ | str):
        return str(value).strip()
    if is_number(value):
        return number_as_text(value)
    return str(value.tolist() if isinstance(value, np.ndarray) else value)
