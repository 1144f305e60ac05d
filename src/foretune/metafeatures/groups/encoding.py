"""Encoding of a table for the landmarkers: imputation, scaling and one-hot, fitted on training rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foretune.metafeatures.description import TaskDescription


class EncodedFold(NamedTuple):
    """Encoded training and test rows of one fold.

    Attributes
    ----------
    train, test
        Shapes (n_train, n_encoded) and (n_test, n_encoded); finite, without constant columns in ``train``.
    owners
        Original feature of every encoded column, numeric ones first; shape (n_encoded,).
    """

    train: NDArray[np.float64]
    test: NDArray[np.float64]
    owners: NDArray[np.int64]


def encode_fold(task: TaskDescription, train: NDArray[np.int64], test: NDArray[np.int64]) -> EncodedFold:
    """Encode the rows of a fold, fitted on the training rows.

    Numeric columns are imputed by the median and standardised. Nominal columns are imputed by the mode and
    one-hot encoded for the ``max_categories`` most frequent categories. Columns that are constant in training
    are left out.
    """
    numeric = task.scaled
    blocks = [_encode_numeric(numeric[train], numeric[test])]
    owners = [np.arange(numeric.shape[1])]
    for k, codes in enumerate(task.nominal.T):
        blocks.append(_encode_nominal(codes[train], codes[test], task.settings.max_categories))
        owners.append(np.full(blocks[-1][0].shape[1], numeric.shape[1] + k))
    encoded_train = np.hstack([block[0] for block in blocks])
    encoded_test = np.hstack([block[1] for block in blocks])
    varies = encoded_train.min(axis=0) < encoded_train.max(axis=0)
    return EncodedFold(encoded_train[:, varies], encoded_test[:, varies], np.concatenate(owners)[varies])


def encode_all(task: TaskDescription) -> NDArray[np.float64]:
    """Encode all rows, fitted on themselves; shape (n_rows, n_encoded)."""
    rows = np.arange(task.n_rows)
    return encode_fold(task, rows, rows[:0]).train


def _encode_numeric(
    train: NDArray[np.float64], test: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    medians = _medians(train)
    train = np.where(np.isnan(train), medians, train)
    test = np.where(np.isnan(test), medians, test)
    # Relative to the minimum, so that rounding is relative to the range and constant columns become zero
    lowest = train.min(axis=0)
    train, test = train - lowest, test - lowest
    centre, sd = train.mean(axis=0), train.std(axis=0)
    factor = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0)
    return (train - centre) * factor, (test - centre) * factor


def _medians(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the medians of the non-missing values; 0 for an empty column."""
    ordered = np.sort(matrix, axis=0)
    counts = (~np.isnan(matrix)).sum(axis=0)
    columns = np.arange(matrix.shape[1])
    # Missing values are sorted to the end, so the count gives the middle ones
    lower, upper = np.maximum(counts - 1, 0) // 2, np.maximum(counts, 1) // 2
    middle = (ordered[lower, columns] + ordered[upper, columns]) / 2
    return np.where(counts > 0, middle, 0.0)


def _encode_nominal(
    train: NDArray[np.int64], test: NDArray[np.int64], max_categories: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts = np.bincount(train[train >= 0])
    frequent = np.argsort(-counts, kind="stable")[:max_categories]
    frequent = frequent[counts[frequent] > 0]
    mode = frequent[0] if frequent.size else -1
    filled_train, filled_test = np.where(train < 0, mode, train), np.where(test < 0, mode, test)
    return (filled_train[:, None] == frequent).astype(float), (filled_test[:, None] == frequent).astype(float)
