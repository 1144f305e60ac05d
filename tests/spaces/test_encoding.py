from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foretune.spaces.encoding import ConfigurationEncoder, is_number_text

CONFIGURATIONS = pd.DataFrame(
    {
        "learner": ["svm", "forest", "svm"],
        "param_C": [1.0, np.nan, 10.0],
        "param_kernel": ["rbf", None, "linear"],
        "param_bootstrap": [None, True, None],
        "param_nothing": [np.nan, np.nan, np.nan],
        "score": [0.1, 0.2, 0.3],
    }
)


def test_columns_and_values() -> None:
    encoder = ConfigurationEncoder.from_trials(CONFIGURATIONS)
    assert encoder.columns == [
        "learner=forest",
        "learner=svm",
        "C",
        "bootstrap=True",
        "kernel=linear",
        "kernel=rbf",
    ]
    encoded = encoder.encode(CONFIGURATIONS)
    assert encoded.dtypes.unique().tolist() == [np.float64]
    np.testing.assert_array_equal(
        encoded.to_numpy(),
        [[0, 1, 1, 0, 0, 1], [1, 0, np.nan, 1, 0, 0], [0, 1, 10, 0, 1, 0]],
    )


def test_the_column_names_are_all_there_is_to_know() -> None:
    encoder = ConfigurationEncoder.from_trials(CONFIGURATIONS)
    again = ConfigurationEncoder(encoder.columns)
    pd.testing.assert_frame_equal(again.encode(CONFIGURATIONS), encoder.encode(CONFIGURATIONS))


def test_an_absent_column_counts_as_missing() -> None:
    encoded = ConfigurationEncoder(["C", "kernel=rbf"]).encode(pd.DataFrame({"param_C": [2]}))
    np.testing.assert_array_equal(encoded.to_numpy(), [[2.0, 0.0]])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"param_kernel": ["sigmoid"]},
            "param_kernel = 'sigmoid' was never seen in training; known: linear, rbf",
        ),
        ({"learner": ["boosting"]}, "learner = 'boosting' was never seen"),
        ({"param_depth": [3]}, "param_depth is set but was never seen in training; known: learner=forest"),
        ({"param_C": ["much"]}, "param_C was numeric in training"),
    ],
)
def test_what_was_never_seen_is_an_error(wrong: dict[str, list[object]], message: str) -> None:
    encoder = ConfigurationEncoder.from_trials(CONFIGURATIONS)
    with pytest.raises(ValueError, match=message):
        encoder.encode(pd.DataFrame(wrong))


def test_numbers_kept_as_objects_stay_numbers() -> None:
    mixed = pd.DataFrame({"param_depth": pd.Series([1, None, 3], dtype="object")})
    encoder = ConfigurationEncoder.from_trials(mixed)
    assert encoder.columns == ["depth"]
    np.testing.assert_array_equal(encoder.encode(mixed)["depth"], [1, np.nan, 3])


MIXED = pd.DataFrame({"param_depth": ["3", "None", "10.5", None], "param_solver": ["1", "2", "1", None]})


def test_a_hyperparameter_that_is_a_number_or_a_text_has_both() -> None:
    encoder = ConfigurationEncoder.from_trials(MIXED)
    # Texts that are all numbers stay names
    assert encoder.columns == ["depth", "depth=None", "solver=1", "solver=2"]
    expected = [[3, 0, 1, 0], [np.nan, 1, 0, 1], [10.5, 0, 1, 0], [np.nan, 0, 0, 0]]
    for configurations in (MIXED, MIXED.astype("object")):
        np.testing.assert_array_equal(encoder.encode(configurations).to_numpy(), expected)
    numbers = pd.DataFrame({"param_depth": [7, 2.5]})
    np.testing.assert_array_equal(encoder.encode(numbers)["depth"], [7, 2.5])
    again = ConfigurationEncoder(encoder.columns)
    pd.testing.assert_frame_equal(again.encode(MIXED), encoder.encode(MIXED))


def test_numbers_and_texts_as_objects_are_told_apart() -> None:
    mixed = pd.DataFrame({"param_features": pd.Series([0.5, "sqrt", None, 2], dtype="object")})
    encoder = ConfigurationEncoder.from_trials(mixed)
    assert encoder.columns == ["features", "features=sqrt"]
    np.testing.assert_array_equal(encoder.encode(mixed)["features"], [0.5, np.nan, np.nan, 2])


def test_a_text_that_was_never_seen_beside_numbers_is_an_error() -> None:
    encoder = ConfigurationEncoder.from_trials(MIXED)
    with pytest.raises(
        ValueError, match="param_depth = 'auto' was never seen in training; known: numbers, None"
    ):
        encoder.encode(pd.DataFrame({"param_depth": ["4", "auto"]}))


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("1", True),
        ("-2.5e3", True),
        ("1e39", False),
        ("inf", False),
        ("nan", False),
        ("", False),
        ("None", False),
    ],
)
def test_what_counts_as_a_number(text: str, is_number: bool) -> None:
    assert is_number_text(text) == is_number
