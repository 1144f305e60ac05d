from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

import foretune
from foretune.base.errors import UserError
from foretune.recommendation.core.suggestions import RecommendationWarning, notes_to_show, warn_of


def test_the_library_default_is_among_the_first_two(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    table = foretune.suggest(X, y, "xgboost", k=4, memory=memory_folder)
    assert list(table["rank"]) == [1, 2, 3, 4]
    assert table["is_default"].head(3).sum() == 1
    assert table["config_id"].is_unique
    assert (table["score_low"] <= table["predicted_score"]).all()
    assert (table["predicted_score"] <= table["score_high"]).all()
    assert table["regret_so_far"].is_monotonic_decreasing


def test_an_unknown_learner_is_refused(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(
        ValueError,
        match=r"'forest' is not in this memory \(did you mean 'random_forest'\?\); choose from: auto",
    ):
        foretune.suggest(X, y, "forest", memory=memory_folder)


@pytest.mark.parametrize("k", [0, -1, 2.5, True])
def test_the_number_of_suggestions_is_whole_and_at_least_one(memory_folder: Path, k: Any) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(UserError, match=f"k = {k!r} must be a whole number of at least 1"):
        foretune.suggest(X, y, "xgboost", k=k, memory=memory_folder)


def test_the_table_says_what_it_was_made_of(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    table = foretune.suggest(
        X, y, "xgboost", k=2, memory=memory_folder, guard=foretune.Guard(max_distance=99)
    )
    assert table.attrs["task_type"] == "classification"
    assert table.attrs["score"] == "balanced_accuracy"
    assert isinstance(table.attrs["notes"], list)
    # As values, iris is another task
    measured = foretune.suggest(X, y, "xgboost", k=2, memory=memory_folder, task_type="regression")
    assert (measured.attrs["task_type"], measured.attrs["score"]) == ("regression", "r2")


@pytest.mark.parametrize(("is_out", "shown"), [(False, ["sampled"]), (True, ["sampled", "unlike all"])])
def test_a_user_sees_more_of_a_table_that_is_unlike_all(is_out: bool, shown: list[str]) -> None:
    recommender: Any = SimpleNamespace(
        is_out_of_distribution=is_out,
        describe_distance=lambda: "unlike all",
        new_task=SimpleNamespace(notes=("sampled",)),
        lost_settings=(),
    )
    assert notes_to_show(recommender) == shown
    with pytest.warns(RecommendationWarning) as caught:
        warn_of(recommender)
    assert [str(warning.message) for warning in caught] == shown
    assert caught[0].filename == __file__


def test_a_table_of_a_few_rows_is_one_warning() -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {"a": rng.normal(size=3), "b": ["x", "y", "x"], "c": [0, 2, 1], "m": [None, 1.5, 2.5]}
    )
    table["k"] = [1.0, 1.0, 4.0]
    near = foretune.Guard(max_distance=0.01)
    with pytest.warns(RecommendationWarning) as caught:
        found = foretune.suggest(table, rng.normal(size=3), k=3, task_type="regression", guard=near)
    (message,) = [str(warning.message) for warning in caught]
    assert message.startswith("no known task is like this one")
    (left_out,) = [note for note in found.attrs["notes"] if "left out" in note]
    assert re.fullmatch(
        r"\d+ configurations left out: \w+ = \d+ .* of 2 rows, and \d+ reasons more", left_out
    )
