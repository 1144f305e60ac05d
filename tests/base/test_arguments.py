from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foretune.base import PATH, ArgumentError, check_choice, check_kind, check_seed, check_task_type


def test_the_message_names_the_argument_and_what_it_must_be() -> None:
    with pytest.raises(ArgumentError, match=r"^memory = 3 must be a folder, or None$"):
        check_kind("memory", 3, PATH, "a folder", optional=True)
    with pytest.raises(TypeError, match=r"^kind = 'c' must be one of a, b$"):
        check_choice("kind", "c", ("a", "b"))
    with pytest.raises(ValueError, match=r"^task_type = 'reg' must be one of classification, regression$"):
        check_task_type("reg")
    with pytest.raises(ArgumentError) as caught:
        check_kind("names", "a" * 1000, dict, "a mapping")
    assert len(str(caught.value)) < 200


def test_what_is_allowed_passes() -> None:
    check_kind("folder", Path("a"), PATH, "a folder")
    check_kind("folder", None, PATH, "a folder", optional=True)
    check_task_type("regression")
    check_task_type(None, optional=True)
    check_seed("seed", np.int64(3))
    check_seed("seed", None, optional=True)


@pytest.mark.parametrize("value", [None, True, -1, 2**32, 2.5, "3", [3]])
def test_what_seeds_no_generator_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"seed = .* must be a whole number from 0"):
        check_seed("seed", value)
