from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.metafeatures.conftest import describe

from foretune.metafeatures import TaskDescription
from foretune.metafeatures.caps import ExtractionSettings
from foretune.metafeatures.groups.encoding import encode_fold

TRAIN = np.arange(4)
TEST = np.array([4])


def _task(**columns: object) -> TaskDescription:
    X = pd.DataFrame(columns)
    y = pd.Series(np.arange(float(len(X))))
    return describe(X, y, "regression", ExtractionSettings(max_categories=2))


def test_numbers_are_imputed_and_scaled_with_the_training_rows() -> None:
    fold = encode_fold(_task(x=[1.0, 2.0, 6.0, None, None]), TRAIN, TEST)
    # The median 2 takes the place of the missing value
    filled = np.array([1.0, 2.0, 6.0, 2.0])
    np.testing.assert_allclose(fold.train[:, 0], (filled - filled.mean()) / filled.std())
    assert fold.test[0, 0] == pytest.approx((2 - filled.mean()) / filled.std())


def test_what_the_test_rows_hold_does_not_matter() -> None:
    one = encode_fold(_task(x=[1.0, 2, 3, 4, 3.5], c=pd.Categorical(list("aabbc"))), TRAIN, TEST)
    two = encode_fold(_task(x=[1.0, 2, 3, 4, 3.9], c=pd.Categorical(list("aabba"))), TRAIN, TEST)
    np.testing.assert_allclose(one.train, two.train)


def test_rare_new_and_missing_categories() -> None:
    colours = pd.Categorical(["r", "r", "g", None, "b"])
    fold = encode_fold(_task(c=colours), TRAIN, TEST)
    # The missing one is taken for red, the most frequent; blue never occurred in training
    assert fold.train.tolist() == [[1, 0], [1, 0], [0, 1], [1, 0]]
    assert fold.test.tolist() == [[0, 0]]
    many = encode_fold(_task(c=pd.Categorical(["r", "r", "g", "b", "b"])), TRAIN, TEST)
    assert many.train.shape[1] == 2


def test_columns_without_variation_are_left_out() -> None:
    fold = encode_fold(
        _task(
            constant=[0.1] * 5,
            empty=pd.Categorical([None] * 5),
            late=[1.0, 1.0, 1.0, 1.0, 9.0],
            x=[1.0, 2.0, 3.0, 4.0, 5.0],
            same=pd.Categorical(["a"] * 5),
            flag=[True, False, True, False, True],
        ),
        TRAIN,
        TEST,
    )
    # The numeric columns come first: constant, late, x and flag
    assert fold.owners.tolist() == [2, 3]
    assert fold.train.shape == (4, 2)
