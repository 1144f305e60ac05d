"""Transformer of categories to codes, with rare categories pooled."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = npt.NDArray[np.float64]

# Boosters would fit the noise of a category with fewer training rows (benchmarks/native_form.py); what is
# pooled also stands for the categories of new rows
FEWEST_ROWS = 5


class CategoryCodes(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Code the categories of each column as 0, 1, ... in the order of their texts; missing values are NaN.

    Categories with fewer than ``fewest_rows`` rows in training share the last code, and so do the rarest
    beyond ``most_categories``. Categories unseen in training get that code too, and are missing where every
    category has a code of its own.

    Parameters
    ----------
    most_categories
        Most codes of a column; None for any number.
    fewest_rows
        Fewest rows of a category with a code of its own.
    """

    def __init__(self, most_categories: int | None = None, fewest_rows: int = FEWEST_ROWS) -> None:
        self.most_categories = most_categories
        self.fewest_rows = fewest_rows

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the categories of each column, shape (n_rows, n_columns); ``y`` is ignored."""
        validate_data(self, X, skip_check_array=True)
        columns = _columns_of(X)
        self._coded = [self._code(column) for column in columns]
        self.n_categories_ = [_count_codes(coded) for coded in self._coded]
        return self

    def transform(self, X: Any) -> Floats:
        """Code the categories, shape (n_rows, n_columns)."""
        check_is_fitted(self)
        validate_data(self, X, reset=False, skip_check_array=True)
        coded = [_look_up(column, *known) for column, known in zip(_columns_of(X), self._coded, strict=True)]
        return np.column_stack(coded)

    def _code(self, column: pd.Series) -> tuple[npt.NDArray[Any], Floats, float]:
        """Return the categories of a column in order, the code of each, and that of unseen ones.

        Arrays, since an index of pandas is saved by a pickle alone.
        """
        counts = column.value_counts(sort=False)
        counts = counts[counts > 0]
        counts = counts.iloc[_order_of(counts.index.tolist())]
        rows = counts.to_numpy()
        is_kept = rows >= self.fewest_rows
        most = len(rows) if self.most_categories is None else self.most_categories
        if not is_kept.all() or len(rows) > most:
            # One code is that of the pool
            is_kept[np.argsort(-rows, kind="stable")[max(most - 1, 0) :]] = False
        codes = np.cumsum(is_kept) - 1.0
        pool = np.nan if is_kept.all() else float(is_kept.sum())
        return _as_plain(counts.index).to_numpy(), np.where(is_kept, codes, pool), pool

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def _columns_of(X: Any) -> list[pd.Series]:
    frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    return [frame.iloc[:, at] for at in range(frame.shape[1])]


def _as_plain(labels: pd.Index | pd.Series) -> pd.Index:
    """Return labels of a categorical or plain column in a type under which they are looked up alike."""
    is_float = labels.dtype == np.float64
    plain: pd.Index = pd.Index(
        labels.to_numpy(dtype=np.float64 if is_float else object), dtype=None if is_float else object
    )
    return plain


def _order_of(labels: list[Any]) -> list[int]:
    places = range(len(labels))
    try:
        return sorted(places, key=labels.__getitem__)
    except TypeError:
        # Labels of several types
        return sorted(places, key=lambda at: str(labels[at]))


def _look_up(column: pd.Series, labels: npt.NDArray[Any], codes: Floats, pool: float) -> Floats:
    """Return the codes of a column's values."""
    known = pd.Index(labels, dtype=labels.dtype)
    if isinstance(column.dtype, pd.CategoricalDtype):
        # Each category is looked up once; code -1 is a missing value and indexes the last element
        places = known.get_indexer(_as_plain(column.cat.categories))
        of_labels = np.append(_codes_at(places, codes, pool), np.nan)
        return of_labels[column.cat.codes.to_numpy()]
    found = _codes_at(known.get_indexer(_as_plain(column)), codes, pool)
    found[column.isna().to_numpy()] = np.nan
    return found


def _codes_at(places: npt.NDArray[np.intp], codes: Floats, pool: float) -> Floats:
    return np.append(codes, pool)[places]


def _count_codes(coded: tuple[npt.NDArray[Any], Floats, float]) -> int:
    return len(np.unique(coded[1]))
