"""Ranking of candidates by merit, with ties and missing values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def mean_of_known(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Compute the mean over rows, ignoring NaN.

    Parameters
    ----------
    values
        Shape (n_rows, n_columns).

    Returns
    -------
    numpy.ndarray
        Shape (n_columns,); NaN for a column without values.
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def order_by_merit(rng: np.random.Generator, *merits: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Sort positions by decreasing merit.

    Parameters
    ----------
    rng
        Random generator that breaks remaining ties.
    merits
        Shape (n,) each, higher first, NaN last; later ones break ties of earlier ones.

    Returns
    -------
    numpy.ndarray
        A permutation of ``range(n)``.
    """
    tie_break = rng.permutation(len(merits[0]))
    keys = [np.where(np.isnan(merit), np.inf, -merit) for merit in merits]
    return np.lexsort((tie_break, *reversed(keys)))
