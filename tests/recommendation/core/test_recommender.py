from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, load_wine

import foretune
from foretune import Guard
from foretune.meta_model.artifact import save_memory
from foretune.meta_model.manifest import ArtifactError
from foretune.meta_model.provenance import tabulate_configurations
from foretune.recommendation import Recommender, load_memory
from foretune.recommendation.core.feasibility import Feasibility
from foretune.recommendation.core.memory_files import MemoryNotFoundError
from foretune.recommendation.core.suggestions import RecommendationWarning
from foretune.spaces.configuration import Configuration
from foretune.tables import TableError


def test_scores_stay_within_their_bounds(memory_folder: Path) -> None:
    table = foretune.suggest(*load_wine(return_X_y=True), "auto", k=20, memory=memory_folder)
    assert table["score_high"].max() <= 1
    assert table["score_low"].min() >= 0


def test_a_known_task_is_its_own_nearest(memory_folder: Path) -> None:
    memory = load_memory("classification", memory_folder)
    X, y = load_iris(return_X_y=True, as_frame=True)
    described = pd.Series(memory.training_set.metafeatures[1].astype(float), list(memory.metafeatures))
    known = Recommender.for_table(X, y, memory=memory, metafeatures=described)
    first = known.familiarity.neighbours.iloc[0]
    assert first["task_id"] == list(memory.task_hashes)[1]
    assert first["distance"] == pytest.approx(0, abs=1e-6)
    assert len(known.familiarity.clipped) == 0
    assert not known.is_out_of_distribution


def test_remembered_configurations_are_encoded_as_new_ones_are(memory_folder: Path) -> None:
    memory = load_memory("classification", memory_folder)
    assert memory.provenance is not None
    known = list(memory.provenance.configurations.values())[::-2]
    expected = memory.surrogate.encoder.encode(tabulate_configurations(known))
    pd.testing.assert_frame_equal(memory.encode(known), expected, check_exact=True)
    # One that nobody has tried is among them: all are read
    new = Configuration("svm", {"C": 1.2345, "kernel": "linear"})
    mixed = memory.encode([*known, new])
    pd.testing.assert_frame_equal(mixed.iloc[:-1], expected, check_exact=True)
    assert mixed["C"].iloc[-1] == 1.2345
    with pytest.raises(ValueError, match="never seen in training"):
        memory.encode([Configuration("svm", {"C": 1.0, "kernel": "sigmoid"})])


def test_a_strange_table_gets_what_does_well_everywhere_and_says_so(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    careful = Guard(max_distance=1e-6)
    with pytest.warns(RecommendationWarning) as caught:
        table = foretune.suggest(X, y, "svm", memory=memory_folder, guard=careful)
    assert any("no known task is like this one" in str(one.message) for one in caught)
    # Metafeatures do not count: another table gets the same
    X, y = load_wine(return_X_y=True, as_frame=True)
    with pytest.warns(RecommendationWarning):
        other = foretune.suggest(X, y, "svm", memory=memory_folder, guard=careful)
    assert other["config_id"].tolist() == table["config_id"].tolist()


def test_a_tiny_table_begins_with_the_default(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    few = Recommender.for_table(X[45:55], y[45:55], "svm", memory=memory_folder)
    assert few.has_few_rows
    assert few.rank(3)["is_default"].tolist() == [True, False, False]
    assert any("the library default comes first" in note for note in few.notes())


def test_the_guard_is_that_of_the_memory_unless_one_is_given(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    memory = load_memory("classification", memory_folder)
    careful = replace(memory, guard=Guard(min_rows=1000, max_distance=100))
    for one, guard, is_first in (
        (memory, None, False),
        (careful, None, True),
        (careful, Guard(max_risk=1), False),
    ):
        recommender = Recommender.for_table(X, y, "svm", memory=one, guard=guard)
        assert recommender.guard == (guard or one.guard)
        assert recommender.has_few_rows == is_first


@pytest.mark.parametrize(("n_folds", "most"), [(None, 16), (5, 16), (4, 15), (2, 10)])
def test_what_can_be_fitted_depends_on_the_folds_of_the_memory(
    memory_folder: Path, n_folds: int | None, most: int
) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    memory = load_memory("classification", memory_folder)
    assert memory.provenance is not None
    other = replace(memory, provenance=replace(memory.provenance, n_folds=n_folds))
    recommender = Recommender.for_table(X[40:60], y[40:60], "k_nearest_neighbours", memory=other)
    assert recommender.feasibility.n_training == most


def test_suggestions_say_how_their_scores_were_measured(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    told = foretune.suggest(X, y, "svm", memory=memory_folder).attrs
    assert (told["score"], told["n_folds"], told["preprocessing"]) == (
        "balanced_accuracy",
        3,
        {"max_categories": 20},
    )


def test_what_lies_outside_of_the_known_range_is_clipped_and_said(memory_folder: Path) -> None:
    rng = np.random.default_rng(0)
    wide = Recommender.for_table(rng.normal(size=(200, 60)), rng.integers(0, 2, 200), memory=memory_folder)
    clipped = wide.familiarity.clipped.set_index("metafeature")
    assert "simple.log_n_features" in clipped.index
    assert wide.clipped_metafeatures["simple.log_n_features"] == clipped.loc["simple.log_n_features", "high"]
    assert any("metafeatures lie outside" in note for note in wide.notes())


def test_what_cannot_be_fitted_is_left_out(memory_folder: Path) -> None:
    setting = load_memory("classification", memory_folder).provenance
    assert setting is not None
    few, many = Feasibility(6, Guard()), Feasibility(50_000, Guard())
    reasons = [few.why_not(one) for one in setting.configurations.values()]
    assert any("n_neighbors" in str(reason) for reason in reasons)
    by_learner = {one.learner: many.why_not(one) for one in setting.configurations.values()}
    assert "kernel machine" in str(by_learner.pop("svm"))
    assert set(by_learner.values()) == {None}
    X, y = load_iris(return_X_y=True, as_frame=True)
    small = Recommender.for_table(X[40:60], y[40:60], "k_nearest_neighbours", memory=memory_folder)
    assert all(one.params["n_neighbors"] <= 16 for one in small.candidates.configurations)
    boosting = Configuration("gradient_boosting", {"max_depth": 3})
    assert many.why_not(boosting) is None
    huge = Feasibility(50_001, Guard())
    assert "max_gradient_boosting_rows = 50,000" in str(huge.why_not(boosting))
    leaf = Configuration("random_forest", {"min_samples_leaf": 4})
    assert "allows no split of 6 rows" in str(few.why_not(leaf))
    assert many.why_not(leaf) is None


def test_memories_that_cannot_recommend_say_why(memory_folder: Path, tmp_path: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(MemoryNotFoundError, match="has no memory of classification tasks: run the pipeline"):
        foretune.suggest(X, y, memory=tmp_path)
    memory = load_memory("classification", memory_folder)
    save_memory(replace(memory, provenance=None), tmp_path / "classification")
    with pytest.raises(MemoryNotFoundError, match="does not know its search"):
        foretune.suggest(X, y, memory=tmp_path)
    content = (tmp_path / "classification/members.npz").read_bytes()
    (tmp_path / "classification/members.npz").write_bytes(content[:-1])
    (tmp_path / "classification/manifest.json").touch()
    with pytest.raises(ArtifactError, match=r"members\.npz is not the file that was saved"):
        foretune.suggest(X, y, memory=tmp_path)


def test_a_memory_described_elsewhere_needs_metafeatures(memory_folder: Path) -> None:
    memory = load_memory("classification", memory_folder)
    assert memory.provenance is not None
    foreign = replace(memory, provenance=replace(memory.provenance, metafeature_settings=None))
    X, y = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(TableError, match="give the metafeatures of the new task as well"):
        foretune.suggest(X, y, memory=foreign)
    described = pd.Series(memory.training_set.metafeatures[0].astype(float), list(memory.metafeatures))
    assert len(foretune.suggest(X, y, k=3, memory=foreign, metafeatures=described)) == 3


def test_new_configurations_stand_beside_the_remembered_ones(memory_folder: Path) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    more = Recommender.for_table(X, y, "xgboost", memory=memory_folder, n_more=5)
    few = Recommender.for_table(X, y, "xgboost", memory=memory_folder)
    assert len(more.candidates.configurations) == len(few.candidates.configurations) + 5
    assert np.isfinite(more.prior.mean).all()


def test_a_family_can_be_forgotten(memory_folder: Path) -> None:
    memory = load_memory("classification", memory_folder)
    family = memory.training_set.families[0]
    without = memory.without([family])
    assert family not in without.training_set.families
    assert len(without.surrogate.members) == len(without.training_set.seen) > 0
    assert without.residuals.task.max() == len(without.task_hashes) - 1
    kept = memory.residuals.task != 0
    np.testing.assert_array_equal(without.residuals.target, memory.residuals.target[kept])
    with pytest.raises(ValueError, match="no member of the ensemble is without"):
        memory.without(memory.training_set.families)
    assert len(memory.with_members(2).surrogate.members) == 2
