"""Orders of candidates by merit, with ties and unknown merits resolved."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def mean_of_known(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean over the rows, ignoring NaN.

    Parameters
    ----------
    values
        Shape (n_rows, n_columns).

    Returns
    -------
    numpy.ndarray
        Shape (n_columns,); NaN where a column has no value at all.
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def order_by_merit(rng: np.random.Generator, *merits: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Order positions by falling merit.

    Parameters
    ----------
    rng
        Breaks the ties that remain.
    merits
        Shape (n,) each, higher first, NaN last; a later one decides where the earlier ones are equal.

    Returns
    -------
    numpy.ndarray
        A permutation of ``range(n)``.
    """
    tie_break = rng.permutation(len(merits[0]))
    keys = [np.where(np.isnan(merit), np.inf, -merit) for merit in merits]
    return np.lexsort((tie_break, *reversed(keys)))
