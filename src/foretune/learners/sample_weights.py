"""Validation of sample weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_array

from foretune.base import is_number, shortened


def check_weights(sample_weight: Any, n_rows: int) -> npt.NDArray[np.float64] | None:
    """Return valid sample weights, shape (n_rows,), or None if there are none.

    Parameters
    ----------
    sample_weight
        A weight for each row, a single number, or None.
    n_rows
        Number of rows.

    Raises
    ------
    ValueError
        If the shape differs, a weight is missing, infinite or negative, or all are 0.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, str):
        raise ValueError(
            f"sample_weight = {shortened(repr(sample_weight))} must be one number per row, such as "
            f"sklearn.utils.class_weight.compute_sample_weight('balanced', y)"
        )
    if is_number(sample_weight):
        sample_weight = np.full(n_rows, sample_weight)
    weights = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if weights.shape != (n_rows,):
        raise ValueError(f"sample_weight has the shape {weights.shape}, but there are {n_rows} rows: give 1D")
    if weights.min() < 0:
        raise ValueError(f"sample_weight must not be negative, but the smallest is {weights.min():.6g}")
    if not weights.any():
        raise ValueError("every sample_weight is zero: give some rows a positive one")
    return np.asarray(weights)
