from __future__ import annotations

import numpy as np
import pytest

from foretune.base import is_number


@pytest.mark.parametrize(
    "value", [1, 0.5, float("nan"), float("inf"), np.int8(1), np.float32(0.5), np.float64("nan")]
)
def test_numbers_of_python_and_of_numpy_are_numbers(value: object) -> None:
    assert is_number(value)


@pytest.mark.parametrize("value", [True, np.bool_(False), "1", None, 1j, np.array(1.0), [1]])
def test_truth_values_texts_and_arrays_are_no_numbers(value: object) -> None:
    assert not is_number(value)
