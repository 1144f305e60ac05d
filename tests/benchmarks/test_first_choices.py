"""The benchmark of the first choices, on the memory that ships."""

from __future__ import annotations

import pytest

from first_choices import measure
from foretune import load_memory
from foretune.recommendation import reference_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (reference_folder() / "metrics").is_dir(), reason="the package carries no reference memory"
    ),
]


@pytest.mark.parametrize(("learner", "n_classes_of_size"), [("lightgbm", 3), ("xgboost", 2)])
def test_the_memory_chooses_better_than_chance_and_the_default_where_it_has_not_been(
    learner: str, n_classes_of_size: int
) -> None:
    table = measure(load_memory("regression", metric="rmse"), learner)
    assert next(iter(table.columns)).startswith("to 1,000 (")
    for name in table.columns[:n_classes_of_size]:
        regret = table[name]
        assert regret["memory", 1] < regret["random", 1] / 2
        assert regret["memory", 1] < regret["default", 1] / 2
        assert regret["memory", 5] <= regret["memory", 3] <= regret["memory", 1]
