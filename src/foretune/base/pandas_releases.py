"""Differences between pandas releases: the dtype of text, and the last digit of numbers in CSV files."""

import io
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

# What pandas 3 calls "str"; to pandas 2 that is an object column, and None in it becomes the text "None"
TEXT = pd.StringDtype(na_value=np.nan)
# Not to the last digit unless every digit counts
PRECISE_NUMBER = "1.29583e-164"


@cache
def exact_numbers() -> dict[str, Any]:
    """Return the arguments by which `pandas.read_csv` reads numbers as they are written.

    pandas 2 may round the last digit unless it is asked not to; pandas 3.1 never does, and warns if asked.
    """
    number = pd.read_csv(io.StringIO(f"x\n{PRECISE_NUMBER}\n")).loc[0, "x"]
    return {} if number == float(PRECISE_NUMBER) else {"float_precision": "round_trip"}


def parse_numbers(texts: pd.Series) -> npt.NDArray[np.float64]:
    """Return texts as numbers to the last digit, which pandas 2 may round; NaN where a text is no number."""
    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if not exact_numbers():
        return numbers
    is_number = np.isfinite(numbers)
    exact = numbers.copy()
    exact[is_number] = texts.to_numpy(dtype=object)[is_number].astype(np.float64)
    return exact
