"""The memory of a learner that a function trains."""

from __future__ import annotations

import pytest

from foretune import UserError
from foretune.recommendation import reference_folder
from foretune.recommendation.core import Feasibility, provenance_of
from foretune.recommendation.function_search.function_search import start_search
from foretune.recommendation.function_search.known_learner import (
    TYPICAL_ROWS,
    DeclaredLearner,
    KnownLearner,
    rename,
)
from foretune.recommendation.function_search.space_texts import SpaceError, read_space

pytestmark = pytest.mark.skipif(
    not (reference_folder() / "regression").is_dir(), reason="the package carries no reference memory"
)


@pytest.fixture(scope="module")
def lightgbm() -> KnownLearner:
    return KnownLearner.find(DeclaredLearner("LGBMRegressor", "regression", fixed={"m.n_estimators": 300}), 0)


def test_parameters_are_found_by_the_last_part_of_their_name(lightgbm: KnownLearner) -> None:
    assert lightgbm.learner == "lightgbm"
    assert lightgbm.local_name("model_options.learning_rate") == "learning_rate"
    assert lightgbm.local_name("learning_rate") == "learning_rate"
    assert lightgbm.local_name("options.regressor__num_leaves") == "num_leaves"
    # A name of the library's own
    assert lightgbm.local_name("options.min_data_in_leaf") == "min_child_samples"
    assert lightgbm.local_name("split.test_size") is None


def test_a_range_of_the_memory_is_that_of_its_search_space(lightgbm: KnownLearner) -> None:
    known = provenance_of(lightgbm.memory).spaces["lightgbm"].of("regression")["learning_rate"]
    read = lightgbm.range_of("model_options.learning_rate")
    assert read.at(0.0) == known.at(0.0)
    assert read.at(1.0) == pytest.approx(known.at(1 - 1e-9))
    with pytest.raises(SpaceError, match=r"m\.test_size needs a range .*the memory of lightgbm knows"):
        lightgbm.range_of("m.test_size")


def test_one_hyperparameter_under_two_names_is_refused(lightgbm: KnownLearner) -> None:
    with pytest.raises(SpaceError, match=r"a\.learning_rate and b\.eta are both learning_rate"):
        lightgbm.local_names({"a.learning_rate": None, "b.eta": None})


def test_what_is_not_searched_stays_as_the_function_has_it(lightgbm: KnownLearner) -> None:
    space = rename(read_space({"m.num_leaves": "int(4,64)"}), {"m.num_leaves": "num_leaves"})
    proposals = lightgbm.start(space, {"num_leaves": 31}, 0)
    configurations = proposals.configurations
    assert configurations[0].params == {"num_leaves": 31}
    assert {tuple(one.params) for one in configurations} == {("num_leaves",)}
    known = [one.known.params for one in configurations if one.known is not None]
    assert {one["n_estimators"] for one in known} == {300}
    assert {one["learning_rate"] for one in known} == {0.1}
    assert len({one["num_leaves"] for one in known}) > 20


def test_a_booster_whose_rounds_are_fixed_is_noted(lightgbm: KnownLearner) -> None:
    note = "early stopping chose n_estimators in its trials: search that, too, where it is fixed"
    assert note in lightgbm.notes({"m.learning_rate": "learning_rate"})
    assert note not in lightgbm.notes({"m.n_estimators": "n_estimators"})


def test_a_learner_without_memory_is_named_with_those_that_have_one() -> None:
    with pytest.raises(
        UserError,
        match=r"learner = 'lightgbmm': .*did you mean 'lightgbm'\?\).* extra_trees,.* lightgbm, linear",
    ):
        KnownLearner.find(DeclaredLearner("lightgbmm", "regression"), 0)


def test_where_the_memory_knows_no_parameter_the_search_learns_alone() -> None:
    search = start_search({"k": "int(1,3)"}, {"k": 2}, 0, DeclaredLearner("svm", "regression"))
    assert search.names == {}
    assert search.notes == (
        "the memory of svm knows none of the parameters: the search learns from its own trials alone",
    )


def test_a_table_of_usual_size_forbids_no_learner(lightgbm: KnownLearner) -> None:
    feasibility = Feasibility(TYPICAL_ROWS, lightgbm.memory.guard)
    known = provenance_of(lightgbm.memory).configurations.values()
    assert all(feasibility.why_not(one) is None for one in known)
