from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, make_classification

from foretune.meta_model import LOG_COLUMNS, LOG_ROWS
from foretune.recommendation import Recommender, load_memory
from foretune.recommendation.core.known_sizes import keep_known_sizes

if TYPE_CHECKING:
    from pathlib import Path

    from foretune.meta_model.memory import Memory

LEARNERS = ("k_nearest_neighbours", "random_forest", "svm", "xgboost")


@pytest.fixture
def memory(memory_folder: Path) -> Memory:
    """Memory whose four tables have 100 to 100,000 cells, and whose svm knows the two smallest alone."""
    memory = load_memory("classification", memory_folder)
    assert memory.provenance is not None
    sizes = {LOG_ROWS: np.log([10.0, 100.0, 1000.0, 10_000.0]), LOG_COLUMNS: np.log([10.0] * 4)}
    metafeatures = memory.training_set.metafeatures.copy()
    for name, values in sizes.items():
        metafeatures[:, memory.metafeatures.index(name)] = values
    learners = np.array(
        [memory.provenance.configurations[one].learner for one in memory.training_set.config_ids]
    )
    known = memory.residuals
    kept = (learners[known.config] != "svm") | (known.task < 2)
    return replace(
        memory,
        training_set=memory.training_set._replace(metafeatures=metafeatures),
        residuals=known._replace(task=known.task[kept], config=known.config[kept], target=known.target[kept]),
    )


def _described(n_rows: float, n_features: float = 10.0) -> pd.Series:
    return pd.Series({LOG_ROWS: np.log(n_rows), LOG_COLUMNS: np.log(n_features)})


@pytest.mark.parametrize(("n_rows", "is_known"), [(50, True), (100, True), (101, False), (10**6, False)])
def test_a_learner_of_small_tables_is_left_out_on_larger_ones(
    memory: Memory, n_rows: int, is_known: bool
) -> None:
    kept, notes = keep_known_sizes(memory, LEARNERS, _described(n_rows))
    assert kept == tuple(one for one in LEARNERS if is_known or one != "svm")
    left_out = f"'auto' leaves out svm, known on tables of at most 1,000 cells; this one has {n_rows * 10:,}"
    assert notes == (() if is_known else (left_out,))


def test_one_of_the_largest_tables_is_as_good_as_the_other(memory: Memory) -> None:
    metafeatures = memory.training_set.metafeatures.copy()
    at = memory.metafeatures.index(LOG_ROWS)
    # The tables that svm does not know are twice as large at most
    metafeatures[:, at] = np.log([100.0, 1000.0, 1500.0, 2000.0])
    alike = replace(memory, training_set=memory.training_set._replace(metafeatures=metafeatures))
    assert keep_known_sizes(alike, LEARNERS, _described(10**6)) == (LEARNERS, ())
    assert keep_known_sizes(alike, ["svm"], _described(10**6)) == (("svm",), ())


def test_what_has_no_size_leaves_nothing_out(memory: Memory) -> None:
    assert keep_known_sizes(memory, LEARNERS, pd.Series({LOG_ROWS: 20.0})) == (LEARNERS, ())


def test_auto_leaves_it_out_and_says_so_but_not_a_name(memory: Memory) -> None:
    small = Recommender.for_table(*load_iris(return_X_y=True), memory=memory)
    assert small.learners == LEARNERS
    X, y = make_classification(300, 8, random_state=0)
    large = Recommender.for_table(X, y, memory=memory)
    assert large.learners == tuple(one for one in LEARNERS if one != "svm")
    assert any(note.startswith("'auto' leaves out svm") for note in large.notes())
    assert {one.learner for one in large.candidates.configurations} == set(large.learners)
    named = Recommender.for_table(X, y, list(LEARNERS), memory=memory)
    assert named.learners == LEARNERS


def test_without_a_table_its_metafeatures_say_its_size(memory: Memory) -> None:
    large = Recommender.without_table(memory=memory, task_type="classification", metafeatures=_described(1e6))
    assert large.learners == tuple(one for one in LEARNERS if one != "svm")
    assert Recommender.without_table(memory=memory, task_type="classification").learners == LEARNERS
