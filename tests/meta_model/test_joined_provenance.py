from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from foretune.base import UserError
from foretune.learners import EarlyStopping, PreprocessingParameters
from foretune.meta_model.cost_model import UNKNOWN, CostModel
from foretune.meta_model.joined_provenance import join_provenance
from foretune.meta_model.provenance import Provenance
from foretune.spaces import Configuration, LearnerSpace

ONE = Provenance(
    {"a": Configuration("svm", {"C": 1.0})},
    score="r2",
    preprocessing=PreprocessingParameters(max_categories=20),
    n_folds=3,
)


def _space(**names: Any) -> LearnerSpace:
    shared = {name: {"type": "float", "low": 0.1, "high": high} for name, high in names.items()}
    return LearnerSpace.model_validate({"shared": shared})


def _join(*others: Provenance, first: Provenance = ONE) -> tuple[Provenance, list[str]]:
    return join_provenance(
        [("ours", first), *((f"o{at}", one) for at, one in enumerate(others))], "regression"
    )


def test_equal_ones_are_joined_without_a_word() -> None:
    joined, notes = _join(ONE)
    assert notes == []
    assert (joined.score, joined.n_folds, joined.preprocessing) == ("r2", 3, ONE.preprocessing)


def test_another_metric_is_refused() -> None:
    with pytest.raises(UserError, match="ours predicts r2, o0 mae: only memories of the same metric"):
        _join(replace(ONE, score="mae"))


def test_a_score_without_a_name_counts_by_its_order() -> None:
    for joined, notes in (_join(replace(ONE, score=None)), _join(ONE, first=replace(ONE, score=None))):
        assert joined.score == "r2"
        (note,) = [one for one in notes if "name" in one]
        assert note.endswith("does not name its score, whose order counts beside r2, not the level")


def test_scores_without_a_name_are_taken_for_the_same_and_it_is_said() -> None:
    nameless = replace(ONE, score=None)
    _, notes = _join(nameless, first=nameless)
    assert notes == ["no memory names its score: all are taken to be of the same metric"]


def test_of_what_differs_the_first_is_taken_and_it_is_said() -> None:
    other = replace(
        ONE,
        n_folds=5,
        preprocessing=PreprocessingParameters(max_categories=9),
        early_stopping=EarlyStopping(),
    )
    joined, notes = _join(other, ONE)
    assert (joined.n_folds, joined.preprocessing, joined.early_stopping) == (3, ONE.preprocessing, None)
    assert notes == [
        "preprocessing: 'o0' has another, that of 'ours' is taken",
        "number of folds: 'o0' has another, that of 'ours' is taken",
        "early stopping: 'o0' has another, that of 'ours' is taken",
    ]


def test_a_search_space_has_all_hyperparameters_or_is_left_out() -> None:
    narrow = replace(ONE, spaces={"svm": _space(C=10.0)})
    wide = replace(
        ONE, configurations={"b": Configuration("svm", {"C": 1.0, "gamma": 1.0})},
        spaces={"svm": _space(C=5.0, gamma=1.0)},
    )  # fmt: skip
    joined, notes = _join(wide, first=narrow)
    assert joined.spaces["svm"] == wide.spaces["svm"]
    assert notes == ["search space of svm: they differ, that of 'o0' is taken"]
    joined, notes = _join(replace(wide, spaces={}), first=narrow)
    assert joined.spaces == {}
    assert notes == [
        "search space of svm: none has all of its hyperparameters, so that no new configurations of it are "
        "drawn"
    ]


def _settings(**others: Any) -> Provenance:
    return replace(ONE, metafeature_settings={"groups": ["simple", "landmarking"], **others})


def test_groups_of_metafeatures_are_those_of_all() -> None:
    joined, notes = _join(
        _settings(groups=["simple", "pca"], random_state=4), first=_settings(random_state=3)
    )
    assert joined.metafeature_settings is not None
    assert joined.metafeature_settings["groups"] == ["simple", "landmarking", "pca"]
    assert set(joined.metafeature_settings["caps"]) == {"simple", "landmarking", "pca"}
    assert joined.metafeature_settings["random_state"] == 3
    assert notes == ["seed of the metafeatures: they differ, that of 'ours' is taken"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"n_bins": 7}, r"metafeatures.n_bins is 5 in one and 7 in the other"),
        (
            {"caps": {"landmarking": {"max_rows": 500}}},
            r"metafeatures.caps.landmarking.max_rows is \d+ in one and 500",
        ),
    ],
)
def test_metafeatures_that_were_computed_differently_are_refused(other: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        _join(_settings(**other), first=_settings())


def test_seconds_until_a_metafeature_is_stopped_may_differ() -> None:
    _, notes = _join(_settings(caps={"landmarking": {"max_seconds": 1}}), first=_settings())
    assert notes == []


def test_metafeatures_from_elsewhere_count_by_their_names() -> None:
    joined, notes = _join(_settings())
    assert joined.metafeature_settings is not None
    assert notes == ["metafeatures: those of 'ours' come from elsewhere, and count by name"]


def test_costs_are_those_of_the_first_that_knows_the_learner() -> None:
    quick, slow = (UNKNOWN.model_copy(update={"overhead": one}) for one in (0.1, 0.9))
    first = replace(ONE, costs=CostModel(learners={"svm": quick}))
    other = replace(ONE, costs=CostModel(learners={"svm": slow, "linear": slow}))
    joined, _ = _join(other, first=first)
    assert joined.costs is not None
    assert joined.costs.learners == {"svm": quick, "linear": slow}
    assert _join(ONE)[0].costs is None
