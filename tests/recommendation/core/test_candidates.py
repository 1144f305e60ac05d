from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import load_iris

from foretune.recommendation import Recommender, load_memory
from foretune.recommendation.core.candidates import Candidates, shorten
from foretune.spaces.configuration import Configuration
from foretune.spaces.hyperparameters import LearnerSpace

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


def test_what_the_space_lists_and_no_trial_had_is_not_drawn(memory: Memory) -> None:
    """A choice that no configuration of the memory happened to have has nothing to be predicted from."""
    assert memory.provenance is not None
    wider = LearnerSpace.model_validate(
        {
            "shared": {
                "n_neighbors": {"type": "integer", "low": 1, "high": 50, "log": True},
                "algorithm": {"type": "choice", "choices": ["brute", "kd_tree"]},
                "leaf_size": {"type": "integer", "low": 10, "high": 60, "when": {"algorithm": ["kd_tree"]}},
                "weights": {"type": "choice", "choices": ["uniform", "distance"]},
            }
        }
    )
    constant = {
        name: replace(one, params={**one.params, "algorithm": "brute"})
        if one.learner == "k_nearest_neighbours"
        else one
        for name, one in memory.provenance.configurations.items()
    }
    told = replace(memory.provenance, configurations=constant, spaces={"k_nearest_neighbours": wider})
    recommender = Recommender.for_table(
        *load_iris(return_X_y=True),
        learner="k_nearest_neighbours",
        memory=replace(memory, provenance=told),
        n_more=20,
    )
    known = {one.config_id for one in constant.values()}
    drawn = [one for one in recommender.candidates.configurations if one.config_id not in known]
    assert len(drawn) == 20
    assert {one.params["algorithm"] for one in drawn} == {"brute"}
    assert recommender.candidates.infeasible["no known trial sets leaf_size"] > 0
    assert len(recommender.prior_at(recommender.candidates.configurations).mean) > 20
