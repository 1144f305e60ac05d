from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris

import foretune
from foretune.base.errors import UserError


def test_the_library_default_is_among_the_first_two(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    table = foretune.suggest(X, y, "xgboost", k=4, memory=memory_folder)
    assert list(table["rank"]) == [1, 2, 3, 4]
    assert table["is_default"].head(2).sum() == 1
    assert table["config_id"].is_unique
    assert (table["score_low"] <= table["predicted_score"]).all()
    assert (table["predicted_score"] <= table["score_high"]).all()
    assert table["regret_so_far"].is_monotonic_decreasing


def test_an_unknown_learner_is_refused(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(ValueError, match="learner 'forest' is not in this memory; choose from: auto, k_near"):
        foretune.suggest(X, y, "forest", memory=memory_folder)


@pytest.mark.parametrize("k", [0, -1, 2.5, True])
def test_the_number_of_suggestions_is_whole_and_at_least_one(memory_folder: Path, k: Any) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(UserError, match=f"k = {k!r} must be a whole number of at least 1"):
        foretune.suggest(X, y, "xgboost", k=k, memory=memory_folder)
