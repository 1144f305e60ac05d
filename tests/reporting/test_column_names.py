from __future__ import annotations

import pytest

from foretune.reporting.column_names import HEADINGS, head_column


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("mean_regret", "mean regret"),
        ("n_trials", "trials"),
        ("ci_low", "interval from"),
        ("trivial_r2", "without metafeatures: R2"),
        ("is_default", "library default"),
        ("Foretune's place", "Foretune's place"),
    ],
)
def test_headings_are_words(name: str, heading: str) -> None:
    assert head_column(name) == heading


def test_no_heading_has_an_underscore() -> None:
    assert not [one for one in HEADINGS.values() if "_" in one]
