from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import TargetEncoder

from foretune.learners.target_codes import TargetCodes

RNG = np.random.default_rng(0)
NAMES = pd.DataFrame({"name": pd.Categorical(RNG.choice([*"abcdef"], 120))})
VALUES = RNG.normal(size=120) + (NAMES["name"] == "a")


def test_new_rows_get_the_means_of_scikit_learn() -> None:
    codes = TargetCodes("regression").fit(NAMES, VALUES)
    expected = TargetEncoder(target_type="continuous").fit(NAMES, VALUES).transform(NAMES)
    np.testing.assert_array_equal(codes.transform(NAMES), expected)


def test_training_rows_are_cross_fitted_alike_each_time() -> None:
    first, second = (TargetCodes("regression").fit_transform(NAMES, VALUES) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, TargetCodes("regression").fit(NAMES, VALUES).transform(NAMES))


@pytest.mark.parametrize("labels", [["no", "yes"], [0.5, 1.5], [False, True]])
def test_labels_of_any_type_are_classes(labels: list[object]) -> None:
    codes = (np.asarray(VALUES) > 0).astype(int)
    expected = TargetCodes("classification").fit_transform(NAMES, codes)
    found = TargetCodes("classification").fit_transform(NAMES, np.array(labels)[codes])
    np.testing.assert_array_equal(found, expected)


def test_each_of_several_classes_has_a_column() -> None:
    codes = TargetCodes("classification")
    assert codes.fit_transform(NAMES, np.arange(120) % 4).shape == (120, 4)
    assert len(codes.get_feature_names_out()) == 4


def test_unseen_categories_get_the_mean_of_all_rows() -> None:
    codes = TargetCodes("regression").fit(NAMES, VALUES)
    (found,) = codes.transform(pd.DataFrame({"name": ["new"]}))
    assert found == pytest.approx([VALUES.mean()])


@pytest.mark.parametrize("y", [[0, 1], [0, 0, 0, 1], [0]])
def test_few_rows_and_small_classes_are_encoded(y: list[int]) -> None:
    names = pd.DataFrame({"name": [*"abcd"][: len(y)]})
    assert np.isfinite(TargetCodes("classification").fit_transform(names, np.array(y))).all()


def test_a_target_is_needed() -> None:
    with pytest.raises(ValueError, match="requires y"):
        TargetCodes("regression").fit_transform(NAMES)
