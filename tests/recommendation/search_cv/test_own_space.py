"""``param_distributions`` in scikit-learn's form."""

from __future__ import annotations

from typing import Any

import ConfigSpace
import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from xgboost import XGBClassifier

from foretune.recommendation.search_cv.own_space import OwnSpace, accepts, parameters_of, read_space
from foretune.recommendation.search_cv.searched_parameter import DistributionError

PIPE = Pipeline([("impute", SimpleImputer()), ("clf", SVC())])


def test_a_dictionary_is_one_branch_and_a_list_several() -> None:
    one = read_space(PIPE, {"clf__C": [1, 2], "impute__strategy": ["mean", "median"]})
    assert (len(one.branches), one.n_points) == (1, 4)
    two = read_space(PIPE, [{"clf__C": [1, 2]}, {"clf__kernel": ["linear"], "clf__C": [3, 4, 5]}])
    assert (len(two.branches), two.n_points) == (2, 5)
    assert two.names == ["clf__C", "clf__kernel"]
    assert two.branch_of({"clf__C": 4, "clf__kernel": "linear"}) == 1
    assert two.branch_of({"clf__C": 4, "clf__kernel": "rbf"}) is None
    assert read_space(PIPE, None) == OwnSpace()


def test_conditions_of_configspace_and_of_foretune_are_the_same() -> None:
    space = ConfigSpace.ConfigurationSpace({"clf__kernel": ["rbf", "linear"], "clf__gamma": (0.1, 1.0)})
    space.add(ConfigSpace.EqualsCondition(space["clf__gamma"], space["clf__kernel"], "rbf"))
    gamma = {"type": "float", "low": 0.1, "high": 1.0, "when": {"kernel": ["rbf"]}}
    for given in (space, {"clf__gamma": gamma, "clf__kernel": ["rbf", "linear"]}):
        (branch,) = read_space(PIPE, given).branches
        # Parents first, whatever the order
        assert list(branch.parameters) == ["clf__kernel", "clf__gamma"]
        points = [branch.at(quantiles) for quantiles in ((0.1, 0.5), (0.9, 0.5))]
        assert sorted(len(point) for point in points) == [1, 2]
        assert all(branch.holds(point) for point in points)


def test_coordinates_are_near_for_what_is_alike() -> None:
    space = read_space(
        PIPE,
        {
            "clf__C": {"type": "float", "low": 0.01, "high": 100.0, "log": True},
            "clf__kernel": ["rbf", "linear", "poly"],
            "impute__strategy": ["mean"],
        },
    )
    points = [
        {"clf__C": 1.0, "clf__kernel": "rbf", "impute__strategy": "mean"},
        {"clf__C": 1.2, "clf__kernel": "rbf", "impute__strategy": "mean"},
        {"clf__C": 1.0, "clf__kernel": "poly", "impute__strategy": "mean"},
    ]
    placed = space.coordinates(points, [0, 0, 0])
    # A number and three kernels; a single value has no axis
    assert placed.shape == (3, 4)
    assert np.linalg.norm(placed[0] - placed[1]) < 0.05
    assert np.linalg.norm(placed[0] - placed[2]) == pytest.approx(1.0)


def test_branches_are_apart() -> None:
    space = read_space(PIPE, [{"clf__C": [1, 2]}, {"clf__C": [1, 2]}])
    placed = space.coordinates([{"clf__C": 1}, {"clf__C": 1}], [0, 1])
    assert np.linalg.norm(placed[0] - placed[1]) >= 1.0


@pytest.mark.parametrize(
    ("estimator", "given", "said"),
    [
        (PIPE, {"imput__strategy": ["mean"]}, "'impute__strategy'"),
        (PIPE, {"clf__CC": [1]}, "'clf__C'"),
        (PIPE, {"nothing": [1]}, "get_params"),
        (XGBClassifier(), {"max_deph": [1]}, "'max_depth'"),
        (XGBClassifier(), {"zzz": [1]}, "'zzz'"),
        (LGBMClassifier(), {"lerning_rate": [1]}, "'learning_rate'"),
        (PIPE, {"clf__gamma": {"type": "float", "low": 1, "high": 2, "when": {"kernel": ["rbf"]}}}, "kernel"),
        (PIPE, [], "dictionary"),
        (PIPE, 3, "dictionary"),
        (PIPE, [{"clf__C": [1]}, 3], "dictionary"),
    ],
)
def test_what_the_estimator_has_not_is_one_line(estimator: Any, given: Any, said: str) -> None:
    with pytest.raises(DistributionError, match="param_distributions") as caught:
        read_space(estimator, given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_searched_step_has_parameters_of_its_own() -> None:
    given = {"clf": [LogisticRegression(), SVC()], "clf__l1_ratio": [0.1, 0.2]}
    assert read_space(PIPE, given).names == ["clf", "clf__l1_ratio"]
    with pytest.raises(DistributionError, match="l1_rato"):
        read_space(PIPE, {"clf": [LogisticRegression()], "clf__l1_rato": [0.1]})


def test_native_names_and_aliases_of_boosters_are_parameters() -> None:
    assert accepts(XGBClassifier(), "eta")
    assert accepts(XGBClassifier(), "updater")
    assert accepts(LGBMClassifier(), "bagging_fraction")
    assert accepts(LGBMClassifier(), "path_smooth")
    assert not accepts(LGBMClassifier(), "path_smoth")
    assert "C" in parameters_of(SVC())
    assert parameters_of("passthrough") == []
