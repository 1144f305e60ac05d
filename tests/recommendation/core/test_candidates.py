from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import load_iris

from foretune.recommendation import Recommender, load_memory
from foretune.recommendation.core.candidates import Candidates, shorten
from foretune.spaces.configuration import Configuration

if TYPE_CHECKING:
    from pathlib import Path

    from foretune.meta_model.memory import Memory


@pytest.fixture
def memory(memory_folder: Path) -> Memory:
    return load_memory("classification", memory_folder)


@pytest.fixture
def candidates(memory: Memory) -> Candidates:
    return Recommender.for_table(*load_iris(return_X_y=True), memory=memory).candidates


def test_few_are_all_kept(memory: Memory, candidates: Candidates) -> None:
    assert shorten(candidates, memory) is candidates
    n_others = len(candidates.configurations) - candidates.n_defaults
    assert shorten(candidates, memory, n_others) is candidates
    assert shorten(candidates, memory, n_others - 1) is not candidates


def test_the_best_of_each_task_and_the_defaults_stay(memory: Memory, candidates: Candidates) -> None:
    short = shorten(candidates, memory, 12)
    assert short.n_defaults == candidates.n_defaults
    assert short.configurations[: short.n_defaults] == candidates.configurations[: short.n_defaults]
    assert len(short.configurations) == short.n_defaults + 12
    assert len({one.config_id for one in short.configurations}) == len(short.configurations)
    ids = {one.config_id for one in short.configurations}
    remembered = memory.residuals
    for task in np.unique(remembered.task):
        rows = np.flatnonzero(remembered.task == task)
        best = memory.training_set.config_ids[remembered.config[rows[np.argmax(remembered.target[rows])]]]
        assert best in ids
    (told,) = [reason for reason in short.infeasible if "are enough" in reason]
    assert short.infeasible[told] == len(candidates.configurations) - len(short.configurations)


def test_what_was_drawn_for_the_table_stays(memory: Memory, candidates: Candidates) -> None:
    new = Configuration("svm", {"C": 1.2345, "kernel": "linear"})
    more = Candidates((*candidates.configurations, new), candidates.n_defaults, {})
    short = shorten(more, memory, 8)
    assert new in short.configurations
    assert len(short.configurations) == short.n_defaults + 8 + 1
