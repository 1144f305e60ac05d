from __future__ import annotations

import pytest

from foretune.base.size_classes import name_size_classes, size_class


def test_classes_are_named_from_small_to_large() -> None:
    assert name_size_classes() == ("up to 1,000", "1,000 to 4,000", "4,000 to 20,000", "above 20,000")
    assert name_size_classes([50]) == ("up to 50", "above 50")


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [
        (1, "up to 1,000"),
        (1_000, "up to 1,000"),
        (1_001, "1,000 to 4,000"),
        (20_000.0, "4,000 to 20,000"),
        (10**7, "above 20,000"),
        (float("nan"), "unknown"),
    ],
)
def test_a_bound_belongs_to_the_class_below_it(n_rows: float, expected: str) -> None:
    assert size_class(n_rows) == expected
