from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foretune.base import UserError
from foretune.learners import EarlyStopping


def test_whole_numbers_of_numpy_are_numbers() -> None:
    assert EarlyStopping(np.int64(3), max_rounds=np.int32(9)) == EarlyStopping(3, 9)
    assert type(EarlyStopping(np.int64(3)).patience) is int


@pytest.mark.parametrize("name", ["patience", "max_rounds"])
@pytest.mark.parametrize("value", [0, -1, 2.5, True, "10", None, float("nan")])
def test_anything_but_a_positive_whole_number_is_one_line(name: str, value: Any) -> None:
    with pytest.raises(UserError, match=rf"^{name} = .* must be a whole number of at least 1$"):
        EarlyStopping(**{name: value})
