from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.datasets import load_iris

import foretune


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
