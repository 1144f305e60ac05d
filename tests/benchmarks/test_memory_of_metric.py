"""The benchmark of what choosing by a memory of the metric gives, on the memory that ships."""

from __future__ import annotations

import pytest

from foretune import load_memory
from foretune.recommendation import reference_folder
from memory_of_metric import RAW, compare, read_scores

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (reference_folder() / "metrics").is_dir() or not any(RAW.glob("memory_ledger_*.parquet")),
        reason="the package carries no reference memory, or the checkout no ledger of it",
    ),
]


def test_who_asks_for_accuracy_is_served_better_by_its_own_memory_and_not_by_that_of_another() -> None:
    known, of_accuracy = load_memory("classification"), load_memory("classification", metric="accuracy")
    measured = compare(known, of_accuracy, read_scores("classification", "accuracy"), scaled=False)
    assert (measured[("second", 1)] - measured[("first", 1)]).mean() > 0.03
    usual = compare(known, of_accuracy, read_scores("classification", "balanced_accuracy"), scaled=False)
    assert len(usual) == len(measured) > 70
    assert (usual[("second", 1)] - usual[("first", 1)]).mean() < -0.03


def test_tables_of_the_largest_known_size_are_served_better_by_the_memory_that_knows_larger_ones() -> None:
    scores = read_scores("regression", "r2")
    measured = compare(
        load_memory("regression"), load_memory("regression", metric="rmse"), scores, scaled=True
    )
    large = measured[measured["n_rows"].round() >= 1000]
    for n in (1, 5):
        lead = large[("second", n)] - large[("first", n)]
        assert lead.mean() > 2 * lead.sem()
