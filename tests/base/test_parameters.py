from typing import Any

import pytest

from foretune.base import split_at_plus


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("iris+wine", ["iris", "wine"]),
        ("iris", ["iris"]),
        (["a+b"], ["a+b"]),
        (("a",), ("a",)),
        (None, None),
        (3, 3),
    ],
)
def test_a_plus_joins_several_in_a_text(given: Any, expected: Any) -> None:
    assert split_at_plus(given) == expected
