from __future__ import annotations

from typing import Any

import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from foretune.recommendation.core.values import NO_VALUE
from foretune.recommendation.core.vocabulary import LearnerVocabulary
from foretune.recommendation.optuna.pool import N_FRESH, StudyPool, StudySpace
from foretune.spaces.configuration import DEFAULT, Configuration

C = FloatDistribution(0.5, 50.0, log=True)
KERNEL = CategoricalDistribution(["linear", "rbf"])
GAMMA = FloatDistribution(0.01, 1.0, log=True)


def svm(**params: Any) -> Configuration:
    return Configuration("svm", params, "sobol")


@pytest.fixture
def space_of(vocabularies: dict[str, LearnerVocabulary]) -> Any:
    def make(
        searched: dict[str, BaseDistribution],
        fixed: dict[str, Any] | None = None,
        closed: frozenset[str] = frozenset(),
        learner: str = "svm",
    ) -> StudySpace:
        return StudySpace(vocabularies[learner], searched, fixed or {}, closed)

    return make


def test_what_fits_is_kept_and_what_does_not_is_drawn_anew(space_of: Any) -> None:
    space = space_of({"C": C, "kernel": KERNEL, "gamma": GAMMA})
    inside = svm(C=10.0, kernel="linear")
    assert space.adapt(inside, 0).params == inside.params
    outside = space.adapt(svm(C=0.1, kernel="rbf", gamma=0.5), 0)
    assert outside.params["C"] != 0.1
    assert 0.5 <= outside.params["C"] <= 50
    assert (outside.params["kernel"], outside.params["gamma"]) == ("rbf", 0.5)
    # By the seed alone
    assert space.adapt(svm(C=0.1, kernel="rbf", gamma=0.5), 0) == outside
    assert space.adapt(svm(C=0.1, kernel="rbf", gamma=0.5), 1) != outside


def test_a_fresh_one_has_all_its_numbers_drawn_and_its_choices_kept(space_of: Any) -> None:
    space = space_of({"C": C, "kernel": KERNEL, "gamma": GAMMA})
    fresh = space.adapt(svm(C=10.0, kernel="linear"), 0, fresh=True)
    assert fresh.params["kernel"] == "linear"
    assert fresh.params["C"] != 10.0
    assert "gamma" not in fresh.params


def test_what_is_fixed_or_closed_is_not_searched(space_of: Any) -> None:
    fixed = space_of({"C": C, "kernel": KERNEL, "gamma": GAMMA}, {"kernel": "rbf", "gamma": "scale"})
    assert fixed.adapt(svm(C=10.0, kernel="linear"), 0).params == {"C": 10.0, "kernel": "rbf"}
    # Never asked for: the library's default, or nothing where that is the constructor's own
    closed = space_of({"C": C}, closed=frozenset({"kernel", "gamma"}))
    assert closed.adapt(svm(C=10.0, kernel="linear"), 0).params == {"C": 10.0, "kernel": "rbf"}
    assert closed.adapt(svm(C=10.0, kernel="rbf", gamma=0.5), 0).params == {"C": 10.0, "kernel": "rbf"}


def test_without_a_readable_choice_there_is_no_place(space_of: Any) -> None:
    space = space_of({"kernel": CategoricalDistribution(["poly", "sigmoid"])})
    assert space.adapt(svm(C=1.0, kernel="rbf"), 0) is None
    only = space_of({"kernel": CategoricalDistribution(["poly", "linear"])})
    assert only.adapt(svm(C=1.0, kernel="rbf", gamma=0.1), 0).params == {"C": 1.0, "kernel": "linear"}


def test_around_one_about_half_of_the_numbers_move_a_little(space_of: Any) -> None:
    space = space_of({"C": C, "kernel": KERNEL, "gamma": GAMMA})
    centre = svm(C=5.0, kernel="rbf", gamma=0.1)
    near = space.look_around(centre, 200, seed=0)
    assert len(near) == 200
    assert all(one.params["kernel"] == "rbf" for one in near)
    moved = [(one.params["C"] != 5.0) + (one.params["gamma"] != 0.1) for one in near]
    assert sum(moved) / 400 == pytest.approx(0.5, abs=0.1)
    assert sum(1 < one.params["C"] < 25 for one in near) > 180
    assert space.look_around(centre, 5, seed=0) == near[:5]


@pytest.mark.parametrize(
    ("searched", "fixed", "holds"),
    [
        ({"C": C, "kernel": KERNEL, "gamma": CategoricalDistribution(["scale", 0.5])}, {}, True),
        ({"C": FloatDistribution(2.0, 5.0)}, {}, False),
        ({"C": C, "kernel": CategoricalDistribution(["linear"])}, {}, False),
        ({"C": C}, {"kernel": "linear"}, False),
        ({"C": C}, {"kernel": "rbf", "gamma": "scale"}, True),
        # gamma can be had under the rbf kernel, but not what the library takes by itself
        ({"gamma": GAMMA}, {}, False),
        ({"gamma": CategoricalDistribution(["scale", 0.5])}, {}, True),
    ],
)
def test_a_study_holds_the_default_where_it_can_be_written(
    searched: dict[str, BaseDistribution],
    fixed: dict[str, Any],
    holds: bool,
    space_of: Any,
    remembered: list[Configuration],
) -> None:
    assert space_of(searched, fixed).holds_default(remembered[0]) == holds


def test_the_default_waits_until_it_is_known_that_the_study_leaves_a_hyperparameter_to_the_library(
    space_of: Any, remembered: list[Configuration]
) -> None:
    searched = {"C": C, "kernel": KERNEL}
    assert not space_of(searched).holds_default(remembered[0])
    assert space_of(searched, closed=frozenset({"gamma"})).holds_default(remembered[0])


def test_a_value_is_written_in_the_words_of_the_study_or_not_at_all(space_of: Any) -> None:
    space = space_of({})
    assert space.express(svm(C=10.0), "C", CategoricalDistribution(["1", "10"])) == "10"
    assert space.express(svm(C=10.2), "C", IntDistribution(1, 20)) is NO_VALUE
    rbf = svm(C=10.0, kernel="rbf")
    assert space.express(rbf, "gamma", CategoricalDistribution([0.1, "scale"])) == "scale"
    assert space.express(rbf, "gamma", GAMMA) is NO_VALUE


def test_spaces_are_the_same_by_what_is_searched_fixed_and_closed(space_of: Any) -> None:
    same = space_of({"C": C, "gamma": GAMMA}).signature
    assert space_of({"gamma": GAMMA, "C": FloatDistribution(0.5, 50.0, log=True)}).signature == same
    others = [
        space_of({"C": C}),
        space_of({"C": C}, {"kernel": "rbf"}),
        space_of({"C": C}, closed=frozenset({"kernel"})),
        space_of({"C": FloatDistribution(0.5, 60.0, log=True)}),
    ]
    assert len({one.signature for one in others} | {same}) == 5


def test_a_pool_has_the_defaults_first_then_the_remembered_and_fresh_ones(
    space_of: Any, remembered: list[Configuration]
) -> None:
    space = space_of({"n_neighbors": IntDistribution(1, 30)}, learner="k_nearest_neighbours")
    pool = StudyPool.build({"k_nearest_neighbours": space}, remembered, lambda _: True, seed=0)
    values = [one.params["n_neighbors"] for one in pool.configurations]
    assert pool.n_defaults == 1
    assert values[:2] == [5, 20]
    assert pool.configurations[0].strategy == DEFAULT
    assert len(set(values)) == len(values) > 10
    assert len(values) <= 2 + N_FRESH
    few = StudyPool.build(
        {"k_nearest_neighbours": space}, remembered, lambda one: one.params["n_neighbors"] < 10, seed=0
    )
    assert all(one.params["n_neighbors"] < 10 for one in few.configurations)


def test_a_default_that_the_study_cannot_try_is_brought_into_its_range(
    space_of: Any, remembered: list[Configuration]
) -> None:
    space = space_of({"n_neighbors": IntDistribution(10, 30)}, learner="k_nearest_neighbours")
    pool = StudyPool.build({"k_nearest_neighbours": space}, remembered, lambda _: True, seed=0)
    assert pool.n_defaults == 0
    assert all(10 <= one.params["n_neighbors"] <= 30 for one in pool.configurations)
    fixed = space_of({}, {"n_neighbors": 7}, learner="k_nearest_neighbours")
    pool = StudyPool.build({"k_nearest_neighbours": fixed}, remembered, lambda _: True, seed=0)
    assert [one.params["n_neighbors"] for one in pool.configurations] == [7]
